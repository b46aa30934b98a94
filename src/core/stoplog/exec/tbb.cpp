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

namespace stoplog::tbb {
namespace {

namespace one = oneapi::tbb;

struct Arena {
    explicit Arena(std::uint32_t size)
        : workers(size), arena(static_cast<int>(size), 0U, one::task_arena::priority::normal) {
        arena.initialize();
    }
    std::uint32_t workers;
    one::task_arena arena;
};

// A runner may sleep in a handler, so every arena gets the threads that it asks for, whatever the
// number of cores. Never destroyed: workers may outlive the static objects of the process.
class Workers {
public:
    void add(std::int64_t more) {
        const std::lock_guard lock(mutex_);
        wanted_ += more;
        const std::int64_t threads =
            std::max<std::int64_t>(wanted_ + 1, one::info::default_concurrency());
        auto allowed = std::make_unique<one::global_control>(
            one::global_control::max_allowed_parallelism, static_cast<std::size_t>(threads));
        allowed_.swap(allowed);
    }
    void join() noexcept { one::finalize(handle_, std::nothrow); }

private:
    std::mutex mutex_;
    std::int64_t wanted_ = 0;
    one::task_scheduler_handle handle_{one::attach{}};
    std::unique_ptr<one::global_control> allowed_;
};

// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables): made on first use
Workers* made = nullptr;

Workers& all_workers() {
    // NOLINTNEXTLINE(cppcoreguidelines-owning-memory): never destroyed, see above
    static Workers* const once = made = new Workers;
    return *once;
}

}  // namespace

void* open_arena(std::uint32_t workers) {
    all_workers().add(workers);
    return std::make_unique<Arena>(workers).release();
}

void close_arena(void* arena) noexcept {
    const std::unique_ptr<Arena> closed(static_cast<Arena*>(arena));
    closed->arena.terminate();
    all_workers().add(-static_cast<std::int64_t>(closed->workers));
}

void enqueue(void* arena, void (*run)(void*), void* task) {
    static_cast<Arena*>(arena)->arena.enqueue([run, task] { run(task); });
}

void join_workers() noexcept {
    if (made != nullptr) {
        made->join();
    }
}

}  // namespace stoplog::tbb
