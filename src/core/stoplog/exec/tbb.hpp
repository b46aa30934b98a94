// The workers of oneTBB, as plain pointers: what carries no type needs no sanitizer's
// understanding.
#pragma once

#include <cstdint>

namespace stoplog::tbb {

/// An arena of at most `workers` threads at once, beside those of all other arenas.
[[nodiscard]] void* open_arena(std::uint32_t workers);
/// Requires: nothing that was enqueued is still to come.
void close_arena(void* arena) noexcept;
/// Calls `run(task)` on one of its workers.
void enqueue(void* arena, void (*run)(void*), void* task);
/// Joins the workers of the process. Requires: nothing runs. No arena may be used after it.
void join_workers() noexcept;

}  // namespace stoplog::tbb
