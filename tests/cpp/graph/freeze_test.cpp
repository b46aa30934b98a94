// What a plan promises: numbers in the order of declaration, routes in the order of connection.
#include "stoplog/graph/freeze.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "graph/specs.hpp"

namespace stoplog::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> slots_of(const Plan& plan) {
    std::vector<std::string> paths;
    for (std::uint32_t i = 0; i < plan.slots.size(); ++i) {
        paths.push_back(plan.legend->slot_path(i));
    }
    return paths;
}

std::vector<std::string> targets_of(const Plan& plan, std::uint32_t routine, std::uint32_t event) {
    std::vector<std::string> paths;
    const Route& route = plan.routes[plan.routines[routine].first_route + event];
    for (std::uint32_t i = route.first; i < route.first + route.count; ++i) {
        paths.push_back(plan.legend->slot_path(plan.targets[i].slot));
    }
    return paths;
}

class FreezeTest : public testing::Test {
protected:
    FreezeTest() {
        flow.add(routine("a", {slot("in"), slot("stop")}, {event("left", {"x"}), event("right")}));
        flow.add(routine("b", {slot("in")}, {event("out")}));
        flow.add(routine("c", {slot("in")}, {}));
    }
    Flow flow{"etl", "7", ErrorPolicy::Continue};
};

TEST_F(FreezeTest, CarriesNameVersionAndDrawing) {
    const auto plan = flow.plan();

    EXPECT_EQ(plan->flow_name, "etl");
    EXPECT_EQ(plan->flow_version, "7");
    EXPECT_FALSE(plan->drawing->empty());
    EXPECT_EQ(plan->fingerprint.size(), 16U);
}

TEST_F(FreezeTest, NumbersSlotsRoutineByRoutine) {
    const auto plan = flow.plan();

    EXPECT_THAT(slots_of(*plan), ElementsAre("a.in", "a.stop", "b.in", "c.in"));
    EXPECT_EQ(plan->legend->routines[1].first_slot, 2U);
}

TEST_F(FreezeTest, RoutesKeepTheOrderOfConnection) {
    flow.connect("a.right", "c.in", {});
    flow.connect("a.left", "c.in", {});
    flow.connect("b.out", "a.in", {});
    flow.connect("a.left", "b.in", {});

    const auto plan = flow.plan();

    EXPECT_THAT(targets_of(*plan, 0, 0), ElementsAre("c.in", "b.in"));
    EXPECT_THAT(targets_of(*plan, 0, 1), ElementsAre("c.in"));
    EXPECT_THAT(targets_of(*plan, 1, 0), ElementsAre("a.in"));
}

TEST_F(FreezeTest, AnEventThatFeedsNobodyHasNoTargets) {
    const auto plan = flow.plan();

    EXPECT_THAT(targets_of(*plan, 0, 0), IsEmpty());
}

TEST_F(FreezeTest, TargetsNameTheirConnection) {
    flow.connect("a.right", "c.in", {});
    flow.connect("a.left", "b.in", {{"x", "y"}});

    const auto plan = flow.plan();

    const Target& target = plan->targets[plan->routes[0].first];
    EXPECT_EQ(target.connection, 1U);
    EXPECT_EQ(plan->legend->event_path(1), "a.left");
    EXPECT_THAT(plan->legend->connections[1].rename, ElementsAre(testing::Pair("x", "y")));
}

TEST_F(FreezeTest, KnowsWhoIsFedUnderOtherNames) {
    flow.connect("a.left", "b.in", {{"x", "y"}});
    flow.connect("a.left", "c.in", {});

    const auto plan = flow.plan();

    EXPECT_TRUE(plan->routines[1].has_renames);
    EXPECT_FALSE(plan->routines[2].has_renames);
}

TEST_F(FreezeTest, IsTheSameUntilSomethingIsAdded) {
    const auto first = flow.plan();

    const auto again = flow.plan();
    flow.connect("a.left", "b.in", {});
    const auto later = flow.plan();

    EXPECT_EQ(first, again);
    EXPECT_NE(first, later);
}

TEST_F(FreezeTest, AFrozenPlanDoesNotChangeWithTheFlow) {
    const auto plan = flow.plan();

    flow.add(routine("d", {slot("in")}, {}));

    EXPECT_EQ(plan->routines.size(), 3U);
    EXPECT_EQ(flow.plan()->routines.size(), 4U);
}

TEST_F(FreezeTest, SlotsPolicyStandsBeforeRoutinesAndRoutinesBeforeFlows) {
    SlotSpec strict = slot("strict");
    strict.on_error = ErrorPolicy::Stop;
    RoutineSpec lenient = routine("d", {strict, slot("other")}, {});
    lenient.on_error = ErrorPolicy::Skip;
    flow.add(lenient);

    const auto plan = flow.plan();

    EXPECT_EQ(plan->slots[0].on_error.policy, ErrorPolicy::Continue);
    EXPECT_EQ(plan->slots[4].on_error.policy, ErrorPolicy::Stop);
    EXPECT_EQ(plan->slots[5].on_error.policy, ErrorPolicy::Skip);
}

TEST_F(FreezeTest, CapacityBelongsToTheSlot) {
    SlotSpec small = slot("small");
    small.capacity = 3;
    flow.add(routine("d", {small, slot("usual")}, {}));

    const auto plan = flow.plan();

    EXPECT_EQ(plan->slots[4].capacity, 3U);
    EXPECT_EQ(plan->slots[5].capacity, 1000U);
}

TEST_F(FreezeTest, KnowsWhichRoutinesDeclareState) {
    flow.add(routine("d", {}, {}, {{"total", "int"}, {"seen", "dict"}}));

    const auto plan = flow.plan();

    EXPECT_THAT(plan->stateful, ElementsAre(3U));
    EXPECT_EQ(plan->legend->field_count(3), 2U);
    EXPECT_EQ(plan->legend->field_count(0), 0U);
}

}  // namespace
}  // namespace stoplog::test
