// The alarm: not before the moment, soon after it, in order, and over when it is stopped.
#include "stoplog/exec/alarm.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <mutex>
#include <vector>

namespace stoplog::test {
namespace {

constexpr WallTime kStart = 1'000'000'000;

/// Stops the clock for as long as it lives.
class StoppedClock {
public:
    StoppedClock() { set_clock(kStart); }
    StoppedClock(const StoppedClock&) = delete;
    StoppedClock& operator=(const StoppedClock&) = delete;
    ~StoppedClock() { set_clock(0); }
};

TEST(AlarmTest, ComesWhenTheClockSaysSo) {
    const StoppedClock clock;
    Alarm alarm;
    std::promise<void> first;
    std::promise<void> second;
    std::mutex mutex;
    std::vector<int> order;
    const auto note = [&](int which, std::promise<void>& rung) {
        return [&, which] {
            {
                const std::lock_guard lock(mutex);
                order.push_back(which);
            }
            rung.set_value();
        };
    };
    alarm.set(kStart + 20, note(2, second));
    alarm.set(kStart + 10, note(1, first));

    set_clock(kStart + 10);
    alarm.look();
    first.get_future().wait();
    {
        const std::lock_guard lock(mutex);
        EXPECT_EQ(order, std::vector<int>{1});
    }
    set_clock(kStart + 20);
    alarm.look();
    second.get_future().wait();

    EXPECT_EQ(order, (std::vector<int>{1, 2}));
}

TEST(AlarmTest, ComesByTheSystemsClock) {
    Alarm alarm;
    std::promise<WallTime> rung;
    const WallTime at = now_wall() + 1'000'000;

    alarm.set(at, [&] { rung.set_value(now_wall()); });

    EXPECT_GE(rung.get_future().get(), at);
}

TEST(AlarmTest, MomentThatHasPassedComesAtOnce) {
    const StoppedClock clock;
    Alarm alarm;
    std::promise<void> rung;

    alarm.set(kStart - 1, [&] { rung.set_value(); });

    rung.get_future().wait();
}

TEST(AlarmTest, StopGivesBackWhatDidNotCome) {
    const StoppedClock clock;
    Alarm alarm;
    bool was_run = false;
    alarm.set(kStart + 1, [&] { was_run = true; });

    EXPECT_EQ(alarm.stop().size(), 1U);
    alarm.set(kStart - 1, [&] { was_run = true; });
    set_clock(kStart + 2);
    alarm.look();

    EXPECT_TRUE(alarm.stop().empty());
    EXPECT_FALSE(was_run);
}

TEST(AlarmTest, TaskMaySetTheNextOne) {
    const StoppedClock clock;
    Alarm alarm;
    std::promise<void> rung;
    alarm.set(kStart, [&] { alarm.set(kStart, [&] { rung.set_value(); }); });

    rung.get_future().wait();
}

}  // namespace
}  // namespace stoplog::test
