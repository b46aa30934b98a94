// Moments of the wall clock: when a job wakes up by itself, and how others wait for that.
//
// Requires: the GIL, for all of it.
#pragma once

#include "bindings/job_handle.hpp"

namespace stoplog::python {

/// Of the wall clock, as far as one can tell now; never, while that stands still.
[[nodiscard]] Deadline moment_of(WallTime at);
/// Whichever comes first.
[[nodiscard]] Deadline earlier(const Deadline& a, const Deadline& b);

/// The wall clock of the process, for tests: see `set_clock`. Whoever waits looks at it again.
void move_clock(WallTime at);

/// Before the interpreter goes: nobody wakes up any more.
void stop_alarm();
/// In a forked child: its thread stayed behind.
void forget_alarm();

}  // namespace stoplog::python
