// Time as the house reads it: a stamp that costs next to nothing, converted when somebody looks.
//
// A stamp is a count of ticks of the time-stamp counter where that is invariant, of nanoseconds
// elsewhere. It means nothing without the Timebase of its process.
#pragma once

#include <cstdint>

#if defined(__x86_64__) || defined(_M_X64)
#  include <x86intrin.h>
#endif

namespace stoplog {

/// Nanoseconds since 1970 in UTC.
using WallTime = std::int64_t;
using Stamp = std::int64_t;

/// Turns stamps into wall time. The default one takes stamps as nanoseconds since 1970 already.
struct Timebase {
    Stamp origin = 0;
    WallTime origin_wall = 0;
    double nanoseconds_per_tick = 1.0;

    [[nodiscard]] WallTime wall(Stamp stamp) const;
    [[nodiscard]] std::int64_t nanoseconds(std::int64_t ticks) const;
    [[nodiscard]] Stamp stamp(WallTime wall) const;
    [[nodiscard]] std::int64_t ticks(std::int64_t nanoseconds) const;
};

namespace clock_detail {
extern const bool kHasInvariantCounter;
[[nodiscard]] Stamp steady_nanoseconds();
}  // namespace clock_detail

[[nodiscard]] inline Stamp now_stamp() {
#if defined(__x86_64__) || defined(_M_X64)
    if (clock_detail::kHasInvariantCounter) [[likely]] {
        return static_cast<Stamp>(__rdtsc());
    }
#endif
    return clock_detail::steady_nanoseconds();
}

[[nodiscard]] WallTime now_wall();

/// For tests: from now on the wall clock reads this, and moves only by being set. 0: it is the
/// system's again.
void set_clock(WallTime at);
[[nodiscard]] bool is_clock_manual();

/// This process's timebase, measured from its start to this moment.
[[nodiscard]] Timebase current_timebase();

}  // namespace stoplog
