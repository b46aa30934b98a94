// Where a job stands, and how a delivery ended.
#pragma once

#include <cstdint>
#include <string_view>

namespace stoplog {

enum class JobStatus : std::uint8_t {
    Pending = 0,    // started, nothing handed out yet
    Running = 1,    // something is ready or in call
    Paused = 2,     // nothing is handed out
    Waiting = 3,    // only expected deliveries are left
    Idle = 4,       // open and empty
    Completed = 5,  // nothing left
    Failed = 6,     // a policy said stop, or a deadlock was found; the queue is kept
    Cancelled = 7,  // the queue was settled as cancelled
};

enum class Outcome : std::uint8_t {
    Finished = 0,
    Failed = 1,
    Skipped = 2,
    Cancelled = 3,
    Dropped = 4,  // its slot was full
};

inline constexpr std::uint8_t kStatusCount = 8;
inline constexpr std::uint8_t kOutcomeCount = 5;

/// Completed, failed or cancelled.
[[nodiscard]] constexpr bool has_ended(JobStatus status) { return status >= JobStatus::Completed; }

[[nodiscard]] constexpr std::string_view name_of(JobStatus status) {
    constexpr std::string_view kNames[] = {"PENDING", "RUNNING",   "PAUSED", "WAITING",
                                           "IDLE",    "COMPLETED", "FAILED", "CANCELLED"};
    return kNames[static_cast<std::uint8_t>(status)];
}

[[nodiscard]] constexpr std::string_view name_of(Outcome outcome) {
    constexpr std::string_view kNames[] = {"finished", "failed", "skipped", "cancelled", "dropped"};
    return kNames[static_cast<std::uint8_t>(outcome)];
}

}  // namespace stoplog
