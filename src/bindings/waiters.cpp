// A waiter's lock is taken when it lies down; who wakes it gives the lock back.
#include "bindings/waiters.hpp"

#include "bindings/gil.hpp"
#include "bindings/pybind.hpp"

#include <algorithm>
#include <new>

namespace stoplog::python {
namespace {

PY_TIMEOUT_T microseconds_until(std::chrono::steady_clock::time_point deadline) {
    const auto left = std::chrono::duration_cast<std::chrono::microseconds>(
        deadline - std::chrono::steady_clock::now());
    return std::max(left, std::chrono::microseconds(0)).count();
}

}  // namespace

void Waiters::wake() {
    for (Waiter* const waiter : waiters_) {
        if (!waiter->is_woken) {
            waiter->is_woken = true;
            PyThread_release_lock(waiter->lock);
        }
    }
}

bool Waiters::wait(const Deadline& deadline) {
    Waiter waiter{PyThread_allocate_lock(), false};
    if (waiter.lock == nullptr) {
        throw std::bad_alloc();
    }
    PyThread_acquire_lock(waiter.lock, WAIT_LOCK);
    waiters_.push_back(&waiter);
    const PY_TIMEOUT_T limit = deadline ? microseconds_until(*deadline) : -1;
    PyLockStatus status = PY_LOCK_FAILURE;
    {
        const WithoutGil others;
        status = PyThread_acquire_lock_timed(waiter.lock, limit, 1);
    }
    std::erase(waiters_, &waiter);
    if (status == PY_LOCK_ACQUIRED || !waiter.is_woken) {
        PyThread_release_lock(waiter.lock);
    }
    PyThread_free_lock(waiter.lock);
    if (status == PY_LOCK_INTR && PyErr_CheckSignals() < 0) {
        throw py::error_already_set();
    }
    return status != PY_LOCK_FAILURE;
}

}  // namespace stoplog::python
