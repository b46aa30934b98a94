// What a commit promises: exact ids, one payload for all, drained slots, expectations, history.
#include "engine/native_flow.hpp"
#include "engine/reading.hpp"

namespace stoplog::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class SettleTest : public EngineTest {
protected:
    void add_report(const std::string& name, std::vector<std::int64_t> numbers = {}) {
        flow.add(name,
                 {{.name = "in"},
                  {.name = "end", .body = emitting(std::move(numbers)), .is_drained = true}},
                 {"out"});
    }
};

TEST_F(SettleTest, EveryConnectedSlotGetsTheSamePayload) {
    std::vector<Payload*> seen;
    flow.add("a", {{.name = "in", .body = forward()}}, {"out"});
    flow.add("b", {{.name = "in",
                    .body = [&](Call& call) { seen.push_back(call.delivery().payload.get()); }}});
    flow.add("c", {{.name = "in",
                    .body = [&](Call& call) { seen.push_back(call.delivery().payload.get()); }}});
    flow.connect("a.out", "b.in");
    flow.connect("a.out", "c.in");
    const auto job = flow.start({{"a.in", 1}});

    job->run(kToTheEnd);

    ASSERT_EQ(seen.size(), 2U);
    EXPECT_EQ(seen[0], seen[1]);
}

TEST_F(SettleTest, AnEmissionThatNobodyTakesIsDropped) {
    flow.add("a", {{.name = "in", .body = forward()}}, {"out"});
    const auto job = flow.start({{"a.in", 1}}, keeping(0));

    job->run(kToTheEnd);

    EXPECT_EQ(job->status(), JobStatus::Completed);
    EXPECT_EQ(job->cut()->cells[0].emitted, 0U);
    EXPECT_EQ(live_payloads, 0);
}

TEST_F(SettleTest, ADeliverysIdIsItsSourceAndThatOnesOwnCount) {
    flow.add("a", {{.name = "in", .body = emitting({7, 8})}}, {"out"});
    flow.add("b", {{.name = "in"}});
    flow.add("c", {{.name = "in"}});
    flow.connect("a.out", "b.in");
    flow.connect("a.out", "c.in");
    const auto job = flow.start({{"a.in", 1}});

    job->run(1);

    EXPECT_THAT(mailbox_of(*job->cut(), 1), ElementsAre("a#1 -> in 7", "a#3 -> in 8"));
    EXPECT_THAT(mailbox_of(*job->cut(), 2), ElementsAre("a#2 -> in 7", "a#4 -> in 8"));
}

TEST_F(SettleTest, ADescendantKeepsItsRoot) {
    flow.add("a", {{.name = "in", .body = forward()}}, {"out"});
    flow.add("b", {{.name = "in", .body = forward()}}, {"out"});
    flow.add("c", {{.name = "in"}});
    flow.connect("a.out", "b.in");
    flow.connect("b.out", "c.in");
    const auto job = flow.start({{"a.in", 5}, {"a.in", 6}});

    job->run(kToTheEnd);

    EXPECT_EQ(whole_history_of(*job->cut()).back(),
              "b#2 root 2 -> c.in 6 by b.out, attempt 1 finished");
}

// ---- drained slots

TEST_F(SettleTest, ADrainedSlotFiresOnceWhenNothingElseIsLeft) {
    add_report("report");
    flow.add("a", {{.name = "in"}});
    const auto job = flow.start({{"a.in", 1}, {"report.in", 2}, {"a.in", 3}});

    job->run(kToTheEnd);

    EXPECT_THAT(trace(), ElementsAre("a.in 1", "report.in 2", "a.in 3", "report.end 0"));
    EXPECT_EQ(job->status(), JobStatus::Completed);
}

TEST_F(SettleTest, ADrainedSlotMayEmitAndTheJobGoesOn) {
    add_report("report", {7});
    flow.connect("report.out", "report.in");
    const auto job = flow.start({{"report.in", 1}});

    job->run(kToTheEnd);

    EXPECT_THAT(trace(), ElementsAre("report.in 1", "report.end 0", "report.in 7"));
}

TEST_F(SettleTest, DrainedSlotsWaitForAllThatTheFormerEmitted) {
    add_report("last");
    add_report("first", {7, 8});
    flow.add("between", {{.name = "in", .body = forward()}}, {"out"});
    flow.connect("first.out", "between.in");
    flow.connect("between.out", "last.in");
    const auto job = flow.start({{"first.in", 1}});

    job->run(kToTheEnd);

    EXPECT_THAT(trace(), ElementsAre("first.in 1", "first.end 0", "between.in 7", "last.in 7",
                                     "between.in 8", "last.in 8", "last.end 0"));
}

TEST_F(SettleTest, TheCutKnowsWhichDrainedSlotsFired) {
    add_report("one");
    add_report("two");
    const auto job = flow.start({{"one.in", 1}});

    job->run(2);

    const auto state = job->cut();
    EXPECT_THAT(slots_of(*state, state->fired), ElementsAre("one.end", "two.end"));
    EXPECT_THAT(ready_of(*state), ElementsAre("two"));
}

TEST_F(SettleTest, ADrainedSlotOfAnOpenJobWaitsForFinish) {
    add_report("report");
    const auto job = flow.start({{"report.in", 1}}, opened());
    job->run(kToTheEnd);
    EXPECT_EQ(job->status(), JobStatus::Idle);

    job->finish();
    job->run(kToTheEnd);

    EXPECT_THAT(trace(), ElementsAre("report.in 1", "report.end 0"));
    EXPECT_EQ(job->status(), JobStatus::Completed);
}

TEST_F(SettleTest, ADrainedSlotWaitsForWhatIsExpected) {
    flow.add("ask", {{.name = "in", .body = expecting("answer.in")}});
    flow.add("answer", {{.name = "in"}});
    add_report("report");
    const auto job = flow.start({{"ask.in", 1}});
    job->run(kToTheEnd);
    EXPECT_THAT(trace(), ElementsAre("ask.in 1"));

    send(*job, "answer.in", 2);
    job->run(kToTheEnd);

    EXPECT_THAT(trace(), ElementsAre("ask.in 1", "answer.in 2", "report.end 0"));
}

// ---- expectations

TEST_F(SettleTest, AnExpectationMakesTheJobWait) {
    flow.add("ask", {{.name = "in", .body = expecting("answer.in")}});
    flow.add("answer", {{.name = "in"}});
    const auto job = flow.start({{"ask.in", 1}});

    job->run(kToTheEnd);

    EXPECT_EQ(job->status(), JobStatus::Waiting);
    EXPECT_THAT(job->awaited(), ElementsAre(flow.slot("answer.in")));
}

TEST_F(SettleTest, TheExpectedDeliveryEndsTheWait) {
    flow.add("ask", {{.name = "in", .body = expecting("answer.in")}});
    flow.add("answer", {{.name = "in"}});
    const auto job = flow.start({{"ask.in", 1}});
    job->run(kToTheEnd);

    send(*job, "answer.in", 2);

    EXPECT_THAT(job->awaited(), IsEmpty());
    EXPECT_EQ(job->status(), JobStatus::Running);
    job->run(kToTheEnd);
    EXPECT_EQ(job->status(), JobStatus::Completed);
}

TEST_F(SettleTest, ExpectationsAreASetInTheOrderOfAsking) {
    flow.add("ask", {{.name = "in", .body = [&](Call& call) {
                          expecting("c.in")(call);
                          expecting("b.in")(call);
                          expecting("c.in")(call);
                      }}});
    flow.add("b", {{.name = "in"}});
    flow.add("c", {{.name = "in"}});
    const auto job = flow.start({{"ask.in", 1}, {"ask.in", 2}});

    job->run(kToTheEnd);

    EXPECT_THAT(job->awaited(), ElementsAre(flow.slot("c.in"), flow.slot("b.in")));
}

TEST_F(SettleTest, OneThatIsQueuedAlreadyCounts) {
    flow.add("ask", {{.name = "in", .body = expecting("answer.in")}});
    flow.add("answer", {{.name = "in"}});
    const auto job = flow.start({{"ask.in", 1}, {"answer.in", 2}});

    job->run(kToTheEnd);

    EXPECT_EQ(job->status(), JobStatus::Completed);
}

TEST_F(SettleTest, OneThatIsQueuedBehindItsOwnCallCounts) {
    flow.add("ask", {{.name = "in", .body = [&](Call& call) {
                          if (number_of(call) == 1) expecting("ask.in")(call);
                      }}});
    const auto job = flow.start({{"ask.in", 1}, {"ask.in", 2}});

    job->run(kToTheEnd);

    EXPECT_EQ(job->status(), JobStatus::Completed);
}

TEST_F(SettleTest, TheDeliveryInItsOwnCallDoesNotCount) {
    flow.add("ask", {{.name = "in", .body = expecting("ask.in")}});
    const auto job = flow.start({{"ask.in", 1}});

    job->run(kToTheEnd);

    EXPECT_EQ(job->status(), JobStatus::Waiting);
}

TEST_F(SettleTest, OneThatWasSettledBeforeDoesNotCount) {
    flow.add("ask", {{.name = "in", .body = expecting("answer.in")}});
    flow.add("answer", {{.name = "in"}});
    const auto job = flow.start({{"answer.in", 2}, {"ask.in", 1}});

    job->run(kToTheEnd);

    EXPECT_EQ(job->status(), JobStatus::Waiting);
}

TEST_F(SettleTest, ADeliveryFromInsideIsNotTheExpectedOne) {
    flow.add("ask",
             {{.name = "in",
               .body =
                   [&](Call& call) {
                       expecting("answer.in")(call);
                       emit(call, 2);
                   }}},
             {"out"});
    flow.add("answer", {{.name = "in"}});
    flow.connect("ask.out", "answer.in");
    const auto job = flow.start({{"ask.in", 1}});

    job->run(kToTheEnd);

    EXPECT_EQ(job->status(), JobStatus::Waiting);
    EXPECT_THAT(trace(), ElementsAre("ask.in 1", "answer.in 2"));
}

// ---- history

TEST_F(SettleTest, HistoryKeepsTheLastRecords) {
    flow.add("a", {{.name = "in"}});
    const auto job = flow.start({{"a.in", 1}, {"a.in", 2}, {"a.in", 3}}, keeping(2));

    job->run(kToTheEnd);

    EXPECT_THAT(history_of(*job), ElementsAre("a.in 2 finished", "a.in 3 finished"));
}

TEST_F(SettleTest, HistoryOfNoneKeepsNoPayloadAlive) {
    flow.add("a", {{.name = "in"}});
    const auto job = flow.start({{"a.in", 1}, {"a.in", 2}}, keeping(0));

    job->run(kToTheEnd);

    EXPECT_THAT(history_of(*job), IsEmpty());
    EXPECT_EQ(live_payloads, 0);
}

TEST_F(SettleTest, HistoryWithoutALimitKeepsAll) {
    flow.add("a", {{.name = "in", .body = counting_down()}}, {"out"});
    flow.connect("a.out", "a.in");
    const auto job = flow.start({{"a.in", 2999}}, keeping(-1));

    job->run(kToTheEnd);

    EXPECT_EQ(history_of(*job).size(), 3000U);
}

TEST_F(SettleTest, RecordsAreStampedInOrder) {
    flow.add("a", {{.name = "in"}});
    const auto job = flow.start({{"a.in", 1}, {"a.in", 2}});
    std::vector<Stamp> began;
    std::vector<std::int64_t> ticks;

    job->run(kToTheEnd);

    job->cut()->history.each([&](const Record& record) {
        began.push_back(record.began);
        ticks.push_back(record.ticks);
    });
    EXPECT_LE(began[0] + ticks[0], began[1]);
    EXPECT_GE(ticks[0], 0);
}

}  // namespace
}  // namespace stoplog::test
