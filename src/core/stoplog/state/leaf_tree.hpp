// A sequence of leaves: runs of up to 128 under branches of up to 32, copied on write.
//
// Copying a tree costs two counts. A write to a shared one copies the way down to the run that is
// written. The last run hangs beside the tree, so that growing and shrinking at the end is as for
// an array. Counts are plain integers: the caller holds the lock that guards its job's state.
#pragma once

#include "stoplog/state/pages.hpp"
#include "stoplog/value/leaf.hpp"

#include <array>
#include <cstdint>
#include <span>
#include <utility>

namespace stoplog {

inline constexpr Position kRunLeaves = 128;
inline constexpr Position kFirstRunLeaves = 4;  // the last run grows from here by doubling
inline constexpr Position kBranchNodes = 32;

/// The head of a Run or of a Branch.
struct Node {
    static void destroy(Node* node) noexcept;

    const LeafVerbs* verbs = nullptr;
    std::uint32_t references = 1;
    std::uint16_t height = 0;  // 0: a Run
    std::uint16_t count = 0;   // leaves or nodes
};
using NodeRef = PartRef<Node>;

/// `room` leaves behind the head. Owns those that are counted.
struct Run : Node {
    [[nodiscard]] static NodeRef make(const LeafVerbs& verbs, Position room);
    [[nodiscard]] Leaf* leaves() noexcept { return reinterpret_cast<Leaf*>(this + 1); }

    std::uint64_t room = 0;
};
static_assert(sizeof(Run) % alignof(Leaf) == 0);

struct Branch : Node {
    [[nodiscard]] static NodeRef make(const LeafVerbs& verbs, std::uint16_t height);

    std::array<Position, kBranchNodes> ends{};  // leaves in this node and all before it
    std::array<NodeRef, kBranchNodes> nodes;
};

class LeafTree {
public:
    explicit LeafTree(const LeafVerbs& verbs) noexcept : verbs_(&verbs) {}
    LeafTree(const LeafTree& other) noexcept;
    LeafTree(LeafTree&& other) noexcept : LeafTree(*other.verbs_) { swap(other); }
    LeafTree& operator=(const LeafTree& other) noexcept {
        LeafTree copy(other);
        swap(copy);
        return *this;
    }
    LeafTree& operator=(LeafTree&& other) noexcept {
        LeafTree taken(std::move(other));
        swap(taken);
        return *this;
    }
    ~LeafTree() = default;

    [[nodiscard]] Position size() const noexcept { return size_; }
    /// Requires: `position` < `size()`.
    [[nodiscard]] Leaf at(Position position) const noexcept {
        if (position >= in_tree_) return run_of(tail_).leaves()[position - in_tree_];
        if (position - finger_.start >= finger_.count) [[unlikely]] {
            point_at(position);
        }
        return finger_.leaves[position - finger_.start];
    }
    /// Visit all in order until `visit` returns false; tell whether all were visited.
    template <typename Visit>
    bool each(Visit&& visit) const {
        for (Position position = 0; position < size_; ++position) {
            if (!visit(at(position))) return false;
        }
        return true;
    }

    // Writing: wholly, or it throws and nothing has changed.
    /// Takes over one reference of `leaf`.
    void push(Leaf leaf) {
        if (!has_room_at_end()) [[unlikely]] {
            make_room_at_end();
        }
        Run& run = run_of(tail_);
        run.leaves()[run.count++] = leaf;
        ++size_;
    }
    /// Gives out the last leaf with its reference. Requires: not empty.
    [[nodiscard]] Leaf pop();
    /// Takes over one reference of `leaf`, and gives out that of the one which stood there.
    [[nodiscard]] Leaf exchange(Position position, Leaf leaf);
    /// Put `inserted` in the place of `removed` leaves from `at`; counts references for itself.
    /// Requires: somebody else holds the removed leaves, so that none ends here.
    void splice(Position at, Position removed, std::span<const Leaf> inserted);

private:
    /// The run that was looked at last.
    struct Finger {
        Leaf* leaves = nullptr;
        Position start = 0;
        Position count = 0;
        bool is_own = false;  // nobody shares it nor a node above it
    };
    [[nodiscard]] static Run& run_of(const NodeRef& node) noexcept {
        return static_cast<Run&>(*node);
    }
    [[nodiscard]] bool has_room_at_end() const noexcept {
        return !tail_.is_null() && !tail_.is_shared() && tail_->count < run_of(tail_).room;
    }
    void swap(LeafTree& other) noexcept;
    void point_at(Position position) const noexcept;
    void make_room_at_end();
    void separate_tail(Position room);
    void push_run(NodeRef run);
    void pull_tail();
    void own_run(Position position);
    [[nodiscard]] bool splice_tail(Position at, Position removed, std::span<const Leaf> inserted);
    [[nodiscard]] bool splice_run(Position at, Position removed, std::span<const Leaf> inserted);
    void extend(std::span<const Leaf> more);
    void rebuild(Position at, Position removed, std::span<const Leaf> inserted);

    const LeafVerbs* verbs_;
    NodeRef root_;  // null: all is in the tail
    NodeRef tail_;
    Position in_tree_ = 0;
    Position size_ = 0;
    mutable Finger finger_;
};

}  // namespace stoplog
