// A concurrent executor as Python holds it: a crew, and the jobs that it has work of.
//
// All of it under the GIL. A runner arrives by taking the GIL, with a thread state of its own, and
// keeps it until it leaves; one that is on its way waits for the GIL, and nobody else does.
#pragma once

#include "stoplog/exec/crew.hpp"
#include "stoplog/exec/seeded.hpp"

#include "bindings/job_handle.hpp"
#include "bindings/pybind.hpp"

#include <memory>
#include <set>
#include <string>

namespace stoplog::python {

class ExecutorHandle : public std::enable_shared_from_this<ExecutorHandle> {
public:
    ExecutorHandle(std::uint32_t workers, std::string name);
    ExecutorHandle(std::shared_ptr<Crew> crew, std::string name);
    virtual ~ExecutorHandle();
    ExecutorHandle(const ExecutorHandle&) = delete;
    ExecutorHandle& operator=(const ExecutorHandle&) = delete;

    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] std::uint32_t workers() const { return crew_->workers(); }
    [[nodiscard]] bool is_closed() const { return is_closed_; }
    [[nodiscard]] const std::shared_ptr<Crew>& crew() const { return crew_; }

    /// Throws StateError where it was left behind by a fork.
    void check_process() const;
    /// The same, and where it is closed.
    void check_open() const;
    /// Pauses its jobs and wakes who waits for them; it takes no others.
    void stop();
    /// Stops, and waits until no runner is left. False at the deadline; throws StateError in a
    /// handler that runs on it, and what a signal handler raised.
    bool close(const Deadline& deadline);
    /// "load.input" of each handler that runs now.
    [[nodiscard]] std::vector<std::string> running_handlers() const;

    void enlist(JobHandle& job) { jobs_.insert(&job); }
    void strike(JobHandle& job) { jobs_.erase(&job); }
    void add(JobHandle& job) { active_.insert(&job); }
    void remove(JobHandle& job) { active_.erase(&job); }

private:
    std::string name_;
    std::shared_ptr<Crew> crew_;
    long process_;
    bool is_closed_ = false;
    std::set<JobHandle*> jobs_;    // all that live
    std::set<JobHandle*> active_;  // that the crew has work of
};

/// Runners of which one goes on at a time, as a seed says: for tests. The thread that begins takes
/// part.
class SeededExecutor : public ExecutorHandle {
public:
    SeededExecutor(std::uint64_t seed, std::uint32_t workers);
    void begin() { seeded_->begin(); }
    void yield() { seeded_->yield(); }
    void end() { seeded_->end(); }
    [[nodiscard]] std::uint64_t draw() { return seeded_->draw(); }

private:
    SeededExecutor(Seeded& seeded, std::uint32_t workers);
    Seeded* seeded_;  // its crew's
};

/// In a forked child: the threads stayed behind.
void forget_executors();

/// Before the interpreter goes: closes all of them and joins their threads.
void close_executors();

void register_executor(py::module_& module);

}  // namespace stoplog::python
