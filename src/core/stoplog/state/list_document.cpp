// Noting splices, undoing them, and giving the log up for the old tree.
//
// A splice next to or inside the one before is joined with it. Every write first makes all room
// that it needs, then changes things without a way to fail, and releases leaves last.
#include "stoplog/state/list_document.hpp"

#include <algorithm>

namespace stoplog {

namespace {
constexpr std::size_t kShortLog = 64;
constexpr std::size_t kLargestKeptLog = 1024;  // one large call is no reason to stay large
}  // namespace

ListDocument::~ListDocument() {
    if (is_dirty_) std::erase(log_->changed_lists_, this);  // it had no owner to be kept by
    drop_kept();
}

void ListDocument::begin_call() {
    log_->changed_lists_.push_back(this);
    retain_owner();
    size_before_ = size();
    is_dirty_ = true;
}

void ListDocument::save_for_frozen() {
    if (Frozen* newest = log_->family().newest; newest != nullptr) newest->save(*this, version());
    seen_epoch_ = log_->family().epoch;
}

// The log.

/// Ensures: `note` of so many leaves cannot fail.
void ListDocument::make_room(Position removed) {
    if (splices_.size() == splices_.capacity()) splices_.reserve(splices_.size() * 2 + 4);
    if (removed_.size() + removed > removed_.capacity()) {
        removed_.reserve((removed_.size() + removed) * 2);
    }
}

/// How many of the leaves from `at` on, counted from the end, are to be logged: the others came in
/// this call, and the log knows already what stood there.
Position ListDocument::overhang(Position at, Position removed) const noexcept {
    if (old_) return 0;
    if (splices_.empty()) return removed;
    const Splice& last = splices_.back();
    const Position end = last.position + last.inserted;
    if (at < last.position || at > end) return removed;
    return at + removed > end ? at + removed - end : 0;
}

bool ListDocument::logs_one_from(Position at) const noexcept { return overhang(at, 1) != 0; }

/// Requires: `make_room`; the leaves of the overhang are on the stack.
void ListDocument::note(Position at, Position removed, Position inserted) noexcept {
    ++changes_;
    if (old_) return;
    const Position logged = overhang(at, removed);
    if (!splices_.empty()) {
        Splice& last = splices_.back();
        if (at >= last.position && at <= last.position + last.inserted) {
            last.removed += logged;
            last.inserted += inserted + logged - removed;
            return;
        }
    }
    splices_.push_back({at, removed, inserted});
}

void ListDocument::keep_whole() {
    old_ = version_at_start_of_call();
    splices_.clear();
    while (!removed_.empty()) {  // the old tree holds them too
        verbs_->release(removed_.back());
        removed_.pop_back();
    }
}

void ListDocument::keep_whole_if_long() {
    if (old_ || splices_.size() + removed_.size() <= kShortLog + size_before_) return;
    keep_whole();
}

// Writing.

void ListDocument::append(Leaf leaf) {
    before_write();
    make_room(0);
    tree_.push(leaf);
    note(size() - 1, 0, 1);
}

Leaf ListDocument::pop() {
    before_write();
    keep_whole_if_long();
    make_room(1);
    Leaf leaf = tree_.pop();
    if (logs_one_from(size())) {
        verbs_->retain(leaf);
        removed_.push_back(leaf);
    }
    note(size(), 1, 0);
    return leaf;
}

void ListDocument::set_at(Position position, Leaf leaf) {
    before_write();
    keep_whole_if_long();
    make_room(1);
    Leaf before = tree_.exchange(position, leaf);
    const bool is_logged = logs_one_from(position);
    if (is_logged) removed_.push_back(before);
    note(position, 1, 1);
    if (!is_logged) verbs_->release(before);
}

void ListDocument::splice(Position at, Position removed, std::span<const Leaf> inserted) {
    before_write();
    keep_whole_if_long();
    if (!old_ && removed > kShortLog && removed > size() / 2) keep_whole();
    make_room(removed);
    const Position logged = overhang(at, removed);
    std::vector<Leaf> dying;
    dying.reserve(removed - logged);
    for (Position i = at; i < at + removed; ++i) {
        Leaf leaf = tree_.at(i);
        verbs_->retain(leaf);
        (i - at < removed - logged ? dying : removed_).push_back(leaf);
    }
    const auto release = [this](std::vector<Leaf>& held, std::size_t count) {
        for (; count != 0; --count, held.pop_back()) verbs_->release(held.back());
    };
    try {
        tree_.splice(at, removed, inserted);
    } catch (...) {
        release(removed_, logged);
        release(dying, dying.size());
        throw;
    }
    note(at, removed, static_cast<Position>(inserted.size()));
    for (Leaf leaf : inserted) verbs_->release(leaf);
    release(dying, dying.size());
}

// Undoing.

ListDocument::Past ListDocument::version_at_start_of_call() const {
    if (!is_dirty_) return tree_;
    if (old_) return *old_;
    LeafTree tree = tree_;
    std::size_t top = removed_.size();
    for (std::size_t i = splices_.size(); i-- > 0;) {
        const Splice& splice = splices_[i];
        top -= splice.removed;
        tree.splice(splice.position, splice.inserted, {removed_.data() + top, splice.removed});
    }
    return tree;
}

/// What the call put in is released with `drop_kept`.
void ListDocument::undo() noexcept {
    LeafTree before = version_at_start_of_call();
    undone_ = std::exchange(tree_, std::move(before));
    ++changes_;
    end_call();
}

void ListDocument::drop_kept() noexcept {
    splices_.clear();
    while (!removed_.empty()) {
        Leaf leaf = removed_.back();
        removed_.pop_back();
        verbs_->release(leaf);
    }
    if (removed_.capacity() > kLargestKeptLog) std::vector<Leaf>().swap(removed_);
    if (splices_.capacity() > kLargestKeptLog) std::vector<Splice>().swap(splices_);
    old_.reset();
    undone_.reset();
}

}  // namespace stoplog
