// Ready tasks, and the runners that take them: as many as are needed, at most so many at once.
//
// A runner comes when there is a task and goes when there is none. At most one is on its way at any
// time: it sends for the next one itself when it has arrived and more is ready. So where arriving
// means to wait for one lock (in Python: the GIL), one thread waits for it and no crowd.
// Thread-safe. Lives in a shared pointer: its runners keep it until they have gone.
#pragma once

#include "stoplog/base/mutex.hpp"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>

namespace stoplog {

/// Something that is ready to be run, once. It lives in what is run. Throws nothing.
struct Task {
    void (*run)(Task& task) = nullptr;
};

/// Where runners get their threads from.
class Threads {
public:
    Threads() = default;
    Threads(const Threads&) = delete;
    Threads& operator=(const Threads&) = delete;
    virtual ~Threads() = default;
    /// Calls `run` on some thread, soon. Throws std::system_error where there can be none.
    virtual void start(std::function<void()> run) = 0;
};

/// What surrounds the life of a runner.
struct RunnerHooks {
    void (*arrive)() = [] {};
    void (*leave)() = [] {};
    /// How long a runner stays while another one is on its way.
    std::chrono::microseconds slice = std::chrono::hours(1);
};

class Crew : public std::enable_shared_from_this<Crew> {
public:
    Crew(std::unique_ptr<Threads> threads, std::uint32_t workers, RunnerHooks hooks = {});
    Crew(const Crew&) = delete;
    Crew& operator=(const Crew&) = delete;
    ~Crew();

    [[nodiscard]] std::uint32_t workers() const { return workers_; }

    /// Behind all others that are ready.
    void submit(Task& task) STOPLOG_EXCLUDES(mutex_);
    /// What this runner does next, where it is one of this crew and has done so not too often.
    void submit_next(Task& task) STOPLOG_EXCLUDES(mutex_);
    /// Waits until every runner has gone; those that come for a later task are not waited for.
    /// False at the deadline.
    bool wait_idle(std::chrono::steady_clock::time_point deadline) STOPLOG_UNCHECKED;
    [[nodiscard]] bool is_idle() const STOPLOG_EXCLUDES(mutex_);
    /// The calling thread is one of its runners.
    [[nodiscard]] bool is_here() const;

private:
    struct Runner;
    void run() STOPLOG_EXCLUDES(mutex_);
    Task* take(Runner& runner) STOPLOG_EXCLUDES(mutex_);
    static void run_task(Task& task);
    [[nodiscard]] bool must_send_for_one() STOPLOG_REQUIRES(mutex_);
    void send_for_one() STOPLOG_EXCLUDES(mutex_);

    static thread_local constinit Runner* current;

    std::unique_ptr<Threads> threads_;
    std::uint32_t workers_;
    RunnerHooks hooks_;
    mutable Mutex mutex_;
    std::condition_variable_any idle_;
    std::deque<Task*> ready_ STOPLOG_GUARDED_BY(mutex_);
    std::uint32_t runners_ STOPLOG_GUARDED_BY(mutex_) = 0;  // on their way or taking tasks
    std::uint32_t alive_ STOPLOG_GUARDED_BY(mutex_) = 0;    // these, and those that are leaving
    bool is_one_coming_ STOPLOG_GUARDED_BY(mutex_) = false;
};

}  // namespace stoplog
