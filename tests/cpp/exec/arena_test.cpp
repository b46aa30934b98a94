// Runners on oneTBB: the same promises, and as many threads as were asked for.
#include "stoplog/exec/arena.hpp"

#include "stoplog/base/error.hpp"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

#include "exec/crew_tasks.hpp"

namespace stoplog::test {
namespace {

std::shared_ptr<Crew> on_arena(std::uint32_t workers) {
    return std::make_shared<Crew>(std::make_unique<Arena>(workers), workers);
}

TEST(ArenaTest, LosesNoTask) {
    std::uint32_t most = 0;
    const auto crew = on_arena(3);

    expect_none_lost(*crew, 1000, most);

    EXPECT_LE(most, 3U);
}

TEST(ArenaTest, LosesNoTaskToItsOnlyRunner) {
    std::uint32_t most = 0;
    const auto crew = on_arena(1);

    expect_none_lost(*crew, 1000, most);

    EXPECT_EQ(most, 1U);
}

TEST(ArenaTest, ThirtyTwoMeetOnWhateverCores) { EXPECT_TRUE(all_meet(*on_arena(32), 32)); }

TEST(ArenaTest, EveryArenaHasItsOwnThreads) {
    const auto occupied = on_arena(8);
    const auto other = on_arena(8);
    bool have_met = false;
    Work nested([&] { have_met = all_meet(*other, 8); });

    occupied->submit(nested);

    EXPECT_TRUE(occupied->wait_idle(soon()));
    EXPECT_TRUE(have_met);
}

/// No other thread of this process runs, or is about to.
bool all_others_sleep() {
    const std::string mine = std::to_string(gettid());
    for (const auto& each : std::filesystem::directory_iterator("/proc/self/task")) {
        std::ifstream file(each.path() / "stat");
        std::string stat;
        std::getline(file, stat);
        const std::size_t state = stat.rfind(')') + 2;  // behind the name
        if (each.path().filename() != mine && state < stat.size() && stat[state] == 'R') {
            return false;
        }
    }
    return true;
}

// The rest of the threads has nothing to do, and goes to sleep: it must wake up for the other one.
TEST(ArenaTest, BusyRunnersTakeNoThreadsFromAnother) {
    constexpr std::uint32_t kBusy = 7;
    const auto busy = on_arena(kBusy + 1);
    std::atomic<std::uint32_t> came = 0;
    std::atomic<bool> may_go = false;
    std::vector<std::unique_ptr<Work>> tasks;
    for (std::uint32_t i = 0; i < kBusy; ++i) {
        tasks.push_back(std::make_unique<Work>([&] {
            ++came;
            may_go.wait(false);
        }));
        busy->submit(*tasks.back());
        while (came <= i || !all_others_sleep()) std::this_thread::yield();
    }

    EXPECT_TRUE(all_meet(*on_arena(2), 2));

    may_go = true;
    may_go.notify_all();
    EXPECT_TRUE(busy->wait_idle(soon()));
}

TEST(ArenaTest, ThereIsAnEndToThreads) {
    const auto half = on_arena(512);

    EXPECT_THROW(on_arena(513), ConfigurationError);
}

TEST(ArenaTest, RunsOnNoThreadThatSubmits) {
    const auto crew = on_arena(2);
    std::atomic<int> here = 0;
    const std::thread::id mine = std::this_thread::get_id();
    Work task([&] { here += std::this_thread::get_id() == mine ? 1 : 0; });

    for (int i = 0; i < 50; ++i) {
        crew->submit(task);
        ASSERT_TRUE(crew->wait_idle(soon()));
    }

    EXPECT_EQ(here, 0);
}

TEST(ArenaTest, TellsWhatWasWrittenBeforeATask) {
    const auto crew = on_arena(2);
    std::array<int, 100> written{};  // plain: the thread sanitizer looks at it
    Work task([&] {
        for (int& number : written) ++number;
    });

    for (int i = 1; i <= 20; ++i) {
        for (int& number : written) ++number;
        crew->submit(task);
        ASSERT_TRUE(crew->wait_idle(soon()));
        ASSERT_EQ(written.back(), 2 * i);
    }
}

TEST(ArenaTest, OpensAndClosesAgainAndAgain) {
    for (int i = 0; i < 100; ++i) {
        ASSERT_TRUE(all_meet(*on_arena(2), 2));
    }
}

TEST(ArenaTest, MayBeClosedByItsOwnRunner) {
    expect_dropped_by_its_own_runner(std::make_unique<Arena>(1));
}

}  // namespace
}  // namespace stoplog::test
