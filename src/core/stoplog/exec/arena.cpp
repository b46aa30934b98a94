// Where a task changes hands, said to the thread sanitizer: see tbb.cpp.
#include "stoplog/exec/arena.hpp"

#include "stoplog/base/error.hpp"
#include "stoplog/exec/tbb.hpp"

#include <memory>
#include <string>
#include <utility>

#if defined(__SANITIZE_THREAD__)
#  define STOPLOG_TSAN 1
#elif defined(__has_feature)
#  if __has_feature(thread_sanitizer)
#    define STOPLOG_TSAN 1
#  endif
#endif

#ifdef STOPLOG_TSAN
extern "C" {
// NOLINTNEXTLINE(bugprone-reserved-identifier): the sanitizer's names
void __tsan_acquire(void* address);
// NOLINTNEXTLINE(bugprone-reserved-identifier)
void __tsan_release(void* address);
}
#endif

namespace stoplog {
namespace {

using Run = std::function<void()>;

void hand_over([[maybe_unused]] void* task) {
#ifdef STOPLOG_TSAN
    __tsan_release(task);
#endif
}

void take_over([[maybe_unused]] void* task) {
#ifdef STOPLOG_TSAN
    __tsan_acquire(task);
#endif
}

void run_here(void* task) {
    take_over(task);
    const std::unique_ptr<Run> run(static_cast<Run*>(task));
    (*run)();
}

}  // namespace

Arena::Arena(std::uint32_t workers) : workers_(workers) {
    if (!tbb::add_workers(workers)) {
        throw ConfigurationError(
            join("all executors of a process together may have ", std::to_string(tbb::kMostWorkers),
                 " workers: ", std::to_string(workers), " more would be too many"));
    }
}
Arena::~Arena() { tbb::remove_workers(workers_); }

void Arena::start(std::function<void()> run) {
    auto task = std::make_unique<Run>(std::move(run));
    hand_over(task.get());
    tbb::enqueue(run_here, task.get());
    // NOLINTNEXTLINE(bugprone-unused-return-value): it is run_here's now
    task.release();
}

void Arena::join_workers() noexcept { tbb::join_workers(); }

}  // namespace stoplog
