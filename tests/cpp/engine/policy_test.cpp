// What the policies promise about a delivery whose handler failed, and about its job.
#include "engine/native_flow.hpp"
#include "engine/reading.hpp"

namespace stoplog::test {
namespace {

using testing::ElementsAre;

class PolicyTest : public EngineTest {
protected:
    /// Fails for 1, adds the others.
    void add_routine(ErrorPolicy on_error) {
        const Body body = [](Call& call) {
            add_to_total(call, number_of(call));
            if (number_of(call) == 1) throw Failing{"no ones"};
        };
        flow.add("a", {{.name = "in", .body = body, .on_error = on_error}}, {}, true);
    }
};

TEST_F(PolicyTest, StopLeavesTheDeliveryAtItsPlace) {
    add_routine(ErrorPolicy::Stop);
    const auto job = flow.start({{"a.in", 1}, {"a.in", 2}});

    job->run(kToTheEnd);

    EXPECT_EQ(job->status(), JobStatus::Failed);
    EXPECT_THAT(mailbox_of(*job->cut(), 0), ElementsAre("outside#1 -> in 1", "outside#2 -> in 2"));
    EXPECT_EQ(job->failed_deliveries(), 0U);
}

TEST_F(PolicyTest, StopSaysWhatFailedAndWhere) {
    add_routine(ErrorPolicy::Stop);
    flow.add("source", {{.name = "in", .body = forward()}}, {"out"});
    flow.connect("source.out", "a.in");
    const auto job = flow.start({{"source.in", 1}});

    job->run(kToTheEnd);

    const Failure& failure = job->failure();
    EXPECT_EQ(failure.error, (JobError{"a", "in", 1, "Failing", "no ones", ""}));
    EXPECT_EQ(failure.fed_by, "source.out");
}

TEST_F(PolicyTest, StopRecordsTheAttempt) {
    add_routine(ErrorPolicy::Stop);
    const auto job = flow.start({{"a.in", 1}});

    job->run(kToTheEnd);

    EXPECT_THAT(whole_history_of(*job->cut()),
                ElementsAre("outside#1 root 1 -> a.in 1 by nobody, attempt 1 failed: "
                            "Failing: no ones"));
}

TEST_F(PolicyTest, StopUndoesTheState) {
    add_routine(ErrorPolicy::Stop);
    const auto job = flow.start({{"a.in", 5}, {"a.in", 1}});

    job->run(kToTheEnd);

    EXPECT_EQ(total_of(*job->cut(), 0), 5);
}

TEST_F(PolicyTest, NothingIsHandedOutAfterAStop) {
    add_routine(ErrorPolicy::Stop);
    flow.add("b", {{.name = "in"}});
    const auto job = flow.start({{"a.in", 1}, {"b.in", 2}});

    job->run(kToTheEnd);

    EXPECT_EQ(job->run(kToTheEnd), 0U);
    EXPECT_THAT(trace(), ElementsAre("a.in 1"));
}

TEST_F(PolicyTest, ContinueGivesUpAndCounts) {
    add_routine(ErrorPolicy::Continue);
    const auto job = flow.start({{"a.in", 1}, {"a.in", 2}});

    job->run(kToTheEnd);

    EXPECT_EQ(job->status(), JobStatus::Completed);
    EXPECT_EQ(job->failed_deliveries(), 1U);
    EXPECT_THAT(history_of(*job), ElementsAre("a.in 1 failed", "a.in 2 finished"));
    EXPECT_EQ(total_of(*job->cut(), 0), 2);
}

TEST_F(PolicyTest, SkipGivesUpAndDoesNotCount) {
    add_routine(ErrorPolicy::Skip);
    const auto job = flow.start({{"a.in", 1}, {"a.in", 2}});

    job->run(kToTheEnd);

    EXPECT_EQ(job->status(), JobStatus::Completed);
    EXPECT_EQ(job->failed_deliveries(), 0U);
    EXPECT_THAT(history_of(*job), ElementsAre("a.in 1 skipped", "a.in 2 finished"));
}

TEST_F(PolicyTest, AGivenUpDeliveryKeepsItsError) {
    add_routine(ErrorPolicy::Continue);
    const auto job = flow.start({{"a.in", 1}, {"a.in", 2}});

    job->run(kToTheEnd);

    EXPECT_THAT(
        whole_history_of(*job->cut()),
        ElementsAre("outside#1 root 1 -> a.in 1 by nobody, attempt 1 failed: Failing: no ones",
                    "outside#2 root 2 -> a.in 2 by nobody, attempt 1 finished"));
}

TEST_F(PolicyTest, AGivenUpDeliveryMakesRoom) {
    flow.add("source", {{.name = "in", .body = forward()}}, {"out"});
    flow.add("a",
             {{.name = "in", .body = failing(), .capacity = 1, .on_error = ErrorPolicy::Skip}});
    flow.connect("source.out", "a.in");
    const auto job = flow.start({{"source.in", 1}, {"source.in", 2}, {"source.in", 3}});

    job->run(kToTheEnd);

    EXPECT_EQ(job->status(), JobStatus::Completed);
    EXPECT_EQ(history_of(*job).size(), 6U);
}

TEST_F(PolicyTest, AFailedDeliveryIsTriedAgainWhenTheStateIsResumed) {
    bool is_repaired = false;
    flow.add("a", {{.name = "in", .body = [&](Call&) {
                        if (!is_repaired) throw Failing{"not yet"};
                    }}});
    flow.add("b", {{.name = "in"}});
    const auto job = flow.start({{"a.in", 1}, {"b.in", 2}});
    job->run(kToTheEnd);
    is_repaired = true;

    const auto again = flow.resume(*job->cut());
    again->run(kToTheEnd);

    EXPECT_EQ(again->status(), JobStatus::Completed);
    EXPECT_THAT(whole_history_of(*again->cut()),
                ElementsAre("outside#1 root 1 -> a.in 1 by nobody, attempt 1 failed: "
                            "Failing: not yet",
                            "outside#1 root 1 -> a.in 1 by nobody, attempt 2 finished",
                            "outside#2 root 2 -> b.in 2 by nobody, attempt 1 finished"));
}

TEST_F(PolicyTest, EachDeliveryCountsItsOwnAttempts) {
    int left_to_fail = 1;
    flow.add("a", {{.name = "in", .body = [&](Call&) {
                        if (left_to_fail-- > 0) throw Failing{"once"};
                    }}});
    const auto job = flow.start({{"a.in", 1}, {"a.in", 2}});
    job->run(kToTheEnd);
    const auto again = flow.resume(*job->cut());

    again->run(1);

    EXPECT_EQ(job->cut()->cells[0].head_tries.failed, 1U);
    EXPECT_EQ(again->cut()->cells[0].head_tries.failed, 0U);
}

// ---- what the handler chooses

TEST_F(PolicyTest, TheChoiceGoesBeforeTheDeclaredPolicy) {
    add_routine(ErrorPolicy::Stop);
    flow.watch->choose = [](Call&, Failure&, const ErrorRule&) { return ErrorPolicy::Skip; };
    const auto job = flow.start({{"a.in", 1}, {"a.in", 2}});

    job->run(kToTheEnd);

    EXPECT_EQ(job->status(), JobStatus::Completed);
    EXPECT_EQ(total_of(*job->cut(), 0), 2);
}

TEST_F(PolicyTest, TheHandlerIsAskedAfterTheUndo) {
    add_routine(ErrorPolicy::Continue);
    std::int64_t total = -1;
    const void* identity = &total;
    flow.watch->choose = [&](Call& call, Failure&, const ErrorRule& declared) {
        total = total_of(call);
        identity = call.identity();
        return declared;
    };
    const auto job = flow.start({{"a.in", 5}, {"a.in", 1}});

    job->run(kToTheEnd);

    EXPECT_EQ(total, 5);
    EXPECT_EQ(identity, nullptr);
    EXPECT_EQ(job->failed_deliveries(), 1U);
}

TEST_F(PolicyTest, TheFailureMayBeAnotherAfterTheChoice) {
    add_routine(ErrorPolicy::Skip);
    flow.watch->choose = [](Call&, Failure& failure, const ErrorRule&) {
        failure.error.message = "worse";
        return ErrorPolicy::Stop;
    };
    const auto job = flow.start({{"a.in", 1}});

    job->run(kToTheEnd);

    EXPECT_EQ(job->status(), JobStatus::Failed);
    EXPECT_EQ(job->failure().error.message, "worse");
}

TEST_F(PolicyTest, NoChoicePausesTheJobAndKeepsTheDelivery) {
    add_routine(ErrorPolicy::Stop);
    flow.watch->choose = [](Call&, Failure&, const ErrorRule&) { return std::nullopt; };
    const auto job = flow.start({{"a.in", 1}});

    job->run(kToTheEnd);

    EXPECT_EQ(job->status(), JobStatus::Paused);
    EXPECT_THAT(mailbox_of(*job->cut(), 0), ElementsAre("outside#1 -> in 1"));
    EXPECT_TRUE(job->take_interruption().has_value());
}

TEST_F(PolicyTest, TheDeliveryIsThereWhileTheHandlerIsAsked) {
    add_routine(ErrorPolicy::Stop);
    std::int64_t number = 0;
    flow.watch->choose = [&](Call& call, Failure&, const ErrorRule& declared) {
        call.job().cancel("while asked");
        number = number_of(call);
        return declared;
    };
    const auto job = flow.start({{"a.in", 1}});

    job->run(kToTheEnd);

    EXPECT_EQ(number, 1);
    EXPECT_EQ(job->status(), JobStatus::Cancelled);
}

}  // namespace
}  // namespace stoplog::test
