// Waits on the wall clock itself, so that a clock which is set, or a machine that slept, is
// noticed.
#include "stoplog/exec/alarm.hpp"

#include <chrono>
#include <utility>

namespace stoplog {

void Alarm::set(WallTime at, Task task) {
    const std::lock_guard lock(mutex_);
    if (is_stopped_) {
        return;
    }
    if (!thread_.joinable()) {
        thread_ = std::thread([this] { run(); });
    }
    tasks_.emplace(at, std::move(task));
    changed_.notify_one();
}

void Alarm::look() {
    const std::lock_guard lock(mutex_);
    changed_.notify_one();
}

std::vector<Alarm::Task> Alarm::stop() {
    std::vector<Task> left;
    {
        const std::lock_guard lock(mutex_);
        is_stopped_ = true;
        for (auto& [at, task] : tasks_) {
            left.push_back(std::move(task));
        }
        tasks_.clear();
        changed_.notify_one();
    }
    if (thread_.joinable()) {
        thread_.join();
    }
    return left;
}

void Alarm::run() {
    std::unique_lock lock(mutex_);
    while (!is_stopped_) {
        if (tasks_.empty()) {
            changed_.wait(lock);
            continue;
        }
        const WallTime next = tasks_.begin()->first;
        if (now_wall() >= next) {
            Task task = std::move(tasks_.begin()->second);
            tasks_.erase(tasks_.begin());
            lock.unlock();
            task();
            task = nullptr;  // what it holds goes without the lock
            lock.lock();
        } else if (is_clock_manual()) {
            changed_.wait(lock);
        } else {
            const std::chrono::nanoseconds since_1970(next);
            changed_.wait_until(
                lock,
                std::chrono::system_clock::time_point(
                    std::chrono::duration_cast<std::chrono::system_clock::duration>(since_1970)));
        }
    }
}

}  // namespace stoplog
