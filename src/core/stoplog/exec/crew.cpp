// A runner's life: it arrives, takes task after task, and goes when nothing is ready.
#include "stoplog/exec/crew.hpp"

#include "stoplog/base/point.hpp"

#include <exception>
#include <system_error>
#include <utility>

namespace stoplog {

struct Crew::Runner {
    Crew* crew = nullptr;
    Task* next = nullptr;
    std::uint32_t in_a_row = 0;  // tasks that it handed to itself
    bool has_arrived = false;
    std::chrono::steady_clock::time_point until;
};

// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables): one per thread, by design
thread_local constinit Crew::Runner* Crew::current = nullptr;

Crew::Crew(std::unique_ptr<Threads> threads, std::uint32_t workers, RunnerHooks hooks)
    : threads_(std::move(threads)), workers_(workers), hooks_(hooks) {}

Crew::~Crew() { threads_.reset(); }

bool Crew::must_send_for_one() {
    if (is_one_coming_ || ready_.empty() || runners_ == workers_) {
        return false;
    }
    is_one_coming_ = true;
    ++runners_;
    ++alive_;
    return true;
}

// Where no thread can be had, whoever comes next tries again.
void Crew::send_for_one() {
    try {
        threads_->start([crew = shared_from_this()] { crew->run(); });
    } catch (...) {
        const MutexLock lock(mutex_);
        is_one_coming_ = false;
        --runners_;
        --alive_;
        idle_.notify_all();
        throw;
    }
}

void Crew::submit(Task& task) {
    bool must_send = false;
    {
        const MutexLock lock(mutex_);
        ready_.push_back(&task);
        must_send = must_send_for_one();
    }
    if (must_send) {
        try {
            send_for_one();
        } catch (const std::system_error&) {
            if (current == nullptr || current->crew != this) {
                throw;  // a runner of this crew would take it later itself
            }
        }
    }
}

void Crew::submit_next(Task& task) {
    constexpr std::uint32_t kLongestRow = 64;
    Runner* const runner = current;
    if (runner == nullptr || runner->crew != this || runner->next != nullptr ||
        runner->in_a_row == kLongestRow) {
        submit(task);
        return;
    }
    ++runner->in_a_row;
    runner->next = &task;
}

bool Crew::wait_idle(std::chrono::steady_clock::time_point deadline) {
    std::unique_lock lock(mutex_);
    while (alive_ != 0) {
        if (idle_.wait_until(lock, deadline) == std::cv_status::timeout) {
            return alive_ == 0;
        }
    }
    return true;
}

bool Crew::is_idle() const {
    const MutexLock lock(mutex_);
    return alive_ == 0;
}

bool Crew::is_here() const { return current != nullptr && current->crew == this; }

// The next task; null: this runner goes, and has been counted out.
Task* Crew::take(Runner& runner) {
    if (runner.next != nullptr) {
        return std::exchange(runner.next, nullptr);
    }
    reach(Point::Idle);
    runner.in_a_row = 0;
    Task* task = nullptr;
    bool must_send = false;
    {
        const MutexLock lock(mutex_);
        if (!std::exchange(runner.has_arrived, true)) {
            is_one_coming_ = false;
        }
        const bool is_late = is_one_coming_ && std::chrono::steady_clock::now() >= runner.until;
        if (ready_.empty() || is_late) {
            --runners_;
        } else {
            if (interleaver != nullptr) {
                std::swap(ready_.front(), ready_[interleaver->pick(ready_.size())]);
            }
            task = ready_.front();
            ready_.pop_front();
            must_send = must_send_for_one();
        }
    }
    if (must_send) {
        try {
            send_for_one();
            // NOLINTNEXTLINE(bugprone-empty-catch): this runner takes it later
        } catch (const std::system_error&) {
        }
    }
    return task;
}

// Half a commit cannot be taken back, and oneTBB would pass over what comes out of a task, and over
// all later tasks, in silence. What unwinds a thread in a dying process is no such exception.
void Crew::run_task(Task& task) {
    try {
        task.run(task);
    } catch (const std::exception&) {
        std::terminate();
    }
}

void Crew::run() {
    hooks_.arrive();
    Runner runner{.crew = this, .until = std::chrono::steady_clock::now() + hooks_.slice};
    Runner* const outer = std::exchange(current, &runner);
    while (Task* const task = take(runner)) {
        run_task(*task);
    }
    current = outer;
    hooks_.leave();
    const MutexLock lock(mutex_);
    --alive_;
    idle_.notify_all();
}

}  // namespace stoplog
