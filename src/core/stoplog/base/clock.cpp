// Calibration: two readings of both clocks, one at start and one when somebody asks.
#include "stoplog/base/clock.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>

#if defined(__x86_64__)
#  include <cpuid.h>
#endif

namespace stoplog {
namespace {

bool has_invariant_counter() {
#if defined(__x86_64__)
    constexpr unsigned kPowerLeaf = 0x80000007U;
    constexpr unsigned kInvariantBit = 1U << 8U;
    unsigned a = 0;
    unsigned b = 0;
    unsigned c = 0;
    unsigned d = 0;
    return __get_cpuid(kPowerLeaf, &a, &b, &c, &d) != 0 && (d & kInvariantBit) != 0;
#else
    return false;
#endif
}

std::int64_t wrapped_sum(std::int64_t a, std::int64_t b) {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}

std::int64_t wrapped_difference(std::int64_t a, std::int64_t b) {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
}

std::int64_t rounded(double value) {
    constexpr double kLargest = 9.2e18;
    return std::llround(std::clamp(value, -kLargest, kLargest));
}

struct Reading {
    Stamp stamp;
    std::int64_t steady;
};

Reading read_both() { return {now_stamp(), clock_detail::steady_nanoseconds()}; }

}  // namespace

namespace clock_detail {

const bool kHasInvariantCounter = has_invariant_counter();

Stamp steady_nanoseconds() {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

}  // namespace clock_detail

namespace {
const Reading kStart = read_both();
}  // namespace

// A state made by hand may hold any number: it wraps, as unsigned numbers do.
WallTime Timebase::wall(Stamp stamp) const {
    return wrapped_sum(origin_wall, nanoseconds(wrapped_difference(stamp, origin)));
}

std::int64_t Timebase::nanoseconds(std::int64_t ticks) const {
    return nanoseconds_per_tick == 1.0 ? ticks
                                       : rounded(static_cast<double>(ticks) * nanoseconds_per_tick);
}

Stamp Timebase::stamp(WallTime wall) const {
    return wrapped_sum(origin, ticks(wrapped_difference(wall, origin_wall)));
}

std::int64_t Timebase::ticks(std::int64_t nanoseconds) const {
    return nanoseconds_per_tick == 1.0
               ? nanoseconds
               : rounded(static_cast<double>(nanoseconds) / nanoseconds_per_tick);
}

namespace {
// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables): one clock for the process
std::atomic<WallTime> manual{0};
}  // namespace

void set_clock(WallTime at) { manual.store(at, std::memory_order_release); }

bool is_clock_manual() { return manual.load(std::memory_order_acquire) != 0; }

WallTime now_wall() {
    if (const WallTime set = manual.load(std::memory_order_acquire); set != 0) {
        return set;
    }
    return std::chrono::duration_cast<std::chrono::nanoseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

Timebase current_timebase() {
    const Reading now = read_both();
    Timebase base;
    base.origin = now.stamp;
    base.origin_wall = now_wall();
    if (clock_detail::kHasInvariantCounter && now.stamp > kStart.stamp) {
        base.nanoseconds_per_tick = static_cast<double>(now.steady - kStart.steady) /
                                    static_cast<double>(now.stamp - kStart.stamp);
    }
    return base;
}

}  // namespace stoplog
