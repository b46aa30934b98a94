// What stamps promise: they only grow, and a timebase turns them into wall time and back.
#include "stoplog/base/clock.hpp"

#include <gtest/gtest.h>

#include <cstdint>

namespace stoplog::test {
namespace {

constexpr std::int64_t kMillisecond = 1'000'000;

TEST(Clock, StampsNeverGoBack) {
    const Stamp first = now_stamp();

    const Stamp second = now_stamp();

    EXPECT_GE(second, first);
}

TEST(Clock, StampOfNowIsTheWallTimeOfNow) {
    const Timebase base = current_timebase();

    const WallTime wall = base.wall(now_stamp());

    EXPECT_NEAR(static_cast<double>(wall), static_cast<double>(now_wall()),
                static_cast<double>(100 * kMillisecond));
}

TEST(Clock, TicksMeasureTime) {
    const std::int64_t steady = clock_detail::steady_nanoseconds();
    const Stamp began = now_stamp();
    while (clock_detail::steady_nanoseconds() < steady + 5 * kMillisecond) {
    }

    const std::int64_t passed = current_timebase().nanoseconds(now_stamp() - began);

    EXPECT_GE(passed, 4 * kMillisecond);
    EXPECT_LE(passed, 5000 * kMillisecond);
}

TEST(Timebase, TakesStampsAsNanosecondsByDefault) {
    const Timebase base;

    EXPECT_EQ(base.wall(12'345), 12'345);
    EXPECT_EQ(base.stamp(12'345), 12'345);
}

TEST(Timebase, CountsFromItsOrigin) {
    const Timebase base{100, 5000, 0.5};

    EXPECT_EQ(base.wall(300), 5100);
    EXPECT_EQ(base.wall(100), 5000);
    EXPECT_EQ(base.wall(0), 4950);
}

TEST(Timebase, StampUndoesWall) {
    const Timebase base{1'000'000'000, 1'700'000'000'000'000'000, 0.37};

    const Stamp back = base.stamp(base.wall(1'000'012'345));

    EXPECT_NEAR(static_cast<double>(back - base.origin), 12'345.0, 2.0);
}

TEST(Timebase, TicksUndoNanoseconds) {
    const Timebase base{0, 0, 0.5};

    EXPECT_EQ(base.ticks(base.nanoseconds(1000)), 1000);
}

}  // namespace
}  // namespace stoplog::test
