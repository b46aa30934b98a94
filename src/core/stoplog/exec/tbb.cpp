// The only file that includes oneTBB.
//
// It is compiled without the thread sanitizer, which does not understand an uninstrumented library:
// arena.cpp, which it does see, tells it where a task changes hands.
#include "stoplog/exec/tbb.hpp"

#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/info.h>
#include <oneapi/tbb/task_arena.h>

#include <algorithm>
#include <memory>
#include <mutex>
#include <system_error>

namespace stoplog::tbb {
namespace {

namespace one = oneapi::tbb;
using Allowed = one::global_control;

std::unique_ptr<Allowed> allow(std::size_t threads) {
    return std::make_unique<Allowed>(Allowed::max_allowed_parallelism, threads);
}

// A runner may sleep in a handler, so there are as many threads as runners, whatever the number of
// cores, and no more: oneTBB wakes all that are allowed where one is asked for. One arena serves
// all executors: a thread that sleeps in one arena, where no more is to be done, would be missing
// in every other. Never destroyed: workers may outlive the static objects of the process.
class Workers {
public:
    Workers() {
        arena_.initialize();  // while as many are allowed: oneTBB warns of fewer
        run_more(0);
    }
    bool add(std::int64_t more) {
        const std::lock_guard lock(mutex_);
        if (added_ + more > kMostWorkers) {
            return false;
        }
        added_ += more;
        return true;
    }
    void enqueue(void (*run)(void*), void* task) {
        const std::lock_guard lock(mutex_);
        if (are_joined_) {
            throw std::system_error(std::make_error_code(std::errc::resource_unavailable_try_again),
                                    "the threads of this process are at their end");
        }
        run_more(1);
        arena_.enqueue([this, run, task] {
            run(task);
            const std::lock_guard end(mutex_);
            run_more(-1);
        });
    }
    void join() noexcept {
        {
            const std::lock_guard lock(mutex_);
            are_joined_ = true;
        }
        arena_.terminate();
        one::finalize(handle_, std::nothrow);
    }

private:
    void run_more(std::int64_t more) {
        running_ += more;
        const auto threads = static_cast<std::size_t>(
            std::max<std::int64_t>(running_ + 1, one::info::default_concurrency()));
        if (threads != allowed_count_) {
            allowed_count_ = threads;
            auto allowed = allow(threads);
            allowed_.swap(allowed);
        }
    }

    std::mutex mutex_;
    std::int64_t added_ = 0;
    std::int64_t running_ = 0;
    bool are_joined_ = false;
    std::size_t allowed_count_ = kMostWorkers + 1;  // at its making, of all time
    std::unique_ptr<Allowed> allowed_ = allow(allowed_count_);
    one::task_scheduler_handle handle_{one::attach{}};
    one::task_arena arena_{static_cast<int>(kMostWorkers), 0U};
};

// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables): made on first use
Workers* made = nullptr;

Workers& all_workers() {
    // NOLINTNEXTLINE(cppcoreguidelines-owning-memory): never destroyed, see above
    static Workers* const once = made = new Workers;
    return *once;
}

}  // namespace

bool add_workers(std::uint32_t count) { return all_workers().add(count); }

void remove_workers(std::uint32_t count) noexcept {
    all_workers().add(-static_cast<std::int64_t>(count));
}

void enqueue(void (*run)(void*), void* task) { all_workers().enqueue(run, task); }

void join_workers() noexcept {
    if (made != nullptr) {
        made->join();
    }
}

}  // namespace stoplog::tbb
