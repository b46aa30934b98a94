// Many runners, one job: nothing is lost, nothing happens twice, and a cut sees whole calls only.
#include <algorithm>
#include <thread>

#include "engine/shared_flow.hpp"

namespace stoplog::test {
namespace {

constexpr std::uint32_t kRoutines = 10;

// A graph in which every routine passes on to two others.
void fill(SharedFlow& flow, std::uint32_t capacity = 1000) {
    for (std::uint32_t i = 0; i < kRoutines; ++i) {
        flow.add("r" + std::to_string(i), 2, passing(2), capacity);
    }
    for (std::uint32_t i = 0; i < kRoutines; ++i) {
        const std::string name = "r" + std::to_string(i);
        flow.connect(name + ".out0", "r" + std::to_string((i + 1) % kRoutines) + ".in");
        flow.connect(name + ".out1", "r" + std::to_string((i * 3 + 2) % kRoutines) + ".in");
    }
}

std::map<std::uint64_t, std::int64_t> send_tokens(const SharedFlow& flow, Job& job, int tokens,
                                                  std::int64_t hops) {
    std::map<std::uint64_t, std::int64_t> sent;
    for (int i = 0; i < tokens; ++i) {
        const std::int64_t mine = hops + i;
        sent[job.enter(flow.slot("r" + std::to_string(i % kRoutines)), payload(mine))] = mine;
    }
    return sent;
}

std::vector<std::int64_t> settled_by_routine(const JobState& state) {
    std::vector<std::int64_t> settled(kRoutines, 0);
    state.history.each(
        [&](const Record& record) { ++settled[state.legend->slots[record.slot].routine]; });
    return settled;
}

std::vector<std::int64_t> settled_in_one_lane(const SharedFlow& flow, int tokens,
                                              std::int64_t hops) {
    SharedJob job(flow.flow.plan(), JobOptions{.id = "", .retention = {}});
    send_tokens(flow, job, tokens, hops);
    job.run(UINT64_MAX);
    return settled_by_routine(*job.cut());
}

class Shared : public testing::TestWithParam<Workers> {};

TEST_P(Shared, SettlesWhatOneLaneDoes) {
    SharedFlow flow;
    fill(flow);
    SharedHandler::overlaps = 0;
    const auto crew = crew_of(GetParam());
    const auto job = flow.job(crew);
    const auto sent = send_tokens(flow, *job, 20, 200);
    job->launch();
    ASSERT_TRUE(job->wait());
    EXPECT_EQ(job->status(), JobStatus::Completed);
    const auto state = job->cut();
    expect_conserved(*state, sent);
    EXPECT_EQ(settled_by_routine(*state), settled_in_one_lane(flow, 20, 200));
    EXPECT_EQ(SharedHandler::overlaps, 0) << "R2: handlers of one routine overlapped";
}

// Looks at it again and again while it runs. Returns how many cuts saw it running.
int cut_to_the_end(const SharedFlow& flow, Job& job,
                   const std::map<std::uint64_t, std::int64_t>& sent,
                   const std::vector<std::int64_t>& settled) {
    int cuts = 0;
    while (!job.is_ended()) {
        const auto state = job.cut();
        expect_conserved(*state, sent);
        if (cuts++ % 10 == 0 && state->status == JobStatus::Running) {
            SharedJob again(flow.flow.plan(), *state, JobOptions{});  // in one lane to the same end
            again.run(UINT64_MAX);
            EXPECT_EQ(again.status(), JobStatus::Completed);
            EXPECT_EQ(settled_by_routine(*again.cut()), settled);
        }
        std::this_thread::yield();
    }
    return cuts;
}

TEST_P(Shared, CutsUnderLoadAreWhole) {
    SharedFlow flow;
    fill(flow);
    const auto crew = crew_of(GetParam());
    const std::vector<std::int64_t> settled = settled_in_one_lane(flow, 20, 1000);
    int cuts = 0;
    for (int round = 0; cuts < 50 && round < 200; ++round) {
        const auto job = flow.job(crew);
        const auto sent = send_tokens(flow, *job, 20, 1000);
        job->launch();
        cuts += cut_to_the_end(flow, *job, sent, settled);
        ASSERT_TRUE(job->wait());
        EXPECT_EQ(job->status(), JobStatus::Completed);
        expect_conserved(*job->cut(), sent);
    }
    EXPECT_GE(cuts, 50);
}

TEST_P(Shared, CapacityOfOneParksAndWakes) {
    SharedFlow flow;
    flow.add("many", 1, [](Call& call) {
        const std::int64_t hops = hops_of(call);
        call.note(payload(hops), 0);
        return Verdict::Done;
    });
    flow.add("narrow", 1, passing(1), 1);
    flow.add("wide", 0, passing(1));
    flow.connect("many.out0", "narrow.in");
    flow.connect("narrow.out0", "wide.in");
    const auto job = flow.job(crew_of(GetParam()));
    for (int i = 0; i < 500; ++i) job->enter(flow.slot("many"), payload(1));
    job->launch();
    while (!job->is_ended()) {
        const auto state = job->cut();
        EXPECT_LE(state->cells[1].mailbox.size(), 1U);
        std::this_thread::yield();
    }
    ASSERT_TRUE(job->wait());
    EXPECT_EQ(job->status(), JobStatus::Completed);
}

TEST_P(Shared, PauseReturnsWhenNothingRunsAndGoesOn) {
    SharedFlow flow;
    fill(flow);
    const auto job = flow.job(crew_of(GetParam()));
    const auto sent = send_tokens(flow, *job, 20, 3000);
    job->launch();
    for (int i = 0; i < 20 && !job->is_ended(); ++i) {
        job->ask_pause();
        ASSERT_TRUE(job->wait_until_nothing_runs());
        const auto before = job->cut();
        expect_conserved(*before, sent);
        std::this_thread::yield();
        EXPECT_EQ(before->history.size(), job->cut()->history.size());
        job->unpause();
        job->launch();
    }
    ASSERT_TRUE(job->wait());
    EXPECT_EQ(job->status(), JobStatus::Completed);
    expect_conserved(*job->cut(), sent);
}

TEST_P(Shared, CancelSettlesEverything) {
    const std::int64_t before = live_payloads;
    {
        SharedFlow flow;
        fill(flow);
        const auto job = flow.job(crew_of(GetParam()), 10);
        send_tokens(flow, *job, 900, 100000);
        job->launch();
        EXPECT_NE(job->cut(), nullptr);
        job->cancel("enough");
        EXPECT_EQ(job->status(), JobStatus::Cancelled);
        ASSERT_TRUE(job->wait());
        const auto state = job->cut();
        EXPECT_EQ(state->unsettled, 0U);
        for (const CellState& cell : state->cells) EXPECT_EQ(cell.mailbox.size(), 0U);
    }
    EXPECT_EQ(live_payloads, before);
}

TEST_P(Shared, CircleOfFullMailboxesIsFoundWhileTheRestRuns) {
    SharedFlow flow;
    flow.add(
        "a", 1,
        [](Call& call) {
            for (int i = 0; i < 3; ++i) call.note(payload(1), 0);
            return Verdict::Done;
        },
        2);
    flow.add(
        "b", 1,
        [](Call& call) {
            for (int i = 0; i < 3; ++i) call.note(payload(1), 0);
            return Verdict::Done;
        },
        2);
    fill(flow);
    flow.connect("a.out0", "b.in");
    flow.connect("b.out0", "a.in");
    const auto job = flow.job(crew_of(GetParam()), 10);
    for (int i = 0; i < 8; ++i) job->enter(flow.slot("a"), payload(1));
    send_tokens(flow, *job, 20, 10'000'000);
    job->launch();
    ASSERT_TRUE(job->wait());
    EXPECT_EQ(job->status(), JobStatus::Failed);
    EXPECT_EQ(job->failure().error.type, "DeadlockError");
    EXPECT_NE(job->cut(), nullptr);
}

TEST_P(Shared, SendsFromOtherThreadsAreInOrRefused) {
    SharedFlow flow;
    fill(flow);
    const auto job = flow.job(crew_of(GetParam()));
    job->launch();
    std::atomic<int> sent{0};
    std::atomic<int> refused{0};
    std::vector<std::thread> senders;
    for (int i = 0; i < 3; ++i) {
        senders.emplace_back([&, i] {
            for (int n = 0; n < 200; ++n) {
                try {
                    job->send(flow.slot("r" + std::to_string(i)), payload(5));
                    ++sent;
                } catch (const std::exception&) {
                    ++refused;
                }
            }
        });
    }
    for (std::thread& sender : senders) sender.join();
    ASSERT_TRUE(job->wait());
    EXPECT_EQ(sent + refused, 600);
    const auto state = job->cut();
    EXPECT_EQ(state->history.size(), static_cast<std::size_t>(sent) * 6);
}

TEST_P(Shared, FailureKeepsTheDeliveryAndEndsTheJob) {
    SharedFlow flow;
    fill(flow);
    flow.add("bad", 0, [](Call& call) {
        call.failure.error.type = "Failing";
        return Verdict::Failed;
    });
    const auto job = flow.job(crew_of(GetParam()));
    const auto sent = send_tokens(flow, *job, 20, 3000);
    job->enter(flow.slot("bad"), payload(0));
    job->launch();
    ASSERT_TRUE(job->wait());
    EXPECT_EQ(job->status(), JobStatus::Failed);
    const auto state = job->cut();
    EXPECT_EQ(state->cells[kRoutines].mailbox.size(), 1U);
    EXPECT_EQ(state->cells[kRoutines].head_tries.failed, 1U);
    expect_conserved(*state, sent);
    EXPECT_EQ(job->cut()->history.size(), state->history.size());
}

TEST_P(Shared, DrainedSlotComesLast) {
    SharedFlow flow;
    fill(flow);
    std::atomic<int> drained{0};
    Job* seen = nullptr;
    flow.add(
        "end", 0,
        [&](Call& call) {
            ++drained;
            seen = &call.job();
            return Verdict::Done;
        },
        1000, ErrorPolicy::Stop, true);
    const auto job = flow.job(crew_of(GetParam()));
    send_tokens(flow, *job, 20, 100);
    job->launch();
    ASSERT_TRUE(job->wait());
    EXPECT_EQ(drained, 1);
    EXPECT_EQ(seen, job.get());
    const auto state = job->cut();
    std::uint32_t last = kNone;
    state->history.each([&](const Record& record) { last = record.slot; });
    EXPECT_EQ(state->legend->slot_path(last), "end.in");
}

INSTANTIATE_TEST_SUITE_P(Runners, Shared,
                         testing::Values(Workers{1}, Workers{2}, Workers{8}, Workers{8, true}),
                         [](const testing::TestParamInfo<Workers>& workers) {
                             return (workers.param.is_arena ? "arena" : "") +
                                    std::to_string(workers.param.count);
                         });

TEST(SharedJobs, ManyJobsShareOneCrew) {
    SharedFlow flow;
    fill(flow);
    const auto crew = crew_of({4});
    std::vector<std::unique_ptr<SharedJob>> jobs;
    for (int i = 0; i < 200; ++i) {
        jobs.push_back(flow.job(crew));
        send_tokens(flow, *jobs.back(), 3, 30);
        jobs.back()->launch();
    }
    for (const auto& job : jobs) {
        ASSERT_TRUE(job->wait());
        EXPECT_EQ(job->status(), JobStatus::Completed);
    }
    EXPECT_TRUE(crew->wait_idle(std::chrono::steady_clock::now() + std::chrono::seconds(10)));
}

}  // namespace
}  // namespace stoplog::test
