// Writing, undoing and moving together the entries of a document.
//
// Every write first makes all room that it needs, then changes things without a way to fail, and
// releases leaves last: a release may free what hangs on them.
#include "stoplog/state/document.hpp"

#include <algorithm>
#include <new>
#include <utility>

namespace stoplog {

namespace {
constexpr Position kSmallestSparse = 32;
}  // namespace

Document::~Document() {
    if (log_->root() == this) log_->set_root(nullptr);
    if (!is_dirty_) return;
    // Only a root dies in a call: its owner is nobody, so the log could not keep it.
    std::erase(log_->changed_, this);
    for (const BeforeImage& image : log_->images_) {
        if (image.document != this || image.entry.key == nullptr) continue;
        verbs_->release(image.entry.key);
        verbs_->release(image.entry.value);
    }
    std::erase_if(log_->images_, [this](const BeforeImage& it) { return it.document == this; });
}

// Reading.

Position Document::live_from(Position from) noexcept {
    const bool is_first = from <= first_;
    Position position = std::max(from, first_);
    while (position < bound_ && pages_.entry(position).key == nullptr) ++position;
    if (is_first) first_ = std::min(position, bound_);
    return position < bound_ ? position : kAbsent;
}

Position Document::live_before(Position until) noexcept {
    const bool is_last = until >= bound_;
    Position position = std::min(until, bound_);
    while (position > first_ && pages_.entry(position - 1).key == nullptr) --position;
    if (is_last) bound_ = std::max(position, first_);
    return position > first_ ? position - 1 : kAbsent;
}

// Writing.

void Document::begin_call() {
    log_->changed_.push_back(this);
    retain_owner();
    end_before_ = end_;
    size_before_ = size_;
    is_dirty_ = true;
}

void Document::save_for_frozen() {
    if (Frozen* newest = log_->family().newest; newest != nullptr) newest->save(*this, version());
    seen_epoch_ = log_->family().epoch;
}

/// Requires: not touched yet. The log takes over the leaves of `before`.
void Document::remember(Position position, const Entry& before) {
    if (position / 64 >= touched_.size()) touched_.resize(position / 64 + 1);
    log_->images_.push_back({this, position, before});
    touched_[position / 64] |= std::uint64_t{1} << position % 64;
}

void Document::prepare_append() {
    pages_.make_room(*verbs_, end_);
    index_.make_room(pages_);
}

/// Requires: `prepare_append`.
void Document::place(const Entry& entry) noexcept {
    index_.insert(end_, entry.hash);
    pages_.writable(end_) = entry;
    bound_ = ++end_;
    ++size_;
    ++structure_;
}

void Document::append(Leaf key, LeafHash hash, Leaf value) {
    before_write();
    prepare_append();
    remember(end_, {0, nullptr, nullptr});
    place({hash, key, value});
}

void Document::load(Leaf key, LeafHash hash, Leaf value) {
    prepare_append();
    place({hash, key, value});
}

void Document::set_at(Position position, Leaf value) {
    before_write();
    Entry& mine = pages_.writable(position);
    if (is_touched(position)) {
        verbs_->release(std::exchange(mine.value, value));
        return;
    }
    remember(position, mine);
    verbs_->retain(mine.key);
    mine.value = value;
}

void Document::remove_at(Position position) {
    before_write();
    Entry& mine = pages_.writable(position);
    const bool is_logged = is_touched(position);
    if (!is_logged) remember(position, mine);
    const Entry old = std::exchange(mine, {0, nullptr, nullptr});
    index_.remove(position, old.hash);
    if (position == first_) {
        ++first_;
    } else if (position + 1 == bound_) {
        --bound_;
    }
    --size_;
    ++structure_;
    if (!is_logged) return;
    verbs_->release(old.key);
    verbs_->release(old.value);
}

void Document::clear() {
    for (Position at = live_before(kAbsent); at != kAbsent; at = live_before(at)) remove_at(at);
}

// Undoing.

/// Ensures: `before` holds what the call had put there.
void Document::put_back(Position position, Entry& before) {
    Entry& mine = pages_.writable(position);
    if (mine.key == nullptr && before.key != nullptr) {
        index_.make_room(pages_);
        index_.insert(position, before.hash);
    } else if (mine.key != nullptr && before.key == nullptr) {
        index_.remove(position, mine.hash);
    }
    std::swap(mine, before);
    forget_touched(position);
}

void Document::end_undo() noexcept {
    end_ = bound_ = end_before_;
    size_ = size_before_;
    first_ = 0;
    ++structure_;
    pages_.shrink_to(end_);
    touched_.resize(std::min(touched_.size(), std::size_t{end_ / 64} + 1));
    end_call();
}

// Moving together.

/// Only between calls: undo needs positions to stay.
void Document::compact_if_sparse() noexcept {
    if (is_dirty_ || end_ <= kSmallestSparse || std::uint64_t{size_} * 2 >= end_) return;
    try {
        compact();
    } catch (const std::bad_alloc&) {  // it stays sparse until the next call tries again
        return;
    }
}

void Document::compact() {
    if (seen_epoch_ != log_->family().epoch) save_for_frozen();
    Document dense(*verbs_, log_, nullptr);
    dense.reserve(size_);
    for (Position at = live_from(0); at != kAbsent; at = live_from(at + 1)) {
        const Entry& kept = pages_.entry(at);
        dense.load(kept.key, kept.hash, kept.value);
        verbs_->retain(kept.key);
        verbs_->retain(kept.value);
    }
    std::swap(pages_, dense.pages_);
    std::swap(index_, dense.index_);
    std::vector<std::uint64_t>().swap(touched_);
    end_ = bound_ = size_;
    first_ = 0;
    ++structure_;
}

}  // namespace stoplog
