// What the order of drained slots promises: along the connections, a cycle as one, ties as
// declared.
#include "stoplog/graph/drained_order.hpp"

#include "stoplog/graph/flow.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "graph/specs.hpp"

namespace stoplog::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Edges = std::vector<std::pair<std::string, std::string>>;

/// Each routine has a slot, an event, and a drained slot where its name ends in '_'.
std::vector<std::string> order_of(const std::vector<std::string>& names, const Edges& edges) {
    Flow flow("etl", "1", ErrorPolicy::Stop);
    for (const std::string& name : names) {
        std::vector<SlotSpec> slots = {slot("in")};
        if (name.ends_with('_')) slots.push_back(drained("end"));
        flow.add(routine(name, slots, {event("out")}));
    }
    for (const auto& [from, to] : edges) flow.connect(from + ".out", to + ".in", {});
    const auto plan = flow.plan();
    std::vector<std::string> order;
    for (const std::uint32_t drained : plan->drained) {
        order.push_back(plan->legend->routines[plan->slots[drained].routine].name);
    }
    return order;
}

std::vector<std::string> chain_names(int count) {
    std::vector<std::string> names;
    for (int i = count; i > 0; --i) names.push_back("r" + std::to_string(i) + "_");
    return names;
}

Edges chain_edges(int count) {
    Edges edges;
    for (int i = 1; i < count; ++i) {
        edges.emplace_back("r" + std::to_string(i) + "_", "r" + std::to_string(i + 1) + "_");
    }
    return edges;
}

TEST(DrainedOrder, IsEmptyWhereNothingIsDrained) {
    EXPECT_THAT(order_of({"a", "b"}, {{"a", "b"}}), IsEmpty());
}

TEST(DrainedOrder, FollowsTheConnectionsAgainstTheOrderOfDeclaration) {
    EXPECT_THAT(order_of({"c_", "b_", "a_"}, {{"a_", "b_"}, {"b_", "c_"}}),
                ElementsAre("a_", "b_", "c_"));
}

TEST(DrainedOrder, FollowsPathsThroughRoutinesThatAreNotDrained) {
    EXPECT_THAT(order_of({"c_", "b", "a_"}, {{"a_", "b"}, {"b", "c_"}}), ElementsAre("a_", "c_"));
}

TEST(DrainedOrder, BreaksTiesByDeclaration) {
    EXPECT_THAT(order_of({"b_", "a_", "c_"}, {}), ElementsAre("b_", "a_", "c_"));
}

TEST(DrainedOrder, TakesACycleAsOne) {
    const Edges edges = {{"a_", "b_"}, {"b_", "a_"}, {"b_", "c_"}, {"d_", "a_"}};

    EXPECT_THAT(order_of({"c_", "b_", "a_", "d_"}, edges), ElementsAre("d_", "b_", "a_", "c_"));
}

TEST(DrainedOrder, TakesARoutineThatFeedsItselfAsOne) {
    EXPECT_THAT(order_of({"b_", "a_"}, {{"a_", "a_"}, {"a_", "b_"}, {"b_", "b_"}}),
                ElementsAre("a_", "b_"));
}

TEST(DrainedOrder, OrdersTwoCyclesOneBehindTheOther) {
    const Edges edges = {{"a_", "b_"}, {"b_", "a_"}, {"c_", "d_"}, {"d_", "c_"}, {"d_", "a_"}};

    EXPECT_THAT(order_of({"a_", "b_", "c_", "d_"}, edges), ElementsAre("c_", "d_", "a_", "b_"));
}

TEST(DrainedOrder, KeepsTheSlotsOfOneRoutineAsDeclared) {
    Flow flow("etl", "1", ErrorPolicy::Stop);
    flow.add(routine("a", {drained("second"), drained("first")}, {}));

    EXPECT_THAT(flow.plan()->drained, ElementsAre(0U, 1U));
}

TEST(DrainedOrder, WalksAVeryLongChain) {
    const std::vector<std::string> order = order_of(chain_names(20'000), chain_edges(20'000));

    EXPECT_EQ(order.front(), "r1_");
    EXPECT_EQ(order.back(), "r20000_");
}

}  // namespace
}  // namespace stoplog::test
