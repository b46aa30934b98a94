// Threads of their own, one for each thing that runs: started when there is something to do, joined
// when the next one starts or at the end.
//
// Thread-safe. Requires: `join_all` is called before the process goes down, from no such thread.
#pragma once

#include "stoplog/base/mutex.hpp"

#include <functional>
#include <list>
#include <memory>
#include <thread>

namespace stoplog {

class Background {
public:
    Background();
    Background(const Background&) = delete;
    Background& operator=(const Background&) = delete;
    ~Background();

    /// Runs `task` on a new thread. Throws std::system_error where there can be none.
    void submit(std::function<void()> task) STOPLOG_EXCLUDES(mutex_);
    /// Waits for all tasks.
    void join_all() STOPLOG_EXCLUDES(mutex_);

private:
    struct Worker;
    void join_finished(bool is_everybody) STOPLOG_EXCLUDES(mutex_);

    Mutex mutex_;
    std::list<std::shared_ptr<Worker>> workers_ STOPLOG_GUARDED_BY(mutex_);
};

}  // namespace stoplog
