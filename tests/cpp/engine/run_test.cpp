// What a run promises: one delivery a turn, whoever became ready first; a call whole or not at all.
#include <algorithm>

#include "engine/native_flow.hpp"
#include "engine/reading.hpp"

namespace stoplog::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class RunTest : public EngineTest {
protected:
    static void step_to_the_end(Job& job) {
        while (job.run(1) != 0) {
        }
    }
    /// a emits to b and c; d is fed by both.
    void diamond(Body body_of_a) {
        flow.add("a", {{.name = "in", .body = std::move(body_of_a)}}, {"left", "right"});
        flow.add("b", {{.name = "in", .body = forward()}}, {"out"});
        flow.add("c", {{.name = "in", .body = forward()}}, {"out"});
        flow.add("d", {{.name = "in"}});
        flow.connect("a.left", "b.in");
        flow.connect("a.right", "c.in");
        flow.connect("c.out", "d.in");
        flow.connect("b.out", "d.in");
    }
};

TEST_F(RunTest, ReadyRoutinesTakeTurnsOneDeliveryEach) {
    flow.add("a", {{.name = "in"}});
    flow.add("b", {{.name = "in"}});
    const auto job = flow.start({{"b.in", 1}, {"b.in", 2}, {"a.in", 3}, {"a.in", 4}});

    job->run(kToTheEnd);

    EXPECT_THAT(trace(), ElementsAre("b.in 1", "a.in 3", "b.in 2", "a.in 4"));
}

TEST_F(RunTest, AdmitsInTheOrderOfEmission) {
    diamond([](Call& call) {
        emit(call, 1, 1);
        emit(call, 2, 0);
    });
    const auto job = flow.start({{"a.in", 0}});

    job->run(kToTheEnd);

    EXPECT_THAT(trace(), ElementsAre("a.in 0", "c.in 1", "b.in 2", "d.in 1", "d.in 2"));
}

TEST_F(RunTest, AdmitsOneEmissionInTheOrderOfConnection) {
    flow.add("a", {{.name = "in", .body = forward()}}, {"out"});
    flow.add("b", {{.name = "in"}});
    flow.add("c", {{.name = "in"}, {.name = "other"}});
    flow.connect("a.out", "c.other");
    flow.connect("a.out", "b.in");
    flow.connect("a.out", "c.in");
    const auto job = flow.start({{"a.in", 1}});

    job->run(kToTheEnd);

    EXPECT_THAT(trace(), ElementsAre("a.in 1", "c.other 1", "b.in 1", "c.in 1"));
}

TEST_F(RunTest, OneMailboxHoldsAllSlotsOfARoutineInOrder) {
    flow.add("a", {{.name = "x"}, {.name = "y"}});
    const auto job = flow.start({{"a.y", 1}, {"a.x", 2}, {"a.y", 3}});

    job->run(kToTheEnd);

    EXPECT_THAT(trace(), ElementsAre("a.y 1", "a.x 2", "a.y 3"));
}

TEST_F(RunTest, TheRoutineThatRanComesAfterThoseThatItsCommitMadeReady) {
    diamond([](Call& call) {
        emit(call, number_of(call), 0);
        emit(call, number_of(call), 1);
    });
    const auto job = flow.start({{"a.in", 1}, {"a.in", 2}});

    job->run(1);

    EXPECT_THAT(ready_of(*job->cut()), ElementsAre("b", "c", "a"));
}

TEST_F(RunTest, EmissionIsANoteUntilTheHandlerReturns) {
    flow.add("a", {{.name = "in", .body = counting_down()}}, {"out"});
    flow.connect("a.out", "a.in");
    const auto job = flow.start({{"a.in", 1}});
    Lines queued;
    flow.watch->after = [&](Call& call) { queued = mailbox_of(*call.job().cut(), 0); };

    job->run(1);

    EXPECT_THAT(queued, ElementsAre("outside#1 -> in 1"));
    EXPECT_THAT(mailbox_of(*job->cut(), 0), ElementsAre("a#1 -> in 0"));
}

TEST_F(RunTest, ALongLoopIsPlain) {
    flow.add("a", {{.name = "in", .body = counting_down()}}, {"out"});
    flow.connect("a.out", "a.in");
    const auto job = flow.start({{"a.in", 20'000}});

    const std::uint64_t attempts = job->run(kToTheEnd);

    EXPECT_EQ(attempts, 20'001U);
    EXPECT_EQ(job->status(), JobStatus::Completed);
}

TEST_F(RunTest, HandlersOfOneRoutineNeverOverlap) {
    int depth = 0;
    int deepest = 0;
    flow.add("a", {{.name = "in", .body = counting_down()}}, {"out"});
    flow.connect("a.out", "a.in");
    flow.watch->before = [&](Call&) { deepest = std::max(deepest, ++depth); };
    flow.watch->after = [&](Call&) { --depth; };
    const auto job = flow.start({{"a.in", 5}});

    job->run(kToTheEnd);

    EXPECT_EQ(deepest, 1);
}

TEST_F(RunTest, HandsOutNoMoreThanItIsAskedFor) {
    flow.add("a", {{.name = "in"}});
    const auto job = flow.start({{"a.in", 1}, {"a.in", 2}, {"a.in", 3}});

    const std::uint64_t attempts = job->run(2);

    EXPECT_EQ(attempts, 2U);
    EXPECT_THAT(trace(), ElementsAre("a.in 1", "a.in 2"));
}

TEST_F(RunTest, StoppingIsNotYielding) {
    diamond([](Call& call) {
        emit(call, number_of(call), 0);
        emit(call, number_of(call), 1);
    });
    const auto whole = flow.start({{"a.in", 1}, {"a.in", 2}, {"d.in", 3}});
    const auto stepped = flow.start({{"a.in", 1}, {"a.in", 2}, {"d.in", 3}});
    whole->run(kToTheEnd);

    step_to_the_end(*stepped);

    EXPECT_EQ(history_of(*stepped), history_of(*whole));
}

TEST_F(RunTest, CallsOfSeveralJobsOfOneFlowDoNotMeet) {
    flow.add("a", {{.name = "in", .body = adding()}}, {}, true);
    const auto one = flow.start({{"a.in", 1}, {"a.in", 2}});
    const auto other = flow.start({{"a.in", 10}, {"a.in", 20}});

    one->run(1);
    other->run(2);
    one->run(1);

    EXPECT_EQ(total_of(*one->cut(), 0), 3);
    EXPECT_EQ(total_of(*other->cut(), 0), 30);
    EXPECT_NE(one->id(), other->id());
}

TEST_F(RunTest, AHandlerMayRunAnotherJob) {
    flow.add("a", {{.name = "in"}});
    const auto inner = flow.start({{"a.in", 2}});
    flow.add("b", {{.name = "in", .body = [&](Call&) { inner->run(kToTheEnd); }}});
    const auto outer = flow.start({{"b.in", 1}});

    outer->run(kToTheEnd);

    EXPECT_EQ(inner->status(), JobStatus::Completed);
    EXPECT_EQ(outer->status(), JobStatus::Completed);
}

TEST_F(RunTest, KnowsWhoseCallAThreadIsIn) {
    bool is_in_own = false;
    bool is_in_other = true;
    flow.add("a", {{.name = "in"}});
    const auto other = flow.start({{"a.in", 1}});
    const auto job = flow.start({{"a.in", 1}});
    flow.watch->before = [&](Call& call) {
        is_in_own = is_in_call_of(call.job());
        is_in_other = is_in_call_of(*other);
    };

    job->run(kToTheEnd);

    EXPECT_TRUE(is_in_own);
    EXPECT_FALSE(is_in_other);
    EXPECT_FALSE(is_in_call_of(*job));
}

TEST_F(RunTest, AFailedAttemptLeavesNoTraceButItsRecord) {
    flow.add("a",
             {{.name = "in",
               .body =
                   [](Call& call) {
                       add_to_total(call, 5);
                       emit(call, 1);
                       call.note_expectation(0);
                       throw Failing{"late"};
                   },
               .on_error = ErrorPolicy::Skip}},
             {"out"}, true);
    flow.add("b", {{.name = "in"}});
    flow.connect("a.out", "b.in");
    const auto job = flow.start({{"a.in", 1}});

    job->run(kToTheEnd);

    EXPECT_THAT(history_of(*job), ElementsAre("a.in 1 skipped"));
    EXPECT_EQ(total_of(*job->cut(), 0), 0);
    EXPECT_EQ(job->cut()->cells[0].emitted, 0U);
    EXPECT_EQ(job->status(), JobStatus::Completed);
}

TEST_F(RunTest, ACallThatTakesEffectKeepsItsState) {
    flow.add("a", {{.name = "in", .body = adding()}}, {}, true);
    const auto job = flow.start({{"a.in", 5}, {"a.in", 6}});

    job->run(kToTheEnd);

    EXPECT_EQ(total_of(*job->cut(), 0), 11);
}

TEST_F(RunTest, StateThatCannotBeMadeIsAFailedAttempt) {
    flow.add("a", {{.name = "in", .body = adding()}}, {}, true);
    flow.watch->can_make_fields = false;
    const auto job = flow.start({{"a.in", 5}});

    job->run(kToTheEnd);

    EXPECT_EQ(job->status(), JobStatus::Failed);
    EXPECT_EQ(job->failure().error.type, "NoFields");
    EXPECT_THAT(trace(), IsEmpty());
}

TEST_F(RunTest, AnInterruptedCallIsUndoneAndPausesTheJob) {
    flow.add("a",
             {{.name = "in",
               .body =
                   [](Call& call) {
                       add_to_total(call, 5);
                       emit(call, 1);
                       throw Interrupting{};
                   }}},
             {"out"}, true);
    flow.connect("a.out", "a.in");
    const auto job = flow.start({{"a.in", 1}});

    job->run(kToTheEnd);

    EXPECT_EQ(job->status(), JobStatus::Paused);
    EXPECT_THAT(mailbox_of(*job->cut(), 0), ElementsAre("outside#1 -> in 1"));
    EXPECT_EQ(total_of(*job->cut(), 0), 0);
    EXPECT_THAT(history_of(*job), IsEmpty());
}

TEST_F(RunTest, AnInterruptionIsTakenOnce) {
    flow.add("a", {{.name = "in", .body = [](Call&) { throw Interrupting{}; }}});
    const auto job = flow.start({{"a.in", 1}});
    job->run(kToTheEnd);

    const auto taken = job->take_interruption();

    EXPECT_EQ(taken.value().error.type, "Interrupting");
    EXPECT_FALSE(job->take_interruption().has_value());
}

TEST_F(RunTest, AnInterruptedDeliveryRunsAgainAsItsFirstAttempt) {
    bool is_first = true;
    flow.add("a", {{.name = "in"}});
    flow.watch->after = [&](Call&) {
        if (std::exchange(is_first, false)) throw Interrupting{};
    };
    const auto job = flow.start({{"a.in", 1}});
    job->run(kToTheEnd);

    job->unpause();
    job->run(kToTheEnd);

    EXPECT_THAT(whole_history_of(*job->cut()),
                ElementsAre("outside#1 root 1 -> a.in 1 by nobody, attempt 1 finished"));
}

TEST_F(RunTest, ACallMayEmitMoreThanItsNotesHoldInline) {
    flow.add("a", {{.name = "in", .body = emitting({0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11})}},
             {"out"});
    flow.add("b", {{.name = "in"}});
    flow.connect("a.out", "b.in");
    const auto job = flow.start({{"a.in", 0}, {"a.in", 0}});

    job->run(kToTheEnd);

    EXPECT_EQ(trace().size(), 26U);
    EXPECT_EQ(trace().back(), "b.in 11");
}

}  // namespace
}  // namespace stoplog::test
