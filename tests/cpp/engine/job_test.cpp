// What a job promises from outside: its status, sends, open jobs, pause, and exactly when it is
// done.
#include "stoplog/base/error.hpp"

#include "engine/native_flow.hpp"
#include "engine/reading.hpp"

namespace stoplog::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

template <class Error, class Act>
std::string message_of(Act&& act) {
    try {
        act();
    } catch (const Error& error) {
        return error.what();
    }
    return "(no such error)";
}

class JobTest : public EngineTest {
protected:
    JobTest() {
        flow.add("a", {{.name = "in", .capacity = 3}, {.name = "end", .is_drained = true}});
    }
};

/// Says how often somebody outside was told of room.
class RoomCounter final : public Job {
public:
    using Job::Job;
    int count = 0;

private:
    void room_made() override { ++count; }
};

TEST_F(JobTest, IsPendingUntilSomethingIsHandedOut) {
    const auto job = flow.start({{"a.in", 1}, {"a.in", 2}});
    EXPECT_EQ(job->status(), JobStatus::Pending);

    job->run(1);

    EXPECT_EQ(job->status(), JobStatus::Running);
}

TEST_F(JobTest, IsCompletedWhenNothingIsLeft) {
    const auto job = flow.start({{"a.in", 1}});

    job->run(kToTheEnd);

    EXPECT_EQ(job->status(), JobStatus::Completed);
    EXPECT_TRUE(job->is_ended());
    EXPECT_FALSE(job->has_work());
}

TEST_F(JobTest, IsRunningWithinItsLastHandler) {
    JobStatus seen = JobStatus::Pending;
    flow.watch->after = [&](Call& call) { seen = call.job().status(); };
    const auto job = flow.start({{"a.in", 1}});

    job->run(kToTheEnd);

    EXPECT_EQ(seen, JobStatus::Running);
}

TEST_F(JobTest, NamesTheHandlerThatRuns) {
    std::vector<std::string> running;
    flow.watch->after = [&](Call& call) { running = call.job().running_handlers(); };
    const auto job = flow.start({{"a.in", 1}});

    job->run(1);

    EXPECT_THAT(running, ElementsAre("a.in"));
    EXPECT_THAT(job->running_handlers(), IsEmpty());
}

TEST_F(JobTest, AnOpenJobIsIdleWhenEmpty) {
    const auto job = flow.start({}, opened());
    EXPECT_EQ(job->status(), JobStatus::Idle);
    send(*job, "a.in", 1);

    job->run(kToTheEnd);

    EXPECT_EQ(job->status(), JobStatus::Idle);
}

TEST_F(JobTest, FinishCompletesAnEmptyJobAfterItsDrainedSlots) {
    const auto job = flow.start({}, opened());

    job->finish();
    job->run(kToTheEnd);

    EXPECT_THAT(trace(), ElementsAre("a.end 0"));
    EXPECT_EQ(job->status(), JobStatus::Completed);
}

TEST_F(JobTest, FinishLetsWhatIsQueuedRun) {
    const auto job = flow.start({{"a.in", 1}}, opened());

    job->finish();
    EXPECT_EQ(job->status(), JobStatus::Pending);
    job->run(kToTheEnd);

    EXPECT_THAT(trace(), ElementsAre("a.in 1", "a.end 0"));
}

TEST_F(JobTest, FinishClosesTheJobToSends) {
    const auto job = flow.start({{"a.in", 1}}, opened());
    job->finish();

    const std::string message = message_of<StateError>([&] { send(*job, "a.in", 2); });

    EXPECT_THAT(message, HasSubstr("send to 'a.in' refused: finish() closed the job to sends"));
}

TEST_F(JobTest, AFinishedJobStillTakesWhatItAwaits) {
    flow.add("ask", {{.name = "in", .body = expecting("a.in")}});
    const auto job = flow.start({{"ask.in", 1}}, opened());
    job->run(kToTheEnd);
    job->finish();
    EXPECT_EQ(job->status(), JobStatus::Waiting);

    send(*job, "a.in", 2);
    job->run(kToTheEnd);

    EXPECT_EQ(job->status(), JobStatus::Completed);
}

TEST_F(JobTest, FinishOfACompletedJobChangesNothing) {
    const auto job = flow.start({{"a.in", 1}});
    job->run(kToTheEnd);

    job->finish();

    EXPECT_EQ(job->status(), JobStatus::Completed);
    EXPECT_FALSE(job->cut()->is_closed);
}

TEST_F(JobTest, FinishOfACancelledJobIsRefused) {
    const auto job = flow.start({{"a.in", 1}});
    job->cancel("");

    const std::string message = message_of<StateError>([&] { job->finish(); });

    EXPECT_THAT(message, HasSubstr("finish() refused: the job is CANCELLED"));
}

TEST_F(JobTest, ASendBeforeTheEndIsIn) {
    flow.watch->after = [&](Call& call) {
        if (number_of(call) == 1) send(call.job(), "a.in", 2);
    };
    const auto job = flow.start({{"a.in", 1}});

    job->run(kToTheEnd);

    EXPECT_THAT(trace(), ElementsAre("a.in 1", "a.in 2", "a.end 0"));
}

TEST_F(JobTest, ASendAfterTheEndIsRefused) {
    const auto job = flow.start({{"a.in", 1}});
    job->run(kToTheEnd);

    const std::string message = message_of<StateError>([&] { send(*job, "a.in", 2); });

    EXPECT_THAT(message, HasSubstr("the job is COMPLETED"));
}

TEST_F(JobTest, ASendToADrainedSlotIsRefused) {
    const auto job = flow.start({{"a.in", 1}});

    EXPECT_THROW(send(*job, "a.end", 2), StateError);
}

TEST_F(JobTest, SendsAreNumberedFromOne) {
    const auto job = flow.start({{"a.in", 1}});

    const std::uint64_t number = job->send(flow.slot("a.in"), payload(2));

    EXPECT_EQ(number, 2U);
    EXPECT_THAT(mailbox_of(*job->cut(), 0), ElementsAre("outside#1 -> in 1", "outside#2 -> in 2"));
}

TEST_F(JobTest, ASendToAFullSlotIsBackpressure) {
    const auto job = flow.start({{"a.in", 1}, {"a.in", 2}, {"a.in", 3}});

    const std::string message = message_of<BackpressureError>([&] { send(*job, "a.in", 4); });

    EXPECT_THAT(message, HasSubstr("slot 'a.in' is full: it holds its capacity of 3"));
    EXPECT_EQ(job->cut()->sent, 3U);
}

TEST_F(JobTest, TheDeliveryInCallHoldsItsRoom) {
    bool has_room = true;
    flow.watch->after = [&](Call& call) { has_room = call.job().has_room(flow.slot("a.in")); };
    const auto job = flow.start({{"a.in", 1}, {"a.in", 2}, {"a.in", 3}});

    job->run(1);

    EXPECT_FALSE(has_room);
    EXPECT_TRUE(job->has_room(flow.slot("a.in")));
}

TEST_F(JobTest, EntriesAreAdmittedTogetherWhateverTheCapacity) {
    const auto job = flow.start({{"a.in", 1}, {"a.in", 2}, {"a.in", 3}, {"a.in", 4}});

    job->run(kToTheEnd);

    EXPECT_EQ(trace().size(), 5U);
}

TEST_F(JobTest, WhoWantsRoomIsToldOnce) {
    RoomCounter job(flow.flow.plan(), {});
    send(job, "a.in", 1);
    send(job, "a.in", 2);
    send(job, "a.in", 3);
    job.want_room(flow.slot("a.in"));

    job.run(kToTheEnd);

    EXPECT_EQ(job.count, 1);
}

TEST_F(JobTest, PauseStopsHandingOut) {
    flow.watch->after = [](Call& call) { call.job().ask_pause(); };
    const auto job = flow.start({{"a.in", 1}, {"a.in", 2}});

    const std::uint64_t attempts = job->run(kToTheEnd);

    EXPECT_EQ(attempts, 1U);
    EXPECT_EQ(job->status(), JobStatus::Paused);
}

TEST_F(JobTest, IsNotPausedWhileAHandlerRuns) {
    JobStatus seen = JobStatus::Pending;
    flow.watch->after = [&](Call& call) {
        call.job().ask_pause();
        seen = call.job().status();
    };
    const auto job = flow.start({{"a.in", 1}});

    job->run(1);

    EXPECT_EQ(seen, JobStatus::Running);
}

TEST_F(JobTest, APausedJobQueuesSends) {
    const auto job = flow.start({{"a.in", 1}}, paused());

    send(*job, "a.in", 2);

    EXPECT_EQ(job->run(kToTheEnd), 0U);
    EXPECT_EQ(job->cut()->unsettled, 2U);
}

TEST_F(JobTest, GoesOnWhereItWasPaused) {
    const auto job = flow.start({{"a.in", 1}}, paused());

    job->unpause();
    job->run(kToTheEnd);

    EXPECT_EQ(job->status(), JobStatus::Completed);
}

TEST_F(JobTest, AnEndedJobIsNeitherPausedNorUnpaused) {
    const auto job = flow.start({{"a.in", 1}});
    job->run(kToTheEnd);

    EXPECT_THROW(job->ask_pause(), StateError);
    EXPECT_THROW(job->unpause(), StateError);
}

TEST_F(JobTest, TakesTheIdItIsGiven) {
    const auto job = flow.start({}, {.id = "mine"});

    EXPECT_EQ(job->id(), "mine");
}

TEST(NewJobId, IsRandomAndLong) {
    const std::string one = new_job_id();

    const std::string other = new_job_id();

    EXPECT_EQ(one.size(), 32U);
    EXPECT_NE(one, other);
}

TEST_F(JobTest, AJobThatIsDroppedPaysEverythingBack) {
    flow.add("b", {{.name = "in", .body = emitting({1, 2, 3})}}, {"out"});
    flow.connect("b.out", "a.in");
    auto job = flow.start({{"b.in", 1}, {"b.in", 2}, {"b.in", 3}});
    job->run(2);

    job.reset();

    EXPECT_EQ(live_payloads, 0);
}

}  // namespace
}  // namespace stoplog::test
