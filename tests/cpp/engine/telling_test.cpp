// What who listens is told: each commit once, whole, after it took effect, in the order of commits.
#include "engine/native_flow.hpp"
#include "engine/reading.hpp"

namespace stoplog::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class HeardJob : public Job {
public:
    HeardJob(const NativeFlow& flow, const Entries& entries, JobOptions options = {})
        : Job(flow.flow.plan(), std::move(options)) {
        for (const auto& [path, number] : entries) enter(flow.slot(path), payload(number));
        listen(true);
    }

    std::vector<std::string> told;
    std::function<void()> act = [] {};

protected:
    void committed(const Committed& commit) override {
        EXPECT_TRUE(is_telling());
        std::string line = plan().legend->slot_path(commit.record.slot) + " " +
                           std::to_string(number_of(commit.record.payload)) + " " +
                           std::string(name_of(commit.record.outcome));
        for (const Emission& emission : commit.emitted) {
            line += " " + std::to_string(emission.event) + ":" +
                    std::to_string(number_of(emission.payload));
        }
        told.push_back(line + (commit.record.error ? " " + *commit.record.error : ""));
        act();
    }
};

class TellingTest : public EngineTest {
protected:
    void two(Body of_first, ErrorPolicy on_error = ErrorPolicy::Stop, std::uint32_t room = 10) {
        flow.add("p", {{.name = "in", .body = std::move(of_first), .on_error = on_error}},
                 {"unheard", "out"});
        flow.add("s", {{.name = "in", .capacity = room}});
        flow.connect("p.out", "s.in");
    }
    static Body emitting_both() {
        return [](Call& call) {
            emit(call, number_of(call) + 1, 0);
            emit(call, number_of(call) + 2, 1);
        };
    }
};

TEST_F(TellingTest, TellsEachCommitWithAllThatItEmitted) {
    two(emitting_both());
    HeardJob job(flow, {{"p.in", 5}});

    job.run(kToTheEnd);

    EXPECT_THAT(job.told, ElementsAre("p.in 5 finished 0:6 1:7", "s.in 7 finished"));
    EXPECT_FALSE(job.is_telling());
}

TEST_F(TellingTest, TellsOfMoreEmissionsThanACallHasRoomFor) {
    two([](Call& call) {
        for (std::int64_t number = 0; number < 10; ++number) emit(call, number, 0);
    });
    HeardJob job(flow, {{"p.in", 5}});

    job.run(1);

    EXPECT_THAT(job.told, ElementsAre("p.in 5 finished 0:0 0:1 0:2 0:3 0:4 0:5 0:6 0:7 0:8 0:9"));
}

TEST_F(TellingTest, TellsAfterTheCommit) {
    two(emitting_both());
    HeardJob job(flow, {{"p.in", 5}});
    std::vector<std::uint64_t> unsettled;
    job.act = [&] { unsettled.push_back(job.cut()->unsettled); };

    job.run(kToTheEnd);

    EXPECT_THAT(unsettled, ElementsAre(1U, 0U));
}

TEST_F(TellingTest, TellsOfAFailureThatIsGivenUp) {
    two(failing(), ErrorPolicy::Continue);
    HeardJob job(flow, {{"p.in", 5}});

    job.run(kToTheEnd);

    EXPECT_THAT(job.told, ElementsAre("p.in 5 failed Failing: on purpose"));
}

TEST_F(TellingTest, TellsOfAFailureThatStopsTheJob) {
    two(failing());
    HeardJob job(flow, {{"p.in", 5}});
    bool was_ended = false;
    job.act = [&] { was_ended = job.is_ended(); };

    job.run(kToTheEnd);

    EXPECT_THAT(job.told, ElementsAre("p.in 5 failed Failing: on purpose"));
    EXPECT_TRUE(was_ended);
}

TEST_F(TellingTest, TellsOfAParkedCallOnceAndLate) {
    two(emitting_both(), ErrorPolicy::Stop, 1);
    HeardJob job(flow, {{"p.in", 5}, {"s.in", 1}});

    job.run(1);
    EXPECT_THAT(job.told, IsEmpty());
    job.run(kToTheEnd);

    EXPECT_THAT(job.told,
                ElementsAre("s.in 1 finished", "p.in 5 finished 0:6 1:7", "s.in 7 finished"));
}

TEST_F(TellingTest, TellsNothingOfWhatACancelCutShort) {
    two(emitting_both());
    HeardJob job(flow, {{"p.in", 5}, {"p.in", 6}});
    job.act = [&] { job.cancel("enough"); };

    job.run(kToTheEnd);

    EXPECT_THAT(job.told, ElementsAre("p.in 5 finished 0:6 1:7"));
    EXPECT_EQ(job.status(), JobStatus::Cancelled);
}

TEST_F(TellingTest, TellsNothingOfACallThatWasInterrupted) {
    two([](Call&) { throw Interrupting{}; });
    HeardJob job(flow, {{"p.in", 5}});

    job.run(kToTheEnd);

    EXPECT_THAT(job.told, IsEmpty());
}

TEST_F(TellingTest, TellsUntilNobodyListens) {
    two(emitting_both());
    HeardJob job(flow, {{"p.in", 5}});
    job.act = [&] { job.listen(false); };

    job.run(kToTheEnd);

    EXPECT_EQ(job.told.size(), 1U);
    EXPECT_EQ(job.status(), JobStatus::Completed);
}

TEST_F(TellingTest, BytesAreCountedThoughNobodyListens) {
    two(emitting_both());
    const std::int64_t two_records = 2 * static_cast<std::int64_t>(sizeof(Record));
    const auto job =
        flow.start({{"p.in", 5}}, {.id = "", .retention = {.bytes = two_records + 11}});

    job->run(kToTheEnd);

    EXPECT_THAT(history_of(*job), ElementsAre("s.in 7 finished"));
}

TEST_F(TellingTest, ACancelledDeliveryIsWeighed) {
    two(emitting_both());
    const std::int64_t two_records = 2 * static_cast<std::int64_t>(sizeof(Record));
    const auto job = flow.start({{"p.in", 50}, {"s.in", 7}},
                                {.id = "", .retention = {.bytes = two_records + 11}});

    job->cancel("");

    EXPECT_THAT(history_of(*job), ElementsAre("s.in 7 cancelled"));
}

}  // namespace
}  // namespace stoplog::test
