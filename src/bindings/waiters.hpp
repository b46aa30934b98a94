// Threads that sleep until something has changed: each on a lock of its own, that a signal can
// break.
//
// All of it under the GIL, which is given up meanwhile.
#pragma once

#include <Python.h>
#include <chrono>
#include <optional>
#include <vector>

namespace stoplog::python {

using Deadline = std::optional<std::chrono::steady_clock::time_point>;

class Waiters {
public:
    Waiters() = default;
    Waiters(const Waiters&) = delete;
    Waiters& operator=(const Waiters&) = delete;

    /// Sleeps until `wake`. False at the deadline; throws what a signal handler raised.
    bool wait(const Deadline& deadline);
    /// Everybody who sleeps.
    void wake();

private:
    struct Waiter {
        PyThread_type_lock lock;
        bool is_woken;
    };
    std::vector<Waiter*> waiters_;
};

}  // namespace stoplog::python
