// Who runs a job, and how others wait: a waiter sleeps on a lock of its own that a signal can
// break.
#include "bindings/job_handle.hpp"

#include "stoplog/base/error.hpp"
#include "stoplog/exec/background.hpp"

#include "bindings/alarm_clock.hpp"
#include "bindings/executor_handle.hpp"
#include "bindings/face.hpp"
#include "bindings/gil.hpp"
#include "bindings/standing.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <system_error>
#include <unistd.h>

namespace stoplog::python {
namespace {

// How many deliveries between two looks at signals, at the clock, and at who else wants the GIL.
constexpr std::uint64_t kBatch = 4096;

Background* background = nullptr;  // made on first use; kept until the process ends
std::set<JobHandle*> active;       // that threads of `background` run
bool is_stopping = false;

std::chrono::microseconds left_until(std::chrono::steady_clock::time_point deadline) {
    const auto left = deadline - std::chrono::steady_clock::now();
    return std::max(std::chrono::duration_cast<std::chrono::microseconds>(left),
                    std::chrono::microseconds(0));
}

bool has_passed(const Deadline& deadline) {
    return deadline && std::chrono::steady_clock::now() >= *deadline;
}

}  // namespace

Deadline deadline_of(const std::optional<double>& seconds) {
    constexpr double kForever = 1e9;
    if (seconds && std::isnan(*seconds)) {
        throw ConfigurationError("timeout must be a number of seconds; found nan");
    }
    if (!seconds || *seconds > kForever) {
        return std::nullopt;
    }
    return std::chrono::steady_clock::now() +
           std::chrono::duration_cast<std::chrono::steady_clock::duration>(
               std::chrono::duration<double>(std::max(*seconds, 0.0)));
}

JobHandle::JobHandle(std::shared_ptr<const Plan> plan, JobOptions options, RunBy by)
    : Job(std::move(plan), std::move(options)),
      run_(by.run),
      executor_(std::move(by.executor)),
      process_(getpid()) {
    enlist();
}

JobHandle::JobHandle(std::shared_ptr<const Plan> plan, const JobState& state, JobOptions options,
                     RunBy by)
    : Job(std::move(plan), state, std::move(options)),
      run_(by.run),
      executor_(std::move(by.executor)),
      process_(getpid()) {
    enlist();
}

void JobHandle::enlist() {
    if (executor_) {
        executor_->enlist(*this);
    }
}

JobHandle::~JobHandle() {
    if (executor_) {
        executor_->strike(*this);
    }
}

Deadline JobHandle::own_deadline() const {
    return Job::deadline() == 0 || is_ended() ? std::nullopt : moment_of(Job::deadline());
}

void JobHandle::check_process() const {
    if (process_ != getpid()) {
        throw StateError(join("job ", id(), " belongs to process ", std::to_string(process_),
                              "; in a forked child save it there and resume it here"));
    }
}

void JobHandle::check_runnable() const {
    if (executor_) {
        executor_->check_open();
    }
    if (is_stopping && run_ != Run::Sequential) {
        throw StateError(join("job ", id(), ": the interpreter is shutting down"));
    }
}

void JobHandle::check_not_in_call(const std::string& what) const {
    if (is_in_call_of(*this)) {
        throw StateError(
            join("job ", id(), ": ", what, " in a handler of this very job would wait for itself"));
    }
}

void JobHandle::notify() {
    for (Waiter* const waiter : waiters_) {
        if (!waiter->is_woken) {
            waiter->is_woken = true;
            PyThread_release_lock(waiter->lock);
        }
    }
}

// False: the deadline has come. Throws what a signal handler raised.
bool JobHandle::wait_change(const Deadline& deadline) {
    const Standing standing(*this, deadline);
    Waiter waiter{PyThread_allocate_lock(), false};
    if (waiter.lock == nullptr) {
        throw std::bad_alloc();
    }
    PyThread_acquire_lock(waiter.lock, WAIT_LOCK);
    waiters_.push_back(&waiter);
    const PY_TIMEOUT_T limit = deadline ? left_until(*deadline).count() : -1;
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

// ---- running

void JobHandle::raise_interruption() {
    if (!interruption_) {
        return;
    }
    const Ref error = Ref::borrow(interruption());
    interruption_.reset();
    PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(error.get())), error.get());
    throw py::error_already_set();
}

// Requires: nobody else runs it. Leaves `is_active_` as it found it, also when it throws.
std::uint64_t JobHandle::drive(std::uint64_t limit, const Deadline& deadline) {
    std::uint64_t done = 0;
    while (done < limit && has_work() && !has_passed(deadline)) {
        done += run(deadline ? 1 : std::min(kBatch, limit - done));
        if (std::optional<Failure> stopped = take_interruption()) {
            interruption_ = std::move(stopped->exception);
        }
        if (run_ == Run::Sequential) {
            if (interruption_ || PyErr_CheckSignals() < 0) {
                break;
            }
        } else if (has_work()) {
            const WithoutGil others;
        }
    }
    return done;
}

void JobHandle::activate() {
    set_alarm();
    if (run_ == Run::Concurrent && has_work()) {
        check_runnable();
        launch();
    }
    if (run_ != Run::Background || is_active_ || !has_work()) {
        return;
    }
    check_runnable();
    if (background == nullptr) {
        background = new Background;
    }
    // The thread keeps the Python object, so that a handler meets the job that its user holds.
    auto kept = std::make_shared<Ref>(Ref::steal(job_object(*this)));
    try {
        background->submit([this, kept]() mutable {
            const PyGILState_STATE state = PyGILState_Ensure();
            run_in_background();
            kept.reset();
            PyGILState_Release(state);
        });
    } catch (const std::system_error& error) {
        throw StateError(join("job ", id(), ": no thread could be started for it (",
                              std::to_string(active.size()), " run already): ", error.what(),
                              "; what was sent is queued, job.wait() tries again"));
    }
    is_active_ = true;  // the new thread waits for the GIL, which is held here
    active.insert(this);
}

void JobHandle::go_on() {
    check_runnable();
    interruption_.reset();
    unpause();
}

void JobHandle::drop_references() {
    listeners_.clear();
    const std::shared_ptr<void> interruption = std::move(interruption_);
    const std::shared_ptr<void> exception = take_exception();
}

// A handler meets the job that its user holds.
void JobHandle::went_active() {
    kept_ = Ref::steal(job_object(*this));
    executor_->add(*this);
}

void JobHandle::went_idle() {
    executor_->remove(*this);
    notify();
    const Ref kept = std::move(kept_);  // the last thing: this may be the end of it
}

void JobHandle::came_to_rest() {
    if (std::optional<Failure> stopped = take_interruption()) {
        interruption_ = std::move(stopped->exception);
    }
    notify();
}

void JobHandle::run_in_background() {
    drive(UINT64_MAX, std::nullopt);
    is_active_ = false;
    active.erase(this);
    notify();
}

std::uint64_t JobHandle::step(std::uint64_t deliveries) {
    while (is_active_) {
        wait_change(std::nullopt);
    }
    while (true) {
        is_active_ = true;
        const std::uint64_t done = drive(deliveries, std::nullopt);
        is_active_ = false;
        notify();
        if (PyErr_Occurred() != nullptr) {
            throw py::error_already_set();
        }
        raise_interruption();
        if (done != 0 || deliveries == 0 || has_work() || !waits_for_due()) {
            return done;
        }
        wait_due(own_deadline());
        expire();
    }
}

// Runs it here, or waits until something has changed. False: it stands still.
bool JobHandle::advance(std::uint64_t deliveries, const Deadline& deadline) {
    if (is_active()) {
        wait_change(deadline);
    } else if (run_ == Run::Sequential && has_work()) {
        is_active_ = true;
        drive(deliveries, deadline);
        is_active_ = false;
        notify();
        if (PyErr_Occurred() != nullptr) {
            throw py::error_already_set();
        }
        raise_interruption();
    } else {
        activate();
        if (stands_still()) {
            if (!waits_for_due()) {
                return false;
            }
            wait_due(deadline);
        } else if (run_ == Run::Concurrent) {
            wait_change(deadline);
        }
    }
    return true;
}

// Whoever waits looks at the job's own deadline too. An ended job is not waited for, though a
// handler may still run, which takes no effect any more.
void JobHandle::wait(const Deadline& until) {
    bool is_moving = true;
    while (is_moving && !has_passed(until)) {
        expire();
        is_moving = !is_over() && advance(UINT64_MAX, earlier(until, own_deadline()));
    }
}

bool JobHandle::wait_for_item(PyObject* deque) {
    const auto has_item = [&] {
        const Py_ssize_t size = PyObject_Size(deque);
        if (size < 0) {
            throw py::error_already_set();
        }
        return size != 0;
    };
    bool is_moving = true;
    while (is_moving && !has_item()) {
        expire();
        is_moving = !is_over() && advance(1, own_deadline());
    }
    return has_item();
}

bool JobHandle::pause(const Deadline& deadline) {
    ask_pause();
    notify();
    if (is_in_call_of(
            *this)) {  // it cannot wait for itself: it takes effect when the handler returns
        return true;
    }
    while (is_active() && !is_ended() && is_paused()) {
        if (!wait_change(deadline)) {
            return !is_active();
        }
    }
    return true;
}

bool JobHandle::wait_for_room(std::uint32_t slot, const Deadline& deadline) {
    check_not_in_call("send(timeout=)");
    if (run_ == Run::Sequential && !is_active_ && !has_room(slot)) {
        throw StateError(join("job ", id(),
                              ": send(timeout=) would wait for ever: this thread is "
                              "the one that runs the job; step it, or start it in the background"));
    }
    while (!has_room(slot)) {
        check_runnable();
        check_sendable(slot);
        want_room(slot);
        if (!wait_change(deadline)) {
            return has_room(slot);
        }
    }
    return true;
}

void forget_background() {
    forget_executors();
    forget_waits();
    active.clear();
    background = nullptr;  // left behind: its lock may be held by a thread that is not here
    forget_alarm();
}

void stop_background() {
    is_stopping = true;
    for (JobHandle* const job : active) {
        if (!job->is_ended()) {
            job->ask_pause();
        }
    }
    close_executors();
    while (!active.empty()) {
        const Ref kept = Ref::steal(job_object(**active.begin()));
        (*active.begin())->wait_change(std::nullopt);
    }
    if (background != nullptr) {
        const WithoutGil others;
        background->join_all();
    }
    stop_alarm();
}

}  // namespace stoplog::python
