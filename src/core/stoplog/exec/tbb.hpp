// The workers of oneTBB, as plain pointers: what carries no type needs no sanitizer's
// understanding.
#pragma once

#include <cstdint>

namespace stoplog::tbb {

/// So many may run at once in this process.
inline constexpr std::uint32_t kMostWorkers = 1024;

/// The process gets so many threads more. False: there would be too many.
[[nodiscard]] bool add_workers(std::uint32_t count);
/// Requires: they were added, and what they ran has ended.
void remove_workers(std::uint32_t count) noexcept;
/// Calls `run(task)` on one of its workers. Requires: fewer calls than workers have not ended.
/// Throws std::system_error after `join_workers`.
void enqueue(void (*run)(void*), void* task);
/// Joins the workers of the process, for good. Requires: nothing runs.
void join_workers() noexcept;

}  // namespace stoplog::tbb
