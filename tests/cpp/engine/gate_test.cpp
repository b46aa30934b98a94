// The gate by itself: who is inside is seen, a cut waits for nobody else, and nobody starves.
//
// Runs twice, with the barrier that the closer pays for and (STOPLOG_GATE=fences) with fences.
#include "stoplog/engine/gate.hpp"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <future>
#include <set>
#include <thread>
#include <vector>

#include "engine/processor.hpp"

namespace stoplog::test {
namespace {

using namespace std::chrono_literals;
constexpr auto kLong = 20s;

void wait_for(const std::atomic<bool>& flag) { flag.wait(false); }
void raise(std::atomic<bool>& flag) {
    flag.store(true);
    flag.notify_all();
}

// What one pass changes: two numbers that are equal between passes, far apart in time. The lines
// that the closer takes away make the runner's stores late, as a weak machine would.
class Passing {
public:
    void pass_once() {
        const std::uint64_t pass = passes_.number.load(std::memory_order_relaxed) + 1;
        for (Line& line : lines_) {
            line.number.store(pass, std::memory_order_relaxed);
        }
        gate.enter();
        first_.number.store(pass, std::memory_order_relaxed);
        for (unsigned i = 0; i < 50; ++i) {
            between_.number.store(i, std::memory_order_relaxed);
        }
        second_.number.store(pass, std::memory_order_relaxed);
        gate.leave();
        passes_.number.store(pass, std::memory_order_relaxed);
    }
    /// Until one has come to its end since, or nobody seems to pass.
    void await_pass() const {
        const std::uint64_t seen = passes_.number.load(std::memory_order_relaxed);
        for (unsigned tries = 0; tries < 10'000; ++tries) {
            if (passes_.number.load(std::memory_order_relaxed) != seen) {
                return;
            }
        }
    }
    /// Looks twice, with the gate closed.
    [[nodiscard]] bool is_whole() {
        const GateClosure closure(&gate);
        const std::uint64_t first = first_.number.load(std::memory_order_relaxed);
        const std::uint64_t second = second_.number.load(std::memory_order_relaxed);
        for (Line& line : lines_) {
            line.number.fetch_add(1, std::memory_order_relaxed);
        }
        return first == second && first == first_.number.load(std::memory_order_relaxed) &&
               second == second_.number.load(std::memory_order_relaxed);
    }

    Gate gate;

private:
    struct alignas(64) Line {
        std::atomic<std::uint64_t> number{0};
    };
    Line passes_;
    std::array<Line, 48> lines_;
    Line first_;
    Line between_;
    Line second_;
};

// Each time at another moment of a pass; after a whole one, so that nobody waits for the runner and
// gives its processor away.
std::uint64_t count_broken(Passing& passing, std::chrono::milliseconds time) {
    std::uint64_t broken = 0;
    std::thread([&] {
        stay_on(false);
        const auto end = std::chrono::steady_clock::now() + time;
        for (unsigned n = 0; broken == 0 && std::chrono::steady_clock::now() < end; ++n) {
            passing.await_pass();
            for (std::atomic<unsigned> left = n * 37 % 512; left > 0; --left) {
            }
            broken += passing.is_whole() ? 0 : 1;
        }
    }).join();
    return broken;
}

/// Passes again and again until it is told to stop.
class PassingThread {
public:
    explicit PassingThread(Passing& passing, bool has_passage = true)
        : thread_([this, &passing, has_passage] {
              stay_on(true);
              if (has_passage) take_passage();
              while (!is_over_) {
                  passing.pass_once();
                  ++passes;
              }
          }) {}
    PassingThread(const PassingThread&) = delete;
    PassingThread& operator=(const PassingThread&) = delete;
    ~PassingThread() {
        is_over_ = true;
        thread_.join();
    }

    std::atomic<std::uint64_t> passes{0};

private:
    std::atomic<bool> is_over_{false};
    std::thread thread_;
};

TEST(Gate, ClosedSeesNobodyInside) {
    Passing passing;
    const PassingThread runner(passing);

    EXPECT_EQ(count_broken(passing, 500ms), 0U) << "a store was overtaken: no barrier";
    EXPECT_GT(runner.passes, 0U);
}

TEST(Gate, ClosedSeesNobodyInsideTheDoor) {
    Passing passing;
    const PassingThread stranger(passing, false);

    EXPECT_EQ(count_broken(passing, 1000ms), 0U);
    EXPECT_GT(stranger.passes, 0U);
}

// Says when this thread cannot go on before another one does.
class TellsWhenBlocked final : public Interleaver {
public:
    explicit TellsWhenBlocked(std::atomic<bool>& is_told) : is_told_(is_told) {
        interleaver = this;
    }
    TellsWhenBlocked(const TellsWhenBlocked&) = delete;
    TellsWhenBlocked& operator=(const TellsWhenBlocked&) = delete;
    ~TellsWhenBlocked() override { interleaver = nullptr; }

    void reached(Point point) override {
        if (point == Point::Blocked) {
            raise(is_told_);
            std::this_thread::yield();
        }
    }

private:
    std::atomic<bool>& is_told_;
};

TEST(Gate, CloseWaitsForWhoIsInside) {
    Gate gate;
    std::atomic<bool> is_inside = false;
    std::atomic<bool> is_told = false;  // the closer waits, or has closed it
    std::atomic<bool> is_closed = false;
    bool was_closed_meanwhile = true;
    std::thread runner([&] {
        take_passage();
        gate.enter();
        raise(is_inside);
        wait_for(is_told);
        was_closed_meanwhile = is_closed;
        gate.leave();
    });
    wait_for(is_inside);

    {
        const TellsWhenBlocked closer(is_told);
        gate.close();
        is_closed = true;
        raise(is_told);
        gate.open();
    }
    runner.join();

    EXPECT_FALSE(was_closed_meanwhile);
}

TEST(Gate, WhoEntersWaitsUntilItIsOpen) {
    Gate gate;
    std::atomic<int> inside = 0;
    const auto pass = [&](std::atomic<bool>& is_told) {
        const TellsWhenBlocked waits(is_told);
        gate.enter();
        ++inside;
        raise(is_told);
        gate.leave();
    };
    std::array<std::atomic<bool>, 2> are_told{};  // each waits, or is inside
    gate.close();
    std::thread runner([&] {
        take_passage();
        pass(are_told[0]);
    });
    std::thread stranger([&] { pass(are_told[1]); });

    for (const std::atomic<bool>& is_told : are_told) wait_for(is_told);
    const int seen = inside;
    gate.open();
    runner.join();
    stranger.join();

    EXPECT_EQ(seen, 0);
    EXPECT_EQ(inside, 2);
}

TEST(Gate, ClosedGateStopsNobodyElsewhere) {
    Passing cut;
    Passing other;
    const PassingThread runner(other);
    const PassingThread stranger(other, false);

    const GateClosure closure(&cut.gate);
    const std::uint64_t before = runner.passes + stranger.passes;
    const auto end = std::chrono::steady_clock::now() + kLong;
    while ((runner.passes + stranger.passes < before + 1000 || stranger.passes == 0) &&
           std::chrono::steady_clock::now() < end) {
        std::this_thread::yield();
    }

    EXPECT_GE(runner.passes + stranger.passes, before + 1000);
}

TEST(Gate, CloseWaitsForNobodyInsideOfAnother) {
    Gate occupied;
    Gate gate;
    std::atomic<bool> is_inside = false;
    std::atomic<bool> is_over = false;
    std::thread runner([&] {
        take_passage();
        occupied.enter();
        raise(is_inside);
        wait_for(is_over);
        occupied.leave();
    });
    wait_for(is_inside);

    gate.close();
    gate.open();
    raise(is_over);
    runner.join();
}

TEST(Gate, CutsBackToBackStarveNoRunner) {
    constexpr std::uint64_t kPasses = 500;
    Passing passing;
    const PassingThread runner(passing);
    while (runner.passes == 0) std::this_thread::yield();
    const std::uint64_t wanted = runner.passes + kPasses;
    std::uint64_t cuts = 0;

    std::thread([&] {
        stay_on(false);
        while (runner.passes < wanted && cuts < 20 * kPasses) {
            const GateClosure closure(&passing.gate);  // closed nearly all the time
            const auto until = std::chrono::steady_clock::now() + 20us;
            while (std::chrono::steady_clock::now() < until) {
            }
            ++cuts;
        }
    }).join();

    EXPECT_GE(runner.passes, wanted) << "who waited at one cut passes before one of the next";
}

TEST(Gate, ClosersTakeTurns) {
    Passing passing;
    const PassingThread runner(passing);
    std::vector<std::thread> closers;
    std::atomic<int> closed = 0;
    std::atomic<int> overlaps = 0;
    for (int i = 0; i < 3; ++i) {
        closers.emplace_back([&] {
            for (int n = 0; n < 100; ++n) {
                const GateClosure closure(&passing.gate);
                overlaps += closed.fetch_add(1);
                --closed;
            }
        });
    }

    for (std::thread& closer : closers) closer.join();

    EXPECT_EQ(overlaps, 0);
}

TEST(Gate, PassageIsGivenBackWhenItsThreadEnds) {
    std::set<const Passage*> used;
    for (int i = 0; i < 100; ++i) {
        std::thread([&used] {
            for (int again = 0; again < 2; ++again) {
                take_passage();
                const Passage* const mine = own_passage;
                used.insert(mine);
            }
        }).join();
    }

    EXPECT_EQ(used.size(), 1U);
}

TEST(Gate, PassagesOfLivingThreadsDiffer) {
    const Passage* theirs = nullptr;
    const Passage* mine = nullptr;
    std::thread([&] {
        take_passage();
        mine = own_passage;
        std::thread([&] {
            take_passage();
            theirs = own_passage;
        }).join();
    }).join();

    EXPECT_NE(mine, theirs);
}

TEST(Gate, HasAPassageForEveryThreadWhileItIsCut) {
    Passing passing;
    std::atomic<bool> is_over = false;
    std::thread comers([&] {
        while (!is_over) {
            std::vector<std::thread> some;
            for (int i = 0; i < 8; ++i) {
                some.emplace_back([&] {
                    take_passage();
                    passing.gate.enter();
                    passing.gate.leave();
                });
            }
            for (std::thread& one : some) one.join();
        }
    });

    EXPECT_EQ(count_broken(passing, 300ms), 0U);
    is_over = true;
    comers.join();
}

}  // namespace
}  // namespace stoplog::test
