// The live job as Python holds it: the engine's job, who runs it, and who waits for it.
//
// All of it under the GIL. A runner notifies when it stops; who waits gives the GIL up meanwhile
// and can be interrupted by a signal.
#pragma once

#include "stoplog/engine/job.hpp"

#include "bindings/listeners.hpp"
#include "bindings/live_jobs.hpp"
#include "bindings/pybind.hpp"
#include "bindings/python_object.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace stoplog::python {

enum class Run : std::uint8_t {
    Sequential,  // in the thread that waits
    Background,  // on one thread of its own
    Concurrent,  // by the runners of an executor
};

class ExecutorHandle;

/// Who runs a job.
struct RunBy {
    Run run = Run::Sequential;
    std::shared_ptr<ExecutorHandle> executor;  // concurrent only
};

using Deadline = std::optional<std::chrono::steady_clock::time_point>;

/// So many seconds from now; null, and more than a thousand million: never. Throws
/// ConfigurationError for what is no number of seconds.
[[nodiscard]] Deadline deadline_of(const std::optional<double>& seconds);

class JobHandle : public Job {
public:
    JobHandle(std::shared_ptr<const Plan> plan, JobOptions options, RunBy by);
    JobHandle(std::shared_ptr<const Plan> plan, const JobState& state, JobOptions options,
              RunBy by);
    ~JobHandle() override;
    JobHandle(const JobHandle&) = delete;
    JobHandle& operator=(const JobHandle&) = delete;

    /// Throws StateError in a child process: the threads that would run the job are not there.
    void check_process() const;
    /// Throws StateError where nobody would run it: its executor is closed, or the interpreter
    /// goes.
    void check_runnable() const;
    /// Throws StateError in a handler of this very job: `what` would wait for itself.
    void check_not_in_call(const std::string& what) const;

    /// Finds somebody who runs it where there is something to run and nobody does. After everything
    /// that may have made something ready.
    void activate();
    /// Waits until the job has ended or stands still, or for the deadline; runs it where it is
    /// sequential.
    void wait(const Deadline& deadline);
    /// Sequential only.
    std::uint64_t step(std::uint64_t deliveries);
    /// Pauses and waits for running handlers. False at the deadline.
    bool pause(const Deadline& deadline);
    /// Runs it here or waits, as `wait` does, until something is in this deque. False: it has ended
    /// or stands still, and nothing is.
    bool wait_for_item(PyObject* deque);
    /// Who hears of its commits, see Listeners. Returns a number, to stop hearing by.
    std::uint64_t hear(PyObject* callback, PyObject* event);
    void stop_hearing(std::uint64_t number);
    [[nodiscard]] const Listeners& listeners() const { return listeners_; }
    /// Waits for room in a slot. False at the deadline.
    bool wait_for_room(std::uint32_t slot, const Deadline& deadline);
    /// Unpauses. Throws StateError where the interpreter is going down.
    void go_on();
    /// For the collector of cycles.
    void drop_references();
    /// Wakes everybody who waits: something changed.
    void notify();

    [[nodiscard]] Run run_mode() const { return run_; }
    /// Null: it is not concurrent.
    [[nodiscard]] ExecutorHandle* executor() const { return executor_.get(); }
    /// Some thread runs it.
    [[nodiscard]] bool is_active() const { return is_active_ || (is_shared() && is_running()); }
    [[nodiscard]] bool stands_still() const { return !is_active() && !has_work(); }
    /// It has ended, and everybody who hears of it was told.
    [[nodiscard]] bool is_over() const { return is_ended() && !is_telling(); }
    /// What a handler raised to stop the interpreter or the wait, kept for who asks; or null.
    [[nodiscard]] PyObject* interruption() const {
        return static_cast<PyObject*>(interruption_.get());
    }

    /// Sleeps until `notify`. False at the deadline; throws what a signal handler raised.
    bool wait_change(const Deadline& deadline);

protected:
    void committed(const Committed& commit) override;
    void room_made() override { notify(); }
    void went_active() override;
    void went_idle() override;
    void came_to_rest() override;
    void fell_asleep() override;

private:
    struct Waiter {
        PyThread_type_lock lock;
        bool is_woken;
    };
    void enlist();
    std::uint64_t drive(std::uint64_t limit, const Deadline& deadline);
    bool advance(std::uint64_t deliveries, const Deadline& deadline);
    [[nodiscard]] Deadline own_deadline() const;
    [[nodiscard]] bool waits_for_due() const;
    void wait_due(const Deadline& deadline);
    void set_alarm();
    void rung();
    void raise_interruption();
    void run_in_background();

    Run run_;
    std::shared_ptr<ExecutorHandle> executor_;
    long process_;
    WallTime alarm_ = 0;      // somebody comes then; 0: nobody
    bool is_active_ = false;  // a thread of its own, or the one that waits, runs it
    Ref kept_;                // its own Python object, while an executor has work of it
    std::vector<Waiter*> waiters_;
    std::shared_ptr<void> interruption_;
    Listeners listeners_;
    Listed listed_{*this};
};

/// The Python object of a job; a new reference, or null with an error set.
PyObject* job_object(Job& job);

/// In a forked child: the threads stayed behind.
void forget_background();

/// Before the interpreter goes: pauses what runs in the background and waits for its threads.
void stop_background();

void register_job(py::module_& module);

}  // namespace stoplog::python
