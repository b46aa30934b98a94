// The shape of the tree: who goes under whom.
//
// An edit copies the way down and shares all beside it. Neighbours that together fill less than
// three quarters of a node are joined on the way up, so a tree that shrinks stays dense.
#include "stoplog/state/leaf_nodes.hpp"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <memory>
#include <new>
#include <utility>

namespace stoplog {

NodeRef Run::make(const LeafVerbs& verbs, Position room) {
    void* memory = ::operator new(sizeof(Run) + room * sizeof(Leaf));
    Run* run = std::construct_at(static_cast<Run*>(memory));
    run->verbs = &verbs;
    run->room = room;
    return NodeRef(run);
}

NodeRef Branch::make(const LeafVerbs& verbs, std::uint16_t height) {
    auto branch = std::make_unique<Branch>();
    branch->verbs = &verbs;
    branch->height = height;
    return NodeRef(branch.release());
}

void Node::destroy(Node* node) noexcept {
    if (node->height != 0) {
        std::unique_ptr<Branch>{static_cast<Branch*>(node)}.reset();
        return;
    }
    Run* run = static_cast<Run*>(node);
    for (Position i = 0; i < run->count; ++i) run->verbs->release(run->leaves()[i]);
    ::operator delete(run);
}

namespace leaf_nodes {

namespace {

/// A new run of the leaves from `from`; counts a reference of each.
NodeRef run_with(const LeafVerbs& verbs, std::span<const Leaf> leaves) {
    NodeRef made = Run::make(verbs, kRunLeaves);
    change_run(run_in(made), 0, 0, leaves);
    return made;
}

Position most_in(const Node& node) noexcept { return node.height == 0 ? kRunLeaves : kBranchNodes; }

NodeRef joined(const NodeRef& left, const NodeRef& right) {
    if (left->height == 0) {
        NodeRef made = run_with(*left->verbs, {run_in(left).leaves(), left->count});
        change_run(run_in(made), left->count, 0, {run_in(right).leaves(), right->count});
        return made;
    }
    NodeRef made = Branch::make(*left->verbs, left->height);
    for (const NodeRef* from : {&left, &right}) {
        for (std::size_t i = 0; i < (*from)->count; ++i) {
            add_node(branch_in(made), branch_in(*from).nodes.at(i));
        }
    }
    return made;
}

void join_small(Nodes& nodes) {
    std::size_t kept = 0;
    for (std::size_t i = 1; i < nodes.size(); ++i) {
        NodeRef& last = nodes[kept];
        if ((Position{last->count} + nodes[i]->count) * 4 <= most_in(*last) * 3) {
            last = joined(last, nodes[i]);
        } else if (++kept != i) {
            nodes[kept] = std::move(nodes[i]);
        }
    }
    if (!nodes.empty()) nodes.resize(kept + 1);
}

/// Branches over these nodes, evenly filled.
Nodes branches_over(const Nodes& nodes) {
    const std::size_t count = (nodes.size() + kBranchNodes - 1) / kBranchNodes;
    Nodes made;
    made.reserve(count);
    std::size_t next = 0;
    for (std::size_t i = 0; i < count; ++i) {
        const auto height = static_cast<std::uint16_t>(nodes[next]->height + 1);
        made.push_back(Branch::make(*nodes[next]->verbs, height));
        const std::size_t until = nodes.size() * (i + 1) / count;
        while (next < until) add_node(branch_in(made.back()), nodes[next++]);
    }
    return made;
}

Nodes edited_run(const Run& run, Position at, Position removed, std::span<const Leaf> inserted) {
    Leaf* const old = const_cast<Run&>(run).leaves();
    std::vector<Leaf> all(old, old + at);
    all.insert(all.end(), inserted.begin(), inserted.end());
    all.insert(all.end(), old + at + removed, old + run.count);
    return runs_of(*run.verbs, all);
}

}  // namespace

std::size_t node_before(const Branch& branch, Position at) noexcept {
    const auto* const begin = branch.ends.data();
    return static_cast<std::size_t>(std::lower_bound(begin, begin + branch.count, at) - begin);
}

void add_node(Branch& branch, NodeRef node) noexcept {
    const Position before = branch.count == 0 ? 0 : branch.ends[branch.count - 1U];
    branch.ends[branch.count] = before + size_of(*node);
    branch.nodes[branch.count++] = std::move(node);
}

void separate_branch(NodeRef& node) {
    if (!node.is_shared()) return;
    NodeRef mine = Branch::make(*node->verbs, node->height);
    const Branch& from = branch_in(node);
    branch_in(mine).ends = from.ends;
    branch_in(mine).nodes = from.nodes;
    mine->count = from.count;
    node = std::move(mine);
}

void separate_run(NodeRef& node, Position room) {
    Run& old = run_in(node);
    if (!node.is_shared() && old.room >= room) return;
    NodeRef mine = Run::make(*old.verbs, std::max<Position>(room, old.count));
    Run& made = run_in(mine);
    std::copy_n(old.leaves(), old.count, made.leaves());
    made.count = old.count;
    if (node.is_shared()) {
        for (Position i = 0; i < made.count; ++i) made.verbs->retain(made.leaves()[i]);
    } else {
        old.count = 0;
    }
    node = std::move(mine);
}

void change_run(Run& run, Position at, Position removed, std::span<const Leaf> inserted) noexcept {
    Leaf* const here = run.leaves() + at;
    for (Leaf leaf : inserted) run.verbs->retain(leaf);
    for (Position i = 0; i < removed; ++i) run.verbs->release(here[i]);
    const Position behind = run.count - at - removed;
    std::memmove(static_cast<void*>(here + inserted.size()),
                 static_cast<const void*>(here + removed), behind * sizeof(Leaf));
    std::ranges::copy(inserted, here);
    run.count = static_cast<std::uint16_t>(at + inserted.size() + behind);
}

Nodes runs_of(const LeafVerbs& verbs, std::span<const Leaf> leaves) {
    const std::size_t count = (leaves.size() + kRunLeaves - 1) / kRunLeaves;
    Nodes runs;
    runs.reserve(count);
    std::size_t from = 0;
    for (std::size_t i = 0; i < count; ++i) {
        const std::size_t until = leaves.size() * (i + 1) / count;
        runs.push_back(run_with(verbs, leaves.subspan(from, until - from)));
        from = until;
    }
    return runs;
}

Nodes edited(const Node& node, Position at, Position removed, std::span<const Leaf> inserted) {
    if (node.height == 0) {
        return edited_run(static_cast<const Run&>(node), at, removed, inserted);
    }
    const auto& branch = static_cast<const Branch&>(node);
    const std::size_t target = node_before(branch, at);
    Nodes nodes;
    for (std::size_t i = 0; i < branch.count; ++i) {
        const Position start = start_of(branch, i);
        const Position end = branch.ends.at(i);
        const Position from = std::clamp(at, start, end);
        const Position gone = std::clamp(at + removed, start, end) - from;
        const std::span<const Leaf> mine = i == target ? inserted : std::span<const Leaf>{};
        if (gone == 0 && mine.empty()) {
            nodes.push_back(branch.nodes.at(i));
        } else if (gone < end - start || !mine.empty()) {
            Nodes more = edited(*branch.nodes.at(i), from - start, gone, mine);
            std::ranges::move(more, std::back_inserter(nodes));
        }
    }
    join_small(nodes);
    return branches_over(nodes);
}

NodeRef raised(Nodes nodes) {
    while (nodes.size() > 1) nodes = branches_over(nodes);
    if (nodes.empty()) return {};
    NodeRef root = std::move(nodes.front());
    while (root->height != 0 && root->count == 1) root = NodeRef(branch_in(root).nodes.front());
    return root;
}

}  // namespace leaf_nodes
}  // namespace stoplog
