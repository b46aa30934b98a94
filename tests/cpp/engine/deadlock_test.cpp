// What the deadlock check promises: a chain of waits that returns to itself is named, at once.
#include "engine/native_flow.hpp"
#include "engine/reading.hpp"

namespace stoplog::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::uint32_t kRaised = 10;

/// Each routine hands a falling number on to the next; the last one to the first.
void add_ring(NativeFlow& flow, const std::vector<std::string>& names, std::uint32_t capacity) {
    for (const std::string& name : names) {
        flow.add(name, {{.name = "in", .body = counting_down(), .capacity = capacity}}, {"out"});
    }
    for (std::size_t i = 0; i < names.size(); ++i) {
        flow.connect(names[i] + ".out", names[(i + 1) % names.size()] + ".in");
    }
}

class DeadlockTest : public EngineTest {};

TEST_F(DeadlockTest, ARoutineThatWaitsForItself) {
    flow.add("a", {{.name = "in", .body = emitting({1, 2}), .capacity = 1}}, {"out"});
    flow.connect("a.out", "a.in");
    const auto job = flow.start({{"a.in", 0}});

    job->run(kToTheEnd);

    EXPECT_EQ(job->status(), JobStatus::Failed);
    EXPECT_EQ(job->failure().error.type, "DeadlockError");
    EXPECT_EQ(job->failure().error.message,
              "flow 'test': 'a' waits for room in 'a.in' (capacity 1), which is where it began: "
              "'a' -> 'a'");
}

TEST_F(DeadlockTest, APairThatWaitsForEachOther) {
    add_ring(flow, {"a", "b"}, 1);
    const auto job = flow.start({{"a.in", 9}, {"a.in", 8}, {"b.in", 7}, {"b.in", 6}});

    job->run(kToTheEnd);

    EXPECT_EQ(job->failure().error.type, "DeadlockError");
    EXPECT_THAT(job->failure().error.message, HasSubstr("'b' -> 'a' -> 'b'"));
    EXPECT_THAT(trace(), ElementsAre("a.in 9", "b.in 7"));
}

TEST_F(DeadlockTest, AChainOfThreeNamesItsPath) {
    add_ring(flow, {"a", "b", "c"}, 1);
    const auto job =
        flow.start({{"a.in", 9}, {"a.in", 9}, {"b.in", 9}, {"b.in", 9}, {"c.in", 9}, {"c.in", 9}});

    job->run(kToTheEnd);

    EXPECT_THAT(job->failure().error.message, HasSubstr("'c' -> 'a' -> 'b' -> 'c'"));
    EXPECT_THAT(job->failure().error.message,
                HasSubstr("'a' waits for room in 'b.in' (capacity 1)"));
}

TEST_F(DeadlockTest, TheWayIntoACircleIsNotPartOfThePath) {
    add_ring(flow, {"a", "b"}, 1);
    flow.add("feeder", {{.name = "in", .body = forward()}}, {"out"});
    flow.connect("feeder.out", "a.in");
    const auto job =
        flow.start({{"feeder.in", 5}, {"a.in", 9}, {"a.in", 8}, {"b.in", 7}, {"b.in", 6}});

    job->run(kToTheEnd);

    EXPECT_THAT(job->failure().error.message, testing::Not(HasSubstr("feeder")));
    EXPECT_THAT(waiting_of(*job->cut()), testing::Contains("feeder for a.in"));
}

TEST_F(DeadlockTest, IsFoundWhileTheRestRuns) {
    add_ring(flow, {"a", "b"}, 1);
    flow.add("rest", {{.name = "in"}});
    const auto job = flow.start(
        {{"a.in", 9}, {"a.in", 8}, {"b.in", 7}, {"b.in", 6}, {"rest.in", 1}, {"rest.in", 2}});

    job->run(kToTheEnd);

    EXPECT_EQ(job->status(), JobStatus::Failed);
    EXPECT_THAT(trace(), testing::Not(testing::Contains("rest.in 1")));
    EXPECT_THAT(ready_of(*job->cut()), testing::Contains("rest"));
}

TEST_F(DeadlockTest, AChainOfWaitsThatEndsIsNone) {
    flow.add("a", {{.name = "in", .body = forward()}}, {"out"});
    flow.add("b", {{.name = "in", .body = forward(), .capacity = 1}}, {"out"});
    flow.add("c", {{.name = "in", .capacity = 1}});
    flow.connect("a.out", "b.in");
    flow.connect("b.out", "c.in");
    const auto job =
        flow.start({{"b.in", 1}, {"a.in", 2}, {"b.in", 3}, {"c.in", 4}, {"c.in", 5}, {"a.in", 6}});

    job->run(kToTheEnd);

    EXPECT_EQ(job->status(), JobStatus::Completed);
}

TEST_F(DeadlockTest, KeepsTheQueue) {
    add_ring(flow, {"a", "b"}, 1);
    const auto job = flow.start({{"a.in", 9}, {"a.in", 8}, {"b.in", 7}, {"b.in", 6}});

    job->run(kToTheEnd);

    EXPECT_EQ(job->cut()->unsettled, 4U);
    EXPECT_EQ(mailbox_of(*job->cut(), 0).size(), 2U);
    EXPECT_THAT(history_of(*job), IsEmpty());
}

TEST_F(DeadlockTest, IsSavedAsTheErrorOfTheJob) {
    add_ring(flow, {"a", "b"}, 1);
    const auto job = flow.start({{"a.in", 9}, {"a.in", 8}, {"b.in", 7}, {"b.in", 6}});

    job->run(kToTheEnd);

    const auto state = job->cut();
    EXPECT_EQ(state->status, JobStatus::Failed);
    EXPECT_EQ(state->error.value().type, "DeadlockError");
}

TEST_F(DeadlockTest, ResumedAsItWasItIsFoundAgain) {
    add_ring(flow, {"a", "b"}, 1);
    const auto job = flow.start({{"a.in", 9}, {"a.in", 8}, {"b.in", 7}, {"b.in", 6}});
    job->run(kToTheEnd);
    const auto again = flow.resume(*job->cut());

    again->run(kToTheEnd);

    EXPECT_EQ(again->status(), JobStatus::Failed);
    EXPECT_EQ(again->failure().error.type, "DeadlockError");
    EXPECT_EQ(again->cut()->unsettled, 4U);
}

TEST_F(DeadlockTest, ResumedWithARaisedCapacityTheJobGoesOn) {
    add_ring(flow, {"a", "b"}, 1);
    const auto job = flow.start({{"a.in", 9}, {"a.in", 8}, {"b.in", 7}, {"b.in", 6}});
    job->run(kToTheEnd);
    NativeFlow wider;
    add_ring(wider, {"a", "b"}, kRaised);

    const auto again = wider.resume(*job->cut());
    again->run(kToTheEnd);

    EXPECT_EQ(again->status(), JobStatus::Completed);
    EXPECT_EQ(history_of(*again).size(), 10U + 9U + 8U + 7U);
}

TEST_F(DeadlockTest, ResumedWithARepairedHandlerTheJobGoesOn) {
    add_ring(flow, {"a", "b"}, 1);
    const auto job = flow.start({{"a.in", 9}, {"a.in", 8}, {"b.in", 7}, {"b.in", 6}});
    job->run(kToTheEnd);
    NativeFlow repaired;
    repaired.add("a", {{.name = "in", .capacity = 1}}, {"out"});
    repaired.add("b", {{.name = "in", .capacity = 1}}, {"out"});
    repaired.connect("a.out", "b.in");
    repaired.connect("b.out", "a.in");

    const auto again = repaired.resume(*job->cut());
    again->run(kToTheEnd);

    EXPECT_EQ(again->status(), JobStatus::Completed);
}

TEST_F(DeadlockTest, OneOfSelfResumedWithARaisedCapacityGoesOn) {
    flow.add("a", {{.name = "in", .body = emitting({1, 2}), .capacity = 1}}, {"out"});
    flow.connect("a.out", "a.in");
    const auto job = flow.start({{"a.in", 0}});
    job->run(kToTheEnd);
    NativeFlow wider;
    wider.add("a", {{.name = "in", .capacity = 2}}, {"out"});
    wider.connect("a.out", "a.in");

    const auto again = wider.resume(*job->cut());
    again->run(kToTheEnd);

    EXPECT_EQ(again->status(), JobStatus::Completed);
}

TEST_F(DeadlockTest, ParkedCallsPayBackWhatTheyHold) {
    add_ring(flow, {"a", "b"}, 1);
    auto job = flow.start({{"a.in", 9}, {"a.in", 8}, {"b.in", 7}, {"b.in", 6}});
    job->run(kToTheEnd);

    job.reset();

    EXPECT_EQ(live_payloads, 0);
}

}  // namespace
}  // namespace stoplog::test
