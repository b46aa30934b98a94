// A list in declared state: it knows what the running call changed, and its past can be kept for
// nothing.
//
// The call's changes are a log of splices: where, what was there, how many stand there now. A log
// that outgrows the list gives way to the tree as the call found it, which costs two counts.
// Single-threaded: the caller holds the lock that guards the job's state.
#pragma once

#include "stoplog/state/call_log.hpp"
#include "stoplog/state/frozen.hpp"
#include "stoplog/state/leaf_tree.hpp"
#include "stoplog/value/leaf.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace stoplog {

/// What stood from `position` on is on the log's stack of removed leaves; `inserted` others do now.
struct Splice {
    Position position;
    Position removed;
    Position inserted;
};

class ListDocument {
public:
    /// What it was at a moment.
    using Past = LeafTree;

    /// `owner` is the foreign object that this document is a part of: whoever needs the document to
    /// live holds a reference to it.
    ListDocument(const LeafVerbs& verbs, std::shared_ptr<CallLog> log, Leaf owner) noexcept
        : tree_(verbs),
          verbs_(&verbs),
          log_(std::move(log)),
          owner_(owner),
          born_(log_->family().epoch),
          seen_epoch_(born_) {}
    ~ListDocument();
    ListDocument(const ListDocument&) = delete;
    ListDocument& operator=(const ListDocument&) = delete;

    [[nodiscard]] Position size() const noexcept { return tree_.size(); }
    [[nodiscard]] Leaf at(Position position) const noexcept { return tree_.at(position); }
    [[nodiscard]] const LeafVerbs& verbs() const noexcept { return *verbs_; }
    [[nodiscard]] const std::shared_ptr<CallLog>& log() const noexcept { return log_; }
    /// Another number whenever anything changed.
    [[nodiscard]] std::uint64_t changes() const noexcept { return changes_; }
    /// The list as it is now; later writes leave it alone.
    [[nodiscard]] Past version() const { return tree_; }

    // Writing, noted in the log. Each takes over one reference to each leaf given, unless it
    // throws.
    void append(Leaf leaf);
    /// Gives out the last leaf with a reference. Requires: not empty.
    [[nodiscard]] Leaf pop();
    void set_at(Position position, Leaf leaf);
    void splice(Position at, Position removed, std::span<const Leaf> inserted);

    /// Building a fresh document: not noted. Takes over as `append` does.
    void load(Leaf leaf) { tree_.push(leaf); }

    /// The splices of the running call, oldest first; empty where it is kept whole.
    [[nodiscard]] std::span<const Splice> splices() const noexcept { return splices_; }

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
    void make_room(Position removed);
    [[nodiscard]] Position overhang(Position at, Position removed) const noexcept;
    void note(Position at, Position removed, Position inserted) noexcept;
    [[nodiscard]] bool logs_one_from(Position at) const noexcept;
    void keep_whole();
    void keep_whole_if_long();

    // For the log and for frozen versions.
    void end_call() noexcept { is_dirty_ = false; }
    void undo() noexcept;
    void drop_kept() noexcept;
    [[nodiscard]] bool is_dirty() const noexcept { return is_dirty_; }
    [[nodiscard]] Past version_at_start_of_call() const;
    void mark_seen(std::uint64_t epoch) noexcept { seen_epoch_ = epoch; }

    LeafTree tree_;
    const LeafVerbs* verbs_;
    std::shared_ptr<CallLog> log_;
    Leaf owner_;
    std::vector<Splice> splices_;
    std::vector<Leaf> removed_;    // of all splices, the last one's on top; references are held
    std::optional<LeafTree> old_;  // as the running call found it, instead of splices
    std::optional<LeafTree> undone_;
    std::uint64_t born_;  // epoch: no frozen version from before it holds this document
    std::uint64_t seen_epoch_;
    std::uint64_t changes_ = 0;
    Position size_before_ = 0;
    bool is_dirty_ = false;
};

}  // namespace stoplog
