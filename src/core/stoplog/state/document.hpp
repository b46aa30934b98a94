// Declared state: an ordered map of leaves that knows what the running call changed, and whose past
// can be kept for nothing.
//
// Undo costs what the call changed (CallLog), a freeze one number (Frozen), the first write after a
// freeze the page pointers and a copy of one page and one chunk. Single-threaded: the caller holds
// the lock that guards the job's state. A position never holds two keys within one call.
#pragma once

#include "stoplog/state/call_log.hpp"
#include "stoplog/state/frozen.hpp"
#include "stoplog/state/key_index.hpp"
#include "stoplog/state/pages.hpp"
#include "stoplog/value/leaf.hpp"

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace stoplog {

inline constexpr Position kAbsent = KeyIndex::kEmpty;  // `find`: there is no such key
inline constexpr Position kFailed = KeyIndex::kGone;   // `find`: a comparison left an error pending

class Document {
public:
    /// What it was at a moment.
    using Past = Version;

    /// `owner` is the foreign object that this document is a part of: whoever needs the document to
    /// live holds a reference to it. Null for the root of a cell, which the cell keeps.
    Document(const LeafVerbs& verbs, std::shared_ptr<CallLog> log, Leaf owner) noexcept
        : verbs_(&verbs),
          log_(std::move(log)),
          owner_(owner),
          born_(log_->family().epoch),
          seen_epoch_(born_) {}
    ~Document();
    Document(const Document&) = delete;
    Document& operator=(const Document&) = delete;

    [[nodiscard]] std::uint32_t size() const noexcept { return size_; }
    [[nodiscard]] const LeafVerbs& verbs() const noexcept { return *verbs_; }
    [[nodiscard]] const std::shared_ptr<CallLog>& log() const noexcept { return log_; }
    /// Another number whenever a key came, went or moved: positions from before it mean nothing.
    [[nodiscard]] std::uint64_t structure() const noexcept { return structure_; }

    // Reading.
    [[nodiscard]] Position find(Leaf key, LeafHash hash) const;
    [[nodiscard]] Leaf key_at(Position at) const noexcept { return pages_.entry(at).key; }
    [[nodiscard]] Leaf value_at(Position at) const noexcept { return pages_.entry(at).value; }
    /// The first live position at or behind `from`, or kAbsent.
    [[nodiscard]] Position live_from(Position from) noexcept;
    /// The last live position before `until` (kAbsent: of all), or kAbsent.
    [[nodiscard]] Position live_before(Position until) noexcept;
    /// The document as it is now; later writes leave it alone.
    [[nodiscard]] Version version() const { return {pages_, end_, size_}; }

    // Writing, noted in the log. Each takes over one reference to each leaf given, unless it.
    // throws.
    /// Requires: `find` says kAbsent.
    void append(Leaf key, LeafHash hash, Leaf value);
    void set_at(Position position, Leaf value);
    void remove_at(Position position);
    void clear();

    // Building a fresh document: not noted.
    /// Takes over as `append` does. Requires: `find` says kAbsent; no call has written the
    /// document.
    void load(Leaf key, LeafHash hash, Leaf value);
    void reserve(std::uint32_t more) { index_.reserve(pages_, more); }

private:
    friend class CallLog;
    friend class Frozen;

    void retain_owner() const noexcept {
        if (owner_ != nullptr) verbs_->retain(owner_);
    }
    void release_owner() const noexcept {
        if (owner_ != nullptr) verbs_->release(owner_);
    }
    void before_write() {
        if (seen_epoch_ != log_->family().epoch) [[unlikely]] {
            save_for_frozen();
        }
        if (!is_dirty_) begin_call();
    }
    void begin_call();
    void save_for_frozen();
    [[nodiscard]] bool is_touched(Position position) const noexcept {
        return position / 64 < touched_.size() &&
               (touched_[position / 64] >> position % 64 & 1) != 0;
    }
    void remember(Position position, const Entry& before);
    void prepare_append();
    void place(const Entry& entry) noexcept;

    // For the log and for frozen versions.
    void forget_touched(Position position) noexcept {
        touched_[position / 64] &= ~(std::uint64_t{1} << position % 64);
    }
    void end_call() noexcept { is_dirty_ = false; }
    void put_back(Position position, Entry& before);
    void end_undo() noexcept;
    void compact_if_sparse() noexcept;
    void compact();
    [[nodiscard]] Version version_at_start_of_call() const {
        return is_dirty_ ? Version{pages_, end_before_, size_before_} : version();
    }
    void mark_seen(std::uint64_t epoch) noexcept { seen_epoch_ = epoch; }

    const LeafVerbs* verbs_;
    std::shared_ptr<CallLog> log_;
    Leaf owner_;
    PageTable pages_;
    KeyIndex index_;
    std::vector<std::uint64_t> touched_;  // one bit a position: its before-image is in the log
    std::uint64_t born_;  // epoch: no frozen version from before it holds this document
    std::uint64_t seen_epoch_;
    std::uint64_t structure_ = 0;
    Position end_ = 0;
    std::uint32_t size_ = 0;
    Position end_before_ = 0;  // as the running call found them
    std::uint32_t size_before_ = 0;
    Position first_ = 0;  // no position before it is live
    Position bound_ = 0;  // no position at or behind it is live
    bool is_dirty_ = false;
};

inline Position Document::find(Leaf key, LeafHash hash) const {
    if (index_.is_empty()) return kAbsent;
    std::size_t slot = index_.first_slot(hash);
    for (;;) {
        const Position position = index_.at(slot);
        if (position == KeyIndex::kEmpty) return kAbsent;
        slot = index_.next_slot(slot);
        if (position == KeyIndex::kGone) continue;
        const Entry& candidate = pages_.entry(position);
        if (candidate.key == key) return position;
        if (candidate.hash != hash) continue;
        const std::uint64_t seen = structure_;
        const int is_equal = verbs_->equal(candidate.key, key);
        if (is_equal < 0) return kFailed;
        if (seen != structure_) {  // the comparison changed us: start again
            slot = index_.first_slot(hash);
        } else if (is_equal != 0) {
            return position;
        }
    }
}

}  // namespace stoplog
