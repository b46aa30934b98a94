// What backpressure promises: a call that does not fit parks, unchanged, and commits later, whole.
#include <algorithm>
#include <iterator>

#include "engine/native_flow.hpp"
#include "engine/reading.hpp"

namespace stoplog::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class ParkingTest : public EngineTest {
protected:
    /// p and q emit to s, which holds two and feeds t.
    void narrow(std::uint32_t capacity, Body body_of_p = forward()) {
        flow.add("p", {{.name = "in", .body = std::move(body_of_p)}}, {"out"}, true);
        flow.add("q", {{.name = "in", .body = forward()}}, {"out"});
        flow.add("s", {{.name = "in", .body = forward(), .capacity = capacity}, {.name = "other"}},
                 {"out"});
        flow.add("t", {{.name = "in"}});
        flow.connect("p.out", "s.in");
        flow.connect("q.out", "s.in");
        flow.connect("s.out", "t.in");
    }
    static Body adding_and_forwarding() {
        return [](Call& call) {
            add_to_total(call, number_of(call));
            emit(call, number_of(call));
        };
    }
};

TEST_F(ParkingTest, ASlotBelowItsCapacityAdmitsAllThatOneCallEmits) {
    narrow(2, emitting({1, 2, 3, 4, 5}));
    const auto job = flow.start({{"s.in", 0}, {"p.in", 0}});
    job->run(1);

    job->run(1);

    EXPECT_EQ(mailbox_of(*job->cut(), 2).size(), 5U);
    EXPECT_THAT(waiting_of(*job->cut()), IsEmpty());
}

TEST_F(ParkingTest, ACallThatMeetsAFullSlotParks) {
    narrow(2);
    const auto job = flow.start({{"p.in", 1}, {"s.in", 2}, {"s.in", 3}});

    job->run(1);

    const auto state = job->cut();
    EXPECT_THAT(waiting_of(*state), ElementsAre("p for s.in"));
    EXPECT_THAT(ready_of(*state), ElementsAre("s"));
    EXPECT_EQ(state->unsettled, 3U);
}

TEST_F(ParkingTest, AParkedCallIsQueuedInACutWithTheStateFromBeforeIt) {
    narrow(1, adding_and_forwarding());
    const auto job = flow.start({{"p.in", 5}, {"s.in", 2}});

    job->run(1);

    EXPECT_THAT(mailbox_of(*job->cut(), 0), ElementsAre("outside#1 -> in 5"));
    EXPECT_EQ(total_of(*job->cut(), 0), 0);
    EXPECT_FALSE(job->cut()->cells[0].is_in_call);
    EXPECT_THAT(history_of(*job), IsEmpty());
}

TEST_F(ParkingTest, AParkedCallCommitsWithoutRunningAgain) {
    narrow(1, adding_and_forwarding());
    const auto job = flow.start({{"p.in", 5}, {"s.in", 2}});

    job->run(kToTheEnd);

    EXPECT_THAT(trace(), ElementsAre("p.in 5", "s.in 2", "t.in 2", "s.in 5", "t.in 5"));
    EXPECT_EQ(total_of(*job->cut(), 0), 5);
    EXPECT_EQ(job->status(), JobStatus::Completed);
}

TEST_F(ParkingTest, AParkedCallKeepsWhatItNoted) {
    narrow(1, [&](Call& call) {
        expecting("t.in")(call);
        emitting({0, 1, 2, 3, 4, 5, 6, 7, 8, 9})(call);
    });
    const auto job = flow.start({{"p.in", 5}, {"s.in", 2}});

    job->run(kToTheEnd);

    EXPECT_EQ(trace().size(), 3U + 10U + 10U);
    EXPECT_EQ(job->status(), JobStatus::Waiting);
}

TEST_F(ParkingTest, ABroadcastIsAllOrNothing) {
    flow.add("p", {{.name = "in", .body = forward()}}, {"out"});
    flow.add("wide", {{.name = "in"}});
    flow.add("full", {{.name = "in", .capacity = 1}});
    flow.connect("p.out", "wide.in");
    flow.connect("p.out", "full.in");
    const auto job = flow.start({{"p.in", 1}, {"full.in", 2}});

    job->run(1);

    EXPECT_FALSE(job->cut()->cells[1].is_used);
    EXPECT_EQ(job->cut()->cells[0].emitted, 0U);
}

TEST_F(ParkingTest, ACommitIsAdmittedWhole) {
    flow.add("p",
             {{.name = "in",
               .body =
                   [](Call& call) {
                       emit(call, 1, 0);
                       emit(call, 2, 1);
                   }}},
             {"first", "second"});
    flow.add("wide", {{.name = "in"}});
    flow.add("full", {{.name = "in", .capacity = 1}});
    flow.connect("p.first", "wide.in");
    flow.connect("p.second", "full.in");
    const auto job = flow.start({{"p.in", 1}, {"full.in", 2}});

    job->run(1);

    EXPECT_FALSE(job->cut()->cells[1].is_used);
}

TEST_F(ParkingTest, ALoopUsesItsOwnRoom) {
    flow.add("a", {{.name = "in", .body = counting_down(), .capacity = 1}}, {"out"});
    flow.connect("a.out", "a.in");
    const auto job = flow.start({{"a.in", 50}});

    job->run(kToTheEnd);

    EXPECT_EQ(job->status(), JobStatus::Completed);
    EXPECT_EQ(trace().size(), 51U);
}

TEST_F(ParkingTest, TheWokenComesAfterThoseMadeReadyAndBeforeTheOneThatRan) {
    narrow(2);
    const auto job = flow.start({{"p.in", 1}, {"s.in", 2}, {"s.in", 3}});

    job->run(2);

    EXPECT_THAT(ready_of(*job->cut()), ElementsAre("t", "p", "s"));
}

TEST_F(ParkingTest, AllWhoWaitAreWokenInTheOrderInWhichTheyCame) {
    narrow(2);
    const auto job = flow.start({{"q.in", 1}, {"p.in", 2}, {"s.in", 3}, {"s.in", 4}});
    job->run(2);
    EXPECT_THAT(waiting_of(*job->cut()), ElementsAre("q for s.in", "p for s.in"));

    job->run(1);

    EXPECT_THAT(ready_of(*job->cut()), ElementsAre("t", "q", "p", "s"));
}

TEST_F(ParkingTest, TheSecondOfTwoWokenParksAgain) {
    narrow(1);
    const auto job = flow.start({{"q.in", 1}, {"p.in", 2}, {"s.in", 3}});
    job->run(4);
    EXPECT_THAT(ready_of(*job->cut()), ElementsAre("q", "p"));
    Lines waiting;
    flow.watch->before = [&](Call& call) { waiting = waiting_of(*call.job().cut()); };

    job->run(1);

    EXPECT_THAT(trace(), ElementsAre("q.in 1", "p.in 2", "s.in 3", "t.in 3", "s.in 1"));
    EXPECT_THAT(waiting, ElementsAre("p for s.in"));
}

TEST_F(ParkingTest, ASettledDeliveryOfAnotherSlotWakesNobody) {
    narrow(1);
    const auto job = flow.start({{"p.in", 1}, {"s.other", 2}, {"s.in", 3}});

    job->run(2);

    EXPECT_THAT(trace(), ElementsAre("p.in 1", "s.other 2"));
    EXPECT_THAT(waiting_of(*job->cut()), ElementsAre("p for s.in"));
}

TEST_F(ParkingTest, AnOvershotSlotWakesNobodyUntilItIsBelowItsCapacity) {
    narrow(1);
    const auto job = flow.start({{"p.in", 1}, {"s.in", 2}, {"s.in", 3}, {"s.in", 4}});

    job->run(3);

    EXPECT_THAT(waiting_of(*job->cut()), ElementsAre("p for s.in"));
    job->run(kToTheEnd);
    EXPECT_EQ(job->status(), JobStatus::Completed);
}

TEST_F(ParkingTest, AParkedRoutineTakesDeliveriesButDoesNotRun) {
    narrow(1);
    const auto job = flow.start({{"p.in", 1}, {"s.in", 2}, {"s.in", 3}});
    job->run(1);

    send(*job, "p.in", 4);

    EXPECT_THAT(ready_of(*job->cut()), ElementsAre("s"));
    EXPECT_EQ(mailbox_of(*job->cut(), 0).size(), 2U);
}

TEST_F(ParkingTest, ALongQueueThroughANarrowSlotArrivesInOrder) {
    narrow(1);
    const auto job = flow.start({{"p.in", 1}, {"p.in", 2}, {"p.in", 3}, {"p.in", 4}});

    job->run(kToTheEnd);

    Lines arrived;
    std::copy_if(trace().begin(), trace().end(), std::back_inserter(arrived),
                 [](const std::string& line) { return line.starts_with("t.in"); });
    EXPECT_THAT(arrived, ElementsAre("t.in 1", "t.in 2", "t.in 3", "t.in 4"));
}

TEST_F(ParkingTest, APausedJobKeepsItsParkedCall) {
    narrow(1, adding_and_forwarding());
    const auto job = flow.start({{"p.in", 5}, {"s.in", 2}});
    job->run(1);
    job->ask_pause();
    job->unpause();

    job->run(kToTheEnd);

    EXPECT_EQ(std::count(trace().begin(), trace().end(), "p.in 5"), 1);
    EXPECT_EQ(job->status(), JobStatus::Completed);
}

TEST_F(ParkingTest, ADroppedJobPaysBackWhatItsParkedCallHolds) {
    narrow(1, adding_and_forwarding());
    auto job = flow.start({{"p.in", 5}, {"s.in", 2}});
    job->run(1);

    job.reset();

    EXPECT_EQ(live_payloads, 0);
    EXPECT_EQ(held_references, 0);
}

}  // namespace
}  // namespace stoplog::test
