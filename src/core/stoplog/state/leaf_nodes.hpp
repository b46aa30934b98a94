// Making, separating and joining the nodes of a LeafTree; only its own files include this.
//
// Nodes of one list of siblings have one height. None is empty.
#pragma once

#include "stoplog/state/leaf_tree.hpp"

#include <cstddef>
#include <span>
#include <vector>

namespace stoplog::leaf_nodes {

using Nodes = std::vector<NodeRef>;

[[nodiscard]] inline Run& run_in(const NodeRef& node) noexcept { return static_cast<Run&>(*node); }
[[nodiscard]] inline Branch& branch_in(const NodeRef& node) noexcept {
    return static_cast<Branch&>(*node);
}
[[nodiscard]] inline Position size_of(const Node& node) noexcept {
    return node.height == 0 ? node.count : static_cast<const Branch&>(node).ends[node.count - 1U];
}

/// The node of a branch that holds `at`; where two nodes meet, the first of them.
[[nodiscard]] std::size_t node_before(const Branch& branch, Position at) noexcept;
/// The node of a branch that holds the leaf at `position`.
[[nodiscard]] inline std::size_t node_with(const Branch& branch, Position position) noexcept {
    return node_before(branch, position + 1);
}
[[nodiscard]] inline Position start_of(const Branch& branch, std::size_t node) noexcept {
    return node == 0 ? 0 : branch.ends[node - 1];
}

/// Requires: there is room for one more.
void add_node(Branch& branch, NodeRef node) noexcept;
/// Ensures: the branch is nobody else's.
void separate_branch(NodeRef& node);
/// Ensures: the run is nobody else's and has room for `room` leaves.
void separate_run(NodeRef& node, Position room);
/// Change the leaves of a run in its place. Requires: it has the room and is nobody else's.
void change_run(Run& run, Position at, Position removed, std::span<const Leaf> inserted) noexcept;

/// The nodes that stand for `node` once `removed` leaves from `at` are replaced by `inserted`.
[[nodiscard]] Nodes edited(const Node& node, Position at, Position removed,
                           std::span<const Leaf> inserted);
/// Runs of these leaves, as full as can be.
[[nodiscard]] Nodes runs_of(const LeafVerbs& verbs, std::span<const Leaf> leaves);
/// One node above all of these; null: there is none.
[[nodiscard]] NodeRef raised(Nodes nodes);

}  // namespace stoplog::leaf_nodes
