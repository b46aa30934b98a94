// What is taken away or put in another's place: the rest stays as it was, or nothing is changed.
#include "stoplog/base/error.hpp"
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
using testing::HasSubstr;

std::vector<std::string> lines_of(const Flow& flow) {
    std::vector<std::string> lines;
    for (const Connection& connection : flow.connections()) {
        lines.push_back(flow.event_path(connection) + ">" + flow.slot_path(connection));
    }
    return lines;
}

class FlowChangesTest : public testing::Test {
protected:
    FlowChangesTest() {
        flow.add(routine("a", {slot("in")}, {event("out", {"x"})}));
        flow.add(routine("b", {slot("in", {"x"})}, {event("out", {"x"})}));
        flow.add(routine("c", {slot("in")}, {}));
        flow.chain({"a", "b", "c"});
    }
    Flow flow{"f", "1", ErrorPolicy::Stop};
};

TEST_F(FlowChangesTest, ChainConnectsNeighbours) {
    EXPECT_THAT(lines_of(flow), ElementsAre("a.out>b.in", "b.out>c.in"));
}

TEST_F(FlowChangesTest, ChainOfWhichOneLinkIsWrongConnectsNothing) {
    EXPECT_THROW(flow.chain({"b", "a", "c", "a"}), ConfigurationError);

    EXPECT_EQ(flow.connections().size(), 2U);
}

TEST_F(FlowChangesTest, RemoveTakesItsConnectionsAndLeavesTheOthers) {
    flow.connect("a.out", "c.in", {});

    const RoutineSpec removed = flow.remove("b");

    EXPECT_EQ(removed.name, "b");
    EXPECT_EQ(flow.find_routine("c"), 1U);
    EXPECT_THAT(lines_of(flow), ElementsAre("a.out>c.in"));
    EXPECT_EQ(flow.connect("a.out", "c.in", {}), 0U);
}

TEST_F(FlowChangesTest, RemoveOfTheFirstMovesTheOthersUp) {
    (void)flow.remove("a");

    EXPECT_THAT(lines_of(flow), ElementsAre("b.out>c.in"));
    EXPECT_EQ(flow.plan()->legend->routines.size(), 2U);
}

TEST_F(FlowChangesTest, DisconnectForgetsTheConnectionOnly) {
    flow.disconnect("a.out", "b.in", {});

    EXPECT_THAT(lines_of(flow), ElementsAre("b.out>c.in"));
    EXPECT_EQ(flow.connect("b.out", "c.in", {}), 0U);
    EXPECT_EQ(flow.connect("a.out", "b.in", {}), 1U);
}

TEST_F(FlowChangesTest, DisconnectTellsRenamesApart) {
    flow.connect("a.out", "c.in", {{"x", "y"}});

    EXPECT_THROW(flow.disconnect("a.out", "c.in", {}), NotFoundError);
    flow.disconnect("a.out", "c.in", {{"x", "y"}});

    EXPECT_EQ(flow.connections().size(), 2U);
}

TEST_F(FlowChangesTest, ConnectionsWithNamesThatLookAlikeAreTwo) {
    flow.add(routine("any", {}, {EventSpec{"out", true, {}}}));

    flow.connect("any.out", "a.in", {{"x", "y;1:z;1:w"}});
    flow.connect("any.out", "a.in", {{"x", "y"}, {"z", "w"}});

    EXPECT_EQ(flow.connections().size(), 4U);
}

TEST_F(FlowChangesTest, ReplacementListsAllThatWouldDangle) {
    RoutineSpec other = routine("b", {slot("in", {"y"})}, {event("late", {"x"})});
    std::string message;

    try {
        flow.add_or_replace(other);
    } catch (const GraphError& error) {
        message = error.what();
    }

    EXPECT_THAT(message, HasSubstr("\n- a.out -> b.in: the slot needs field 'y'"));
    EXPECT_THAT(message, HasSubstr("\n- b.out -> c.in: the new 'b' has no event 'out'"));
    EXPECT_EQ(flow.routines()[1].declared->events[0].name, "out");
    EXPECT_EQ(other.declared->events[0].name, "late");
}

TEST_F(FlowChangesTest, ReplacementLeavesTheOldOneToItsCaller) {
    RoutineSpec other = routine("b", {slot("in", {"x"}), slot("more")}, {event("out", {"x"})});

    EXPECT_EQ(flow.add_or_replace(other), 1U);

    EXPECT_EQ(other.declared->slots.size(), 1U);
    EXPECT_EQ(flow.routines()[1].declared->slots.size(), 2U);
}

TEST_F(FlowChangesTest, ExtendedRoutineIsInTheNextPlan) {
    const auto before = flow.plan();
    RoutineSpec more = routine("a", {slot("in"), slot("late")}, {event("out", {"x"})});

    flow.extend(0, more.declared, nullptr);

    EXPECT_EQ(before->slots.size() + 1, flow.plan()->slots.size());
    EXPECT_THAT(lines_of(flow), ElementsAre("a.out>b.in", "b.out>c.in"));
}

TEST_F(FlowChangesTest, DrainedSlotIsNotInTheWayOfTheOnlyOtherOne) {
    flow.add(routine("sum", {drained("finish"), slot("in")}, {}));

    EXPECT_EQ(flow.find_slot("sum").index, 1U);
    EXPECT_EQ(flow.plan()->find_slot("sum"), flow.plan()->find_slot("sum.in"));
}

}  // namespace
}  // namespace stoplog::test
