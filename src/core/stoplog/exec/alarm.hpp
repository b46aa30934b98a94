// One thread that says when a moment of the wall clock has come.
//
// Thread-safe. Requires: `stop` is called before the process goes down, from no task.
#pragma once

#include "stoplog/base/clock.hpp"

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

namespace stoplog {

class Alarm {
public:
    using Task = std::function<void()>;

    Alarm() = default;
    Alarm(const Alarm&) = delete;
    Alarm& operator=(const Alarm&) = delete;
    ~Alarm() { stop(); }

    /// Runs `task` on the alarm's thread when the clock reads `at`, or soon after. After `stop`
    /// nothing is run. Throws std::system_error where there can be no thread.
    void set(WallTime at, Task task);
    /// The clock was set: some moments may have come.
    void look();
    /// Waits for the task that runs, and gives back those that will not.
    std::vector<Task> stop();

private:
    void run();

    std::mutex mutex_;
    std::condition_variable changed_;
    std::multimap<WallTime, Task> tasks_;
    bool is_stopped_ = false;
    std::thread thread_;
};

}  // namespace stoplog
