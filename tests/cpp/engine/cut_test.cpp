// What a cut promises: each delivery wholly settled or wholly unsettled, and it stays as it was.
#include "engine/native_flow.hpp"
#include "engine/reading.hpp"

namespace stoplog::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class CutTest : public EngineTest {
protected:
    void add_adding() {
        flow.add("a",
                 {{.name = "in",
                   .body =
                       [](Call& call) {
                           add_to_total(call, number_of(call));
                           emit(call, number_of(call));
                       }}},
                 {"out"}, true);
        flow.add("b", {{.name = "in"}});
        flow.connect("a.out", "b.in");
    }
    /// Where the n-th call of a run is about to return.
    std::shared_ptr<JobState> cut_within_call(Job& job, int n) {
        std::shared_ptr<JobState> state;
        flow.watch->after = [&state, n, calls = 0](Call& call) mutable {
            if (++calls == n) state = call.job().cut();
        };
        job.run(kToTheEnd);
        flow.watch->after = [](Call&) {};
        return state;
    }
};

TEST_F(CutTest, CarriesWhatTheFlowIs) {
    add_adding();
    const auto job = flow.start({{"a.in", 1}}, {.id = "mine"});

    const auto state = job->cut();

    EXPECT_EQ(state->id, "mine");
    EXPECT_EQ(state->flow_name, "test");
    EXPECT_EQ(state->flow_version, "1");
    EXPECT_EQ(state->fingerprint, flow.flow.plan()->fingerprint);
    EXPECT_EQ(*state->drawing, *flow.flow.plan()->drawing);
}

TEST_F(CutTest, KnowsWhenTheJobWasMadeAndWhenItWasTaken) {
    add_adding();
    const auto job = flow.start({{"a.in", 1}});

    const auto state = job->cut();

    EXPECT_GT(state->created_at, 0);
    EXPECT_GE(state->taken_at, state->created_at - 1'000'000'000);
}

TEST_F(CutTest, BetweenCallsEverythingIsSettledOrQueued) {
    add_adding();
    const auto job = flow.start({{"a.in", 1}, {"a.in", 2}});
    job->run(1);

    const auto state = job->cut();

    EXPECT_THAT(history_of(*state), ElementsAre("a.in 1 finished"));
    EXPECT_THAT(mailbox_of(*state, 0), ElementsAre("outside#2 -> in 2"));
    EXPECT_THAT(mailbox_of(*state, 1), ElementsAre("a#1 -> in 1"));
    EXPECT_EQ(total_of(*state, 0), 1);
    EXPECT_EQ(state->unsettled, 2U);
}

TEST_F(CutTest, InsideAHandlerItsDeliveryIsQueuedAndMarked) {
    add_adding();
    const auto job = flow.start({{"a.in", 1}, {"a.in", 2}});

    const auto state = cut_within_call(*job, 1);

    EXPECT_THAT(mailbox_of(*state, 0), ElementsAre("outside#1 -> in 1", "outside#2 -> in 2"));
    EXPECT_TRUE(state->cells[0].is_in_call);
    EXPECT_THAT(ready_of(*state), ElementsAre("a"));
    EXPECT_EQ(state->status, JobStatus::Running);
}

TEST_F(CutTest, InsideAHandlerTheStateIsFromBeforeItsCall) {
    add_adding();
    const auto job = flow.start({{"a.in", 3}, {"a.in", 4}});

    const auto state = cut_within_call(*job, 3);

    EXPECT_THAT(trace(), ElementsAre("a.in 3", "b.in 3", "a.in 4", "b.in 4"));
    EXPECT_EQ(total_of(*state, 0), 3);
    EXPECT_EQ(total_of(*job->cut(), 0), 7);
}

TEST_F(CutTest, InsideTheFirstCallTheStateIsAsDeclared) {
    add_adding();
    const auto job = flow.start({{"a.in", 3}});

    const auto state = cut_within_call(*job, 1);

    EXPECT_EQ(total_of(*state, 0), 0);
}

TEST_F(CutTest, StaysTheSameWhileTheJobMovesOn) {
    add_adding();
    const auto job = flow.start({{"a.in", 1}, {"a.in", 2}, {"a.in", 3}});
    job->run(2);
    const auto state = job->cut();
    const Lines before = everything_of(*state);

    job->run(kToTheEnd);

    EXPECT_EQ(everything_of(*state), before);
}

TEST_F(CutTest, StaysTheSameWhenTheJobIsGone) {
    add_adding();
    auto job = flow.start({{"a.in", 1}, {"a.in", 2}, {"a.in", 3}});
    job->run(2);
    const auto state = job->cut();
    const Lines before = everything_of(*state);

    job.reset();

    EXPECT_EQ(everything_of(*state), before);
}

TEST_F(CutTest, SeveralCutsAreIndependent) {
    add_adding();
    const auto job = flow.start({{"a.in", 1}, {"a.in", 2}, {"a.in", 4}});
    job->run(1);
    const auto first = job->cut();
    job->run(2);
    auto second = job->cut();
    job->run(kToTheEnd);

    second.reset();

    EXPECT_EQ(total_of(*first, 0), 1);
    EXPECT_EQ(total_of(*job->cut(), 0), 7);
}

TEST_F(CutTest, HoldsNothingOfARoutineThatIsUsedAfterIt) {
    add_adding();
    auto job = flow.start({{"a.in", 1}, {"a.in", 2}});
    const auto first = job->cut();
    const std::int64_t held = held_references;
    job->run(1);
    (void)job->cut();
    job->run(kToTheEnd);

    job.reset();

    EXPECT_EQ(held_references, held);
}

TEST_F(CutTest, DoesNotTakeOverWhatOnlyALaterCutHeld) {
    add_adding();
    auto job = flow.start({{"a.in", 1}, {"a.in", 2}});
    const auto first = job->cut();
    const std::int64_t held = held_references;
    job->run(1);
    auto second = job->cut();
    job->run(kToTheEnd);

    second.reset();
    job.reset();

    EXPECT_EQ(held_references, held);
}

TEST_F(CutTest, ACellThatWasNeverUsedHasItsInitialStateOnly) {
    add_adding();
    const auto job = flow.start({});

    const auto state = job->cut();

    EXPECT_FALSE(state->cells[0].is_used);
    EXPECT_EQ(total_of(*state, 0), 0);
    EXPECT_EQ(state->cells[1].fields, nullptr);
}

TEST_F(CutTest, HoldsTheReadyListInOrderTheNextTurnFirst) {
    flow.add("a", {{.name = "in"}});
    flow.add("b", {{.name = "in"}});
    flow.add("c", {{.name = "in"}});
    const auto job = flow.start({{"c.in", 1}, {"a.in", 2}, {"b.in", 3}, {"c.in", 4}});
    job->run(1);

    const auto state = job->cut();

    EXPECT_THAT(ready_of(*state), ElementsAre("a", "b", "c"));
}

TEST_F(CutTest, HoldsTheWaitingListOfAFullSlotInOrder) {
    flow.add("p", {{.name = "in", .body = forward()}}, {"out"});
    flow.add("q", {{.name = "in", .body = forward()}}, {"out"});
    flow.add("s", {{.name = "in", .capacity = 1}});
    flow.connect("p.out", "s.in");
    flow.connect("q.out", "s.in");
    const auto job = flow.start({{"q.in", 1}, {"p.in", 2}, {"s.in", 3}});
    job->run(2);

    const auto state = job->cut();

    EXPECT_THAT(waiting_of(*state), ElementsAre("q for s.in", "p for s.in"));
    EXPECT_THAT(ready_of(*state), ElementsAre("s"));
}

TEST_F(CutTest, HoldsTheCountOfEmissions) {
    add_adding();
    const auto job = flow.start({{"a.in", 1}, {"a.in", 2}});

    job->run(kToTheEnd);

    EXPECT_EQ(job->cut()->cells[0].emitted, 2U);
    EXPECT_EQ(job->cut()->sent, 2U);
}

TEST_F(CutTest, HoldsWhatIsAwaited) {
    flow.add("ask", {{.name = "in", .body = expecting("answer.in")}});
    flow.add("answer", {{.name = "in"}});
    const auto job = flow.start({{"ask.in", 1}});
    job->run(kToTheEnd);

    const auto state = job->cut();

    EXPECT_EQ(state->status, JobStatus::Waiting);
    EXPECT_THAT(slots_of(*state, state->awaited), ElementsAre("answer.in"));
}

TEST_F(CutTest, HoldsTheErrorOfAFailedJob) {
    flow.add("a", {{.name = "in", .body = failing()}});
    const auto job = flow.start({{"a.in", 1}});
    job->run(kToTheEnd);

    const auto state = job->cut();

    EXPECT_EQ(state->status, JobStatus::Failed);
    EXPECT_EQ(state->error, (JobError{"a", "in", 1, "Failing", "on purpose", ""}));
    EXPECT_EQ(state->cells[0].head_tries.failed, 1U);
}

TEST_F(CutTest, HoldsWhetherTheJobIsOpen) {
    add_adding();
    const auto job = flow.start({}, opened());

    const auto open = job->cut();
    job->finish();
    const auto closed = job->cut();

    EXPECT_TRUE(open->is_open);
    EXPECT_FALSE(closed->is_open);
    EXPECT_TRUE(closed->is_closed);
}

TEST_F(CutTest, CanBeTakenFromWithinAnotherJobsHandler) {
    add_adding();
    const auto other = flow.start({{"a.in", 1}});
    std::shared_ptr<JobState> state;
    flow.watch->after = [&](Call&) { state = other->cut(); };
    const auto job = flow.start({{"b.in", 2}});

    job->run(kToTheEnd);

    EXPECT_EQ(state->status, JobStatus::Pending);
    EXPECT_FALSE(state->cells[0].is_in_call);
    EXPECT_THAT(history_of(*state), IsEmpty());
}

}  // namespace
}  // namespace stoplog::test
