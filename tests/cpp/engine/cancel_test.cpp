// What cancel promises: prompt; what is queued is settled as cancelled, and nothing commits after
// it.
#include "stoplog/base/error.hpp"

#include "engine/native_flow.hpp"
#include "engine/reading.hpp"

namespace stoplog::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class CancelTest : public EngineTest {
protected:
    /// a adds, emits and expects; for 1 it cancels its own job after that.
    void add_cancelling() {
        flow.add("a",
                 {{.name = "in",
                   .body =
                       [](Call& call) {
                           add_to_total(call, 5);
                           emit(call, 7);
                           call.note_expectation(0);
                           if (number_of(call) == 1) call.job().cancel("enough");
                       }}},
                 {"out"}, true);
        flow.add("b", {{.name = "in"}});
        flow.connect("a.out", "b.in");
    }
};

TEST_F(CancelTest, SettlesWhatIsQueuedAsCancelled) {
    flow.add("a", {{.name = "in"}});
    flow.add("b", {{.name = "in"}});
    const auto job = flow.start({{"a.in", 1}, {"b.in", 2}, {"a.in", 3}});

    job->cancel("no longer needed");

    EXPECT_EQ(job->status(), JobStatus::Cancelled);
    EXPECT_THAT(history_of(*job),
                ElementsAre("a.in 1 cancelled", "a.in 3 cancelled", "b.in 2 cancelled"));
    EXPECT_EQ(job->cut()->unsettled, 0U);
    EXPECT_EQ(job->cancel_reason(), "no longer needed");
}

TEST_F(CancelTest, NothingRunsAfterIt) {
    flow.add("a", {{.name = "in"}});
    const auto job = flow.start({{"a.in", 1}});

    job->cancel("");

    EXPECT_EQ(job->run(kToTheEnd), 0U);
    EXPECT_THAT(trace(), IsEmpty());
}

TEST_F(CancelTest, ACallThatReturnsAfterItCommitsNothing) {
    add_cancelling();
    const auto job = flow.start({{"a.in", 1}});

    job->run(kToTheEnd);

    const auto state = job->cut();
    EXPECT_EQ(state->status, JobStatus::Cancelled);
    EXPECT_THAT(history_of(*state), ElementsAre("a.in 1 cancelled"));
    EXPECT_EQ(total_of(*state, 0), 0);
    EXPECT_FALSE(state->cells[1].is_used);
    EXPECT_THAT(job->awaited(), IsEmpty());
}

TEST_F(CancelTest, KeepsWhatWasCommittedBefore) {
    add_cancelling();
    const auto job = flow.start({{"a.in", 2}, {"a.in", 1}});

    job->run(kToTheEnd);

    EXPECT_EQ(total_of(*job->cut(), 0), 5);
    EXPECT_THAT(history_of(*job),
                ElementsAre("a.in 2 finished", "b.in 7 finished", "a.in 1 cancelled"));
}

TEST_F(CancelTest, AHandlerThatFailsAfterItChangesNothing) {
    flow.add("a", {{.name = "in", .body = [](Call& call) {
                        call.job().cancel("");
                        throw Failing{"late"};
                    }}});
    const auto job = flow.start({{"a.in", 1}});

    job->run(kToTheEnd);

    EXPECT_EQ(job->status(), JobStatus::Cancelled);
    EXPECT_THAT(history_of(*job), ElementsAre("a.in 1 cancelled"));
}

TEST_F(CancelTest, UndoesAParkedCall) {
    flow.add("p",
             {{.name = "in",
               .body =
                   [](Call& call) {
                       add_to_total(call, 5);
                       emit(call, 7);
                   }}},
             {"out"}, true);
    flow.add("s", {{.name = "in", .capacity = 1}});
    flow.connect("p.out", "s.in");
    const auto job = flow.start({{"p.in", 1}, {"s.in", 2}}, keeping(0));
    job->run(1);

    job->cancel("");

    EXPECT_EQ(total_of(*job->cut(), 0), 0);
    EXPECT_THAT(waiting_of(*job->cut()), IsEmpty());
    EXPECT_EQ(live_payloads, 0);
}

TEST_F(CancelTest, EndsAWaitForWhatIsExpected) {
    flow.add("ask", {{.name = "in", .body = expecting("answer.in")}});
    flow.add("answer", {{.name = "in"}});
    const auto job = flow.start({{"ask.in", 1}});
    job->run(kToTheEnd);

    job->cancel("");

    EXPECT_EQ(job->status(), JobStatus::Cancelled);
    EXPECT_THAT(job->awaited(), IsEmpty());
}

TEST_F(CancelTest, OfAPausedJobIsAllowed) {
    flow.add("a", {{.name = "in"}});
    const auto job = flow.start({{"a.in", 1}}, paused());

    job->cancel("");

    EXPECT_EQ(job->status(), JobStatus::Cancelled);
}

TEST_F(CancelTest, OfAnEndedJobIsRefused) {
    flow.add("a", {{.name = "in"}});
    const auto job = flow.start({{"a.in", 1}});
    job->cancel("");

    EXPECT_THROW(job->cancel(""), StateError);
    EXPECT_THROW(send(*job, "a.in", 1), StateError);
}

TEST_F(CancelTest, LeavesACutThatWasTakenBeforeItAlone) {
    flow.add("a", {{.name = "in"}});
    const auto job = flow.start({{"a.in", 1}, {"a.in", 2}});
    const auto before = job->cut();

    job->cancel("");

    EXPECT_EQ(before->status, JobStatus::Pending);
    EXPECT_EQ(mailbox_of(*before, 0).size(), 2U);
}

TEST_F(CancelTest, DropsFiredSlotsToo) {
    flow.add("a", {{.name = "in"}, {.name = "end", .is_drained = true}});
    const auto job = flow.start({{"a.in", 1}});
    job->run(1);

    job->cancel("");

    EXPECT_THAT(history_of(*job), ElementsAre("a.in 1 finished", "a.end 0 cancelled"));
}

}  // namespace
}  // namespace stoplog::test
