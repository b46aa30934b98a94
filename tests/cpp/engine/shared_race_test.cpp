// Two things at once, at the worst moment: by hooks at the points where threads meet where that can
// be arranged, else by many tries.
#include <thread>

#include "engine/processor.hpp"
#include "engine/shared_flow.hpp"

namespace stoplog::test {
namespace {

using namespace std::chrono_literals;

/// Runs `action` when this thread first comes to a point, from now on.
class Hook final : public Interleaver {
public:
    Hook(Point point, std::function<void()> action) : point_(point), action_(std::move(action)) {}
    void reached(Point point) override {
        if (point == point_ && action_) {
            interleaver = nullptr;
            std::exchange(action_, nullptr)();
        }
    }

private:
    Point point_;
    std::function<void()> action_;
};

template <class Ready>
bool wait_until(Ready&& ready) {
    const auto end = std::chrono::steady_clock::now() + 10s;
    while (!ready() && std::chrono::steady_clock::now() < end) std::this_thread::yield();
    return ready();
}

SharedHandler::Body finishing() {
    return [](Call&) { return Verdict::Done; };
}

// R4: who finds no room looks again before it parks, for room may have been made meanwhile.
TEST(SharedRace, RoomMadeJustBeforeParkingIsSeen) {
    SharedFlow flow;
    std::atomic<bool> may_end = false;
    Job* job = nullptr;
    std::unique_ptr<Hook> hook;
    flow.add("source", 1, [&](Call& call) {
        hook = std::make_unique<Hook>(Point::Parking, [&] {
            may_end = true;
            EXPECT_TRUE(wait_until([&] { return job->has_room(flow.slot("narrow")); }));
        });
        interleaver = hook.get();
        call.note(payload(0), 0);
        return Verdict::Done;
    });
    flow.add(
        "narrow", 0,
        [&](Call&) {
            EXPECT_TRUE(wait_until([&] { return may_end.load(); }));
            return Verdict::Done;
        },
        1);
    flow.connect("source.out0", "narrow.in");
    const auto shared = flow.job(crew_of({2}));
    job = shared.get();
    job->enter(flow.slot("narrow"), payload(0));
    job->launch();
    ASSERT_TRUE(wait_until([&] { return !job->running_handlers().empty(); }));

    job->send(flow.slot("source"), payload(0));

    ASSERT_TRUE(shared->wait());
    EXPECT_EQ(job->status(), JobStatus::Completed);
    EXPECT_EQ(job->cut()->history.size(), 3U);
}

// R9: a call that was cancelled takes no effect, and keeps what it looks at until it returns.
TEST(SharedRace, CancelLeavesARunningCallItsDelivery) {
    const std::int64_t before = live_payloads;
    SharedFlow flow;
    std::atomic<bool> is_cancelled = false;
    std::int64_t seen = -1;
    std::int64_t live = -1;
    flow.add("only", 1, [&](Call& call) {
        EXPECT_TRUE(wait_until([&] { return is_cancelled.load(); }));
        live = live_payloads - before;
        seen = hops_of(call);
        call.note(payload(1), 0);
        return Verdict::Done;
    });
    flow.connect("only.out0", "only.in");
    const auto job = flow.job(crew_of({2}), 0);
    for (int i = 0; i < 3; ++i) job->enter(flow.slot("only"), payload(7 + i));
    job->launch();
    ASSERT_TRUE(wait_until([&] { return !job->running_handlers().empty(); }));

    job->cancel("enough");
    is_cancelled = true;

    ASSERT_TRUE(job->wait());
    EXPECT_EQ(live, 3);
    EXPECT_EQ(seen, 7);
    EXPECT_EQ(live_payloads, before) << "what the cancel left to the runner is dropped by it";
    EXPECT_EQ(job->cut()->unsettled, 0U);
}

// R9: cancelled between handler and commit.
TEST(SharedRace, CancelJustBeforeACommitUndoesIt) {
    const std::int64_t before = live_payloads;
    SharedFlow flow;
    Job* job = nullptr;
    std::unique_ptr<Hook> hook;
    flow.add("only", 1, [&](Call& call) {
        hook = std::make_unique<Hook>(Point::Gate, [&] { job->cancel("enough"); });
        interleaver = hook.get();
        call.note(payload(1), 0);
        return Verdict::Done;
    });
    flow.connect("only.out0", "only.in");
    const auto shared = flow.job(crew_of({1}), 0);
    job = shared.get();
    for (int i = 0; i < 3; ++i) job->enter(flow.slot("only"), payload(7));

    job->launch();

    ASSERT_TRUE(shared->wait());
    EXPECT_EQ(job->status(), JobStatus::Cancelled);
    EXPECT_EQ(live_payloads, before);
    EXPECT_EQ(job->cut()->cells[0].emitted, 0U);
}

// R9: nothing that was queued outlives a cancel, whoever was about to run it.
TEST(SharedRace, CancelAtAnyMomentDropsEverything) {
    SharedFlow flow;
    for (int i = 0; i < 4; ++i) flow.add("r" + std::to_string(i), 1, passing(1), 2);
    for (int i = 0; i < 4; ++i) {
        flow.connect("r" + std::to_string(i) + ".out0", "r" + std::to_string((i + 1) % 4) + ".in");
    }
    const auto crew = crew_of({3});
    const std::int64_t before = live_payloads;
    for (int round = 0; round < 300; ++round) {
        const auto job = flow.job(crew, 0);
        for (int i = 0; i < 4; ++i) {
            job->enter(flow.slot("r" + std::to_string(i)), payload(1'000'000'000));
        }
        job->launch();
        for (std::atomic<int> left = round * 97 % 5000; left > 0; --left) {
        }
        job->cancel("enough");
        ASSERT_TRUE(job->wait());
        ASSERT_EQ(live_payloads, before) << "round " << round;
    }
}

// Pauses again and again. Returns how many handlers began while nothing ran.
std::uint64_t count_late(Job& job, const std::atomic<std::uint64_t>& begun) {
    std::uint64_t late = 0;
    std::thread([&] {
        stay_on(false);
        const auto end = std::chrono::steady_clock::now() + 1s;
        for (unsigned round = 0; late == 0 && std::chrono::steady_clock::now() < end; ++round) {
            const std::uint64_t before = begun;
            for (unsigned tries = 0; begun == before && tries < 10'000; ++tries) {
            }
            for (std::atomic<unsigned> left = round * 37 % 512; left > 0; --left) {
            }
            job.ask_pause();
            if (!job.is_running()) {
                const std::uint64_t seen = begun;
                for (std::atomic<unsigned> left = 200; left > 0; --left) {
                }
                late = begun - seen;
            }
            job.unpause();
            job.launch();
        }
    }).join();
    return late;
}

// R8: after a pause no handler begins.
TEST(SharedRace, NoHandlerBeginsAfterAPause) {
    SharedFlow flow;
    std::atomic<std::uint64_t> begun = 0;
    flow.add("only", 1, [&](Call& call) {
        static thread_local const bool is_placed = (stay_on(true), true);
        begun.fetch_add(is_placed ? 1 : 0, std::memory_order_relaxed);
        call.note(payload(0), 0);
        return Verdict::Done;
    });
    flow.connect("only.out0", "only.in");
    const auto job = flow.job(crew_of({1}), 0);
    job->enter(flow.slot("only"), payload(0));
    job->launch();
    const std::uint64_t late = count_late(*job, begun);
    EXPECT_EQ(late, 0U);
    job->cancel("enough");
    EXPECT_TRUE(job->wait());
}

// R1: a cut that is taken while runners commit sees each call wholly or not at all.
TEST(SharedRace, CutsSeeWholeCalls) {
    SharedFlow flow;
    for (int i = 0; i < 4; ++i) {
        flow.add("r" + std::to_string(i), 1, passing(1));
    }
    for (int i = 0; i < 4; ++i) {
        flow.connect("r" + std::to_string(i) + ".out0", "r" + std::to_string((i + 1) % 4) + ".in");
    }
    const auto job = flow.job(crew_of({2}), 0);
    for (int i = 0; i < 12; ++i) {
        job->enter(flow.slot("r" + std::to_string(i % 4)), payload(1'000'000'000));
    }
    job->launch();
    const auto end = std::chrono::steady_clock::now() + 500ms;
    for (int cut = 0; std::chrono::steady_clock::now() < end; ++cut) {
        const auto state = job->cut();
        std::size_t queued = 0;
        for (const CellState& cell : state->cells) queued += cell.mailbox.size();
        ASSERT_EQ(queued, 12U) << "cut " << cut;
        ASSERT_EQ(state->unsettled, 12U) << "cut " << cut;
    }
    job->cancel("enough");
    EXPECT_TRUE(job->wait());
}

// R3: two routines that emit to one at the same time.
TEST(SharedRace, ManySourcesOfOneSink) {
    constexpr int kSources = 6;
    constexpr std::int64_t kEach = 50'000;
    SharedFlow flow;
    std::atomic<std::int64_t> came = 0;
    flow.add(
        "sink", 0,
        [&](Call&) {
            ++came;
            return Verdict::Done;
        },
        1'000'000);
    for (int i = 0; i < kSources; ++i) {
        const std::string name = "s" + std::to_string(i);
        flow.add(name, 2, [](Call& call) {
            const std::int64_t left = hops_of(call);
            call.note(payload(0), 0);
            if (left > 1) call.note(payload(left - 1), 1);
            return Verdict::Done;
        });
        flow.connect(name + ".out0", "sink.in");
        flow.connect(name + ".out1", name + ".in");
    }
    const auto job = flow.job(crew_of({4}), 100);
    for (int i = 0; i < kSources; ++i) {
        job->enter(flow.slot("s" + std::to_string(i)), payload(kEach));
    }

    job->launch();

    ASSERT_TRUE(job->wait());
    EXPECT_EQ(job->status(), JobStatus::Completed);
    EXPECT_EQ(came, kSources * kEach);
}

// R1: a job is complete when everything is settled, and not before.
TEST(SharedRace, ShortJobsEndWhenAllIsSettled) {
    SharedFlow flow;
    std::atomic<int> came = 0;
    flow.add("left", 0, [&](Call&) {
        ++came;
        return Verdict::Done;
    });
    flow.add("right", 0, [&](Call&) {
        ++came;
        return Verdict::Done;
    });
    flow.add("fork", 2, [](Call& call) {
        call.note(payload(0), 0);
        call.note(payload(0), 1);
        return Verdict::Done;
    });
    flow.connect("fork.out0", "left.in");
    flow.connect("fork.out1", "right.in");
    const auto crew = crew_of({4, true});
    const auto end = std::chrono::steady_clock::now() + 1s;
    for (int round = 0; std::chrono::steady_clock::now() < end; ++round) {
        came = 0;
        const auto job = flow.job(crew, 0);
        for (int i = 0; i < 3; ++i) job->enter(flow.slot("fork"), payload(0));
        job->launch();
        ASSERT_TRUE(job->wait());
        ASSERT_EQ(job->status(), JobStatus::Completed);
        ASSERT_EQ(came, 6) << "round " << round;
    }
}

// R6: what is expected may be emitted to for the first time in this very moment.
TEST(SharedRace, ExpectingASlotThatIsJustUsedFirst) {
    SharedFlow flow;
    flow.add("expected", 0, finishing());
    const std::uint32_t slot = flow.slot("expected");
    flow.add("expecting", 0, [slot](Call& call) {
        call.note_expectation(slot);
        return Verdict::Done;
    });
    flow.add("emitting", 1, [](Call& call) {
        for (int i = 0; i < 20; ++i) call.note(payload(0), 0);
        return Verdict::Done;
    });
    flow.connect("emitting.out0", "expected.in");
    const auto crew = crew_of({3, true});
    for (int round = 0; round < 500; ++round) {
        const auto job = flow.job(crew, 0);
        job->enter(flow.slot("expecting"), payload(0));
        job->enter(flow.slot("emitting"), payload(0));
        job->launch();
        ASSERT_TRUE(wait_until([&] { return job->status() == JobStatus::Waiting; }));
        job->send(slot, payload(0));
        ASSERT_TRUE(wait_until([&] { return job->is_ended(); }));
        ASSERT_TRUE(job->wait());
        ASSERT_EQ(job->status(), JobStatus::Completed);
    }
}

// R5: who follows a chain of the parked may find one that is woken in this moment.
TEST(SharedRace, ChainOfTheParkedThatDissolves) {
    SharedFlow flow;
    constexpr int kLength = 5;
    for (int i = 0; i < kLength; ++i) {
        flow.add(
            "r" + std::to_string(i), 1,
            [](Call& call) {
                call.note(payload(0), 0);
                return Verdict::Done;
            },
            i == 0 ? 100'000 : 1);
        if (i > 0) {
            flow.connect("r" + std::to_string(i - 1) + ".out0", "r" + std::to_string(i) + ".in");
        }
    }
    const auto job = flow.job(crew_of({4}), 0);
    for (int i = 0; i < 20'000; ++i) job->enter(flow.slot("r0"), payload(0));

    job->launch();

    ASSERT_TRUE(job->wait());
    EXPECT_EQ(job->status(), JobStatus::Completed);
}

}  // namespace
}  // namespace stoplog::test
