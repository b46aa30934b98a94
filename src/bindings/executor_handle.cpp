// Runners of Python handlers, and their way to the GIL and back.
#include "bindings/executor_handle.hpp"

#include "stoplog/base/error.hpp"
#include "stoplog/exec/arena.hpp"

#include "bindings/gil.hpp"

#include <unistd.h>
#include <utility>
#include <vector>

namespace stoplog::python {
namespace {

std::set<ExecutorHandle*> executors;     // that live
std::vector<std::weak_ptr<Crew>> crews;  // that ever were, and may still have runners
long home = 0;                           // the process that has the threads of all arenas
bool is_over = false;                    // the interpreter is going: no executor is open again

// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables): one per thread, by design
thread_local PyGILState_STATE arrived = PyGILState_UNLOCKED;

// Shorter than the interval after which CPython takes the GIL away by force.
constexpr std::chrono::microseconds kSlice = std::chrono::milliseconds(2);

constexpr RunnerHooks kPythonHooks{[] { arrived = PyGILState_Ensure(); },
                                   [] { PyGILState_Release(arrived); }};

// oneTBB has its threads for the life of a process, and would wait in a forked child for those of
// the parent.
void check_home() {
    const long here = getpid();
    if (home != 0 && home != here) {
        throw StateError(
            join("an executor cannot be made in a forked child of process ", std::to_string(home),
                 ", which had one: the threads are there; use executor='background', or start the "
                 "process anew"));
    }
    home = here;
}

std::shared_ptr<Crew> make_crew(std::uint32_t workers) {
    check_home();
    RunnerHooks hooks = kPythonHooks;
    hooks.slice = kSlice;
    return std::make_shared<Crew>(std::make_unique<Arena>(workers), workers, hooks);
}

}  // namespace

ExecutorHandle::ExecutorHandle(std::uint32_t workers, std::string name)
    : ExecutorHandle(make_crew(workers), std::move(name)) {}

ExecutorHandle::ExecutorHandle(std::shared_ptr<Crew> crew, std::string name)
    : name_(std::move(name)), crew_(std::move(crew)), process_(getpid()), is_closed_(is_over) {
    executors.insert(this);
    std::erase_if(crews, [](const std::weak_ptr<Crew>& known) { return known.expired(); });
    crews.push_back(crew_);
}

// Nothing is active: a job that is keeps its executor. Runners on their way out keep the crew.
ExecutorHandle::~ExecutorHandle() {
    executors.erase(this);
    if (process_ != getpid()) {
        // Its threads are not here, so it is left behind.
        // NOLINTNEXTLINE(bugprone-unhandled-exception-at-new): no memory is the end here
        static_cast<void>(new std::shared_ptr<Crew>(crew_));
    }
}

void ExecutorHandle::check_process() const {
    if (process_ != getpid()) {
        throw StateError(join("executor '", name_, "' belongs to process ",
                              std::to_string(process_), "; its threads are not in a forked child"));
    }
}

void ExecutorHandle::check_open() const {
    check_process();
    if (is_closed_) {
        throw StateError(join("executor '", name_, "' is closed"));
    }
}

// First for handlers, as long as they take; then for runners on their way out, who take no time.
bool ExecutorHandle::close(const Deadline& deadline) {
    if (crew_->is_here()) {
        throw StateError(join("executor '", name_,
                              "': close() in a handler that runs on it would wait for itself"));
    }
    stop();
    while (!active_.empty()) {
        JobHandle& job = **active_.begin();
        const Ref kept = Ref::steal(job_object(job));
        if (!job.wait_change(deadline)) {
            return false;
        }
    }
    const auto until = deadline.value_or(std::chrono::steady_clock::time_point::max());
    const WithoutGil others;
    return crew_->wait_idle(until);
}

void ExecutorHandle::stop() {
    is_closed_ = true;
    for (JobHandle* const job : jobs_) {
        if (!job->is_ended()) {
            job->ask_pause();
        }
        job->notify();
    }
}

std::vector<std::string> ExecutorHandle::running_handlers() const {
    std::vector<std::string> running;
    for (const JobHandle* const job : active_) {
        for (std::string& handler : job->running_handlers()) {
            running.push_back(std::move(handler));
        }
    }
    return running;
}

// Who waits for its turn holds no GIL; a runner that has not arrived, or has left, has none.
SeededExecutor::SeededExecutor(std::uint64_t seed, std::uint32_t workers)
    : SeededExecutor(
          *new Seeded(seed, {[]() -> void* {
                                 return PyGILState_Check() != 0 ? PyEval_SaveThread() : nullptr;
                             },
                             [](void* given_up) {
                                 if (given_up != nullptr) {
                                     PyEval_RestoreThread(static_cast<PyThreadState*>(given_up));
                                 }
                             }}),
          workers) {}

// Takes over what the other constructor made.
SeededExecutor::SeededExecutor(Seeded& seeded, std::uint32_t workers)
    : ExecutorHandle(
          std::make_shared<Crew>(std::unique_ptr<Threads>(&seeded), workers, kPythonHooks),
          "seeded"),
      seeded_(&seeded) {}

void forget_executors() {
    executors.clear();
    crews.clear();
}

// All are stopped before one is waited for: a handler may wait for a job of another one.
void close_executors() {
    is_over = true;
    for (ExecutorHandle* const executor : executors) {
        executor->stop();
    }
    while (!executors.empty()) {  // each kept: its last job may be done meanwhile
        const std::shared_ptr<ExecutorHandle> executor = (*executors.begin())->shared_from_this();
        executors.erase(executor.get());
        executor->close(std::nullopt);
    }
    const WithoutGil others;
    for (const std::weak_ptr<Crew>& known : crews) {
        if (const std::shared_ptr<Crew> crew = known.lock()) {
            crew->wait_idle(std::chrono::steady_clock::time_point::max());
        }
    }
    if (home == getpid()) {
        Arena::join_workers();
    }
}

void register_executor(py::module_& module) {
    py::class_<ExecutorHandle, std::shared_ptr<ExecutorHandle>>(module, "Executor")
        .def(py::init<std::uint32_t, std::string>())
        .def_property_readonly("_name", &ExecutorHandle::name)
        .def_property_readonly("_workers", &ExecutorHandle::workers)
        .def_property_readonly("_is_closed", &ExecutorHandle::is_closed)
        .def_property_readonly("_running", &ExecutorHandle::running_handlers)
        .def("_check_open", &ExecutorHandle::check_open)
        .def("_close", [](ExecutorHandle& executor, const std::optional<double>& timeout) {
            executor.check_process();
            return executor.close(deadline_of(timeout));
        });
    py::class_<SeededExecutor, ExecutorHandle, std::shared_ptr<SeededExecutor>>(module,
                                                                                "SeededExecutor")
        .def(py::init<std::uint64_t, std::uint32_t>())
        .def("_begin", &SeededExecutor::begin)
        .def("_yield", &SeededExecutor::yield)
        .def("_stop", &SeededExecutor::stop)
        .def("_end", &SeededExecutor::end)
        .def("_draw", &SeededExecutor::draw);
}

}  // namespace stoplog::python
