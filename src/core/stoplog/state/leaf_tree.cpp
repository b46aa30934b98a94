// Writing to a LeafTree: in its place where nobody shares it and there is room, else anew.
//
// A step that may fail changes nothing that can be seen: nodes are separated first, and what must
// be built anew is built on a copy.
#include "stoplog/state/leaf_tree.hpp"

#include "stoplog/state/leaf_nodes.hpp"

#include <algorithm>
#include <bit>

namespace stoplog {

using namespace leaf_nodes;  // NOLINT(google-build-using-namespace): the other half of this file

namespace {

/// Puts `run` behind all; returns what did not fit under `node`, of the same height.
NodeRef push_under(NodeRef& node, NodeRef run) {
    if (node->height == 0) return run;
    separate_branch(node);
    Branch& branch = branch_in(node);
    const Position more = run->count;
    NodeRef over = push_under(branch.nodes[branch.count - 1U], std::move(run));
    if (over.is_null()) {
        branch.ends[branch.count - 1U] += more;
        return {};
    }
    if (branch.count < kBranchNodes) {
        add_node(branch, std::move(over));
        return {};
    }
    NodeRef made = Branch::make(*node->verbs, node->height);
    add_node(branch_in(made), std::move(over));
    return made;
}

/// Takes the last run from under a branch, which may become empty by that.
NodeRef take_last(NodeRef& node) {
    separate_branch(node);
    Branch& branch = branch_in(node);
    NodeRef& last = branch.nodes[branch.count - 1U];
    if (last->height == 0) {
        --branch.count;
        return std::move(last);
    }
    NodeRef taken = take_last(last);
    if (last->count == 0) {
        --branch.count;
        last = NodeRef();
    } else {
        branch.ends[branch.count - 1U] -= taken->count;
    }
    return taken;
}

}  // namespace

LeafTree::LeafTree(const LeafTree& other) noexcept
    : verbs_(other.verbs_),
      root_(other.root_),
      tail_(other.tail_),
      in_tree_(other.in_tree_),
      size_(other.size_) {
    other.finger_.is_own = false;
}

void LeafTree::swap(LeafTree& other) noexcept {
    std::swap(verbs_, other.verbs_);
    std::swap(root_, other.root_);
    std::swap(tail_, other.tail_);
    std::swap(in_tree_, other.in_tree_);
    std::swap(size_, other.size_);
    std::swap(finger_, other.finger_);
}

void LeafTree::point_at(Position position) const noexcept {
    const NodeRef* node = &root_;
    Position start = 0;
    while ((*node)->height != 0) {
        const Branch& branch = branch_in(*node);
        const std::size_t i = node_with(branch, position - start);
        start += start_of(branch, i);
        node = &branch.nodes.at(i);
    }
    finger_ = {run_in(*node).leaves(), start, (*node)->count, false};
}

/// Ensures: the finger points at the run with `position`, and nobody shares that.
void LeafTree::own_run(Position position) {
    NodeRef* node = &root_;
    Position start = 0;
    finger_ = {};
    while ((*node)->height != 0) {
        separate_branch(*node);
        Branch& branch = branch_in(*node);
        const std::size_t i = node_with(branch, position - start);
        start += start_of(branch, i);
        node = &branch.nodes.at(i);
    }
    separate_run(*node, 0);
    finger_ = {run_in(*node).leaves(), start, (*node)->count, true};
}

// The last run.

void LeafTree::separate_tail(Position room) {
    if (tail_.is_null()) {
        tail_ = Run::make(*verbs_, std::max(room, kFirstRunLeaves));
    } else {
        separate_run(tail_, room);
    }
}

void LeafTree::make_room_at_end() {
    if (!tail_.is_null() && tail_->count == kRunLeaves) {
        NodeRef next = Run::make(*verbs_, kRunLeaves);
        push_run(tail_);
        tail_ = std::move(next);
        return;
    }
    const Position count = tail_.is_null() ? 0 : tail_->count;
    separate_tail(std::bit_ceil(count + 1));
}

/// Requires: there is no other tail than this run, or none.
void LeafTree::push_run(NodeRef run) {
    const Position more = run->count;
    finger_ = {};
    if (root_.is_null()) {
        root_ = std::move(run);
    } else if (NodeRef over = push_under(root_, std::move(run)); !over.is_null()) {
        const auto height = static_cast<std::uint16_t>(root_->height + 1);
        NodeRef made = Branch::make(*verbs_, height);
        add_node(branch_in(made), std::move(root_));
        add_node(branch_in(made), std::move(over));
        root_ = std::move(made);
    }
    in_tree_ += more;
}

/// The last run of the tree becomes the tail. Requires: the tail is empty and the tree is not.
void LeafTree::pull_tail() {
    finger_ = {};
    if (root_->height == 0) {
        tail_ = std::move(root_);
    } else {
        tail_ = take_last(root_);
        if (root_->count == 0) root_ = NodeRef();
    }
    in_tree_ -= tail_->count;
}

Leaf LeafTree::pop() {
    if (in_tree_ == size_) pull_tail();
    separate_tail(0);
    --size_;
    Run& run = run_of(tail_);
    return run.leaves()[--run.count];
}

Leaf LeafTree::exchange(Position position, Leaf leaf) {
    if (position >= in_tree_) {
        if (tail_.is_shared()) separate_tail(kRunLeaves);
        return std::exchange(run_of(tail_).leaves()[position - in_tree_], leaf);
    }
    if (!finger_.is_own || position - finger_.start >= finger_.count) own_run(position);
    return std::exchange(finger_.leaves[position - finger_.start], leaf);
}

// Splices.

bool LeafTree::splice_tail(Position at, Position removed, std::span<const Leaf> inserted) {
    if (at < in_tree_) return false;
    const std::size_t count = size_ - in_tree_ - removed + inserted.size();
    if (count > kRunLeaves) return false;
    separate_tail(std::bit_ceil(static_cast<Position>(count)));
    change_run(run_of(tail_), at - in_tree_, removed, inserted);
    size_ = in_tree_ + static_cast<Position>(count);
    return true;
}

bool LeafTree::splice_run(Position at, Position removed, std::span<const Leaf> inserted) {
    if (root_.is_null() || at + removed > in_tree_) return false;
    constexpr std::size_t kHighest = 8;  // 32 to the seventh is more than a position can count
    std::array<std::pair<NodeRef*, std::size_t>, kHighest> way;
    std::size_t depth = 0;
    NodeRef* node = &root_;
    Position from = at;
    while ((*node)->height != 0) {
        const Branch& branch = branch_in(*node);
        const std::size_t i = node_before(branch, from);
        way.at(depth++) = {node, i};
        from -= start_of(branch, i);
        node = &branch_in(*node).nodes.at(i);
    }
    const std::size_t left = (*node)->count - std::min<Position>((*node)->count - from, removed);
    const std::size_t count = left + inserted.size();
    if (from + removed > (*node)->count || count == 0 || count > kRunLeaves) return false;
    finger_ = {};
    node = &root_;
    for (std::size_t i = 0; i < depth; ++i) {
        separate_branch(*node);
        way.at(i).first = node;
        node = &branch_in(*node).nodes.at(way.at(i).second);
    }
    separate_run(*node, kRunLeaves);
    change_run(run_of(*node), from, removed, inserted);
    const Position more = static_cast<Position>(inserted.size()) - removed;  // modulo 2^32
    for (std::size_t i = 0; i < depth; ++i) {
        Branch& branch = branch_in(*way.at(i).first);
        for (std::size_t j = way.at(i).second; j < branch.count; ++j) branch.ends.at(j) += more;
    }
    in_tree_ += more;
    size_ += more;
    return true;
}

void LeafTree::extend(std::span<const Leaf> more) {
    for (Leaf leaf : more) {
        if (!has_room_at_end()) make_room_at_end();
        verbs_->retain(leaf);
        push(leaf);
    }
}

void LeafTree::rebuild(Position at, Position removed, std::span<const Leaf> inserted) {
    if (at == size_ && removed == 0) {
        extend(inserted);
        return;
    }
    if (size_ > in_tree_) push_run(tail_);
    tail_ = NodeRef();
    finger_ = {};
    root_ = raised(root_.is_null() ? runs_of(*verbs_, inserted)
                                   : edited(*root_, at, removed, inserted));
    size_ = in_tree_ = size_ - removed + static_cast<Position>(inserted.size());
}

void LeafTree::splice(Position at, Position removed, std::span<const Leaf> inserted) {
    if (splice_tail(at, removed, inserted) || splice_run(at, removed, inserted)) return;
    LeafTree next(*this);
    next.rebuild(at, removed, inserted);
    swap(next);
}

}  // namespace stoplog
