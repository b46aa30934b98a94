// A finished thread is joined by whoever comes next: none is left to itself.
#include "stoplog/exec/background.hpp"

#include <atomic>
#include <utility>

namespace stoplog {

struct Background::Worker {
    std::atomic<bool> is_finished{false};
    std::thread thread;
};

Background::Background() = default;
Background::~Background() { join_all(); }

void Background::submit(std::function<void()> task) {
    join_finished(false);
    const auto made = std::make_shared<Worker>();
    const MutexLock lock(mutex_);
    made->thread = std::thread([made, task = std::move(task)]() mutable {
        task();
        task = nullptr;
        made->is_finished.store(true, std::memory_order_release);
    });
    workers_.push_back(made);
}

void Background::join_all() { join_finished(true); }

void Background::join_finished(bool is_everybody) {
    std::list<std::shared_ptr<Worker>> finished;
    {
        const MutexLock lock(mutex_);
        for (auto worker = workers_.begin(); worker != workers_.end();) {
            const auto next = std::next(worker);
            if (is_everybody || (*worker)->is_finished.load(std::memory_order_acquire)) {
                finished.splice(finished.end(), workers_, worker);
            }
            worker = next;
        }
    }
    for (const std::shared_ptr<Worker>& worker : finished) {
        if (worker->thread.get_id() == std::this_thread::get_id()) {
            worker->thread.detach();  // the last one drops what owns its thread
        } else {
            worker->thread.join();
        }
    }
}

}  // namespace stoplog
