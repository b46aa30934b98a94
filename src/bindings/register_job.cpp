// The live job for Python: thin, `stoplog.Job` documents and types it.
#include "stoplog/base/error.hpp"

#include "bindings/alarm_clock.hpp"
#include "bindings/executor_handle.hpp"
#include "bindings/flow_handle.hpp"
#include "bindings/job_handle.hpp"
#include "bindings/python_handler.hpp"
#include "bindings/records.hpp"
#include "bindings/state_handle.hpp"

#include <map>
#include <utility>

namespace stoplog::python {
namespace {

// "sequential", "background", or an executor.
RunBy run_by(const py::object& executor) {
    if (py::isinstance<ExecutorHandle>(executor)) {
        auto handle = executor.cast<std::shared_ptr<ExecutorHandle>>();
        handle->check_open();
        return {Run::Concurrent, std::move(handle)};
    }
    return {executor.cast<std::string>() == "background" ? Run::Background : Run::Sequential, {}};
}

FlowHandle::Entry entry_of(const FlowHandle& flow, const Plan& plan, const py::handle& entry) {
    if (py::isinstance<py::tuple>(entry)) {  // (slot, fields)
        const auto pair = entry.cast<py::tuple>();
        return flow.make_entry(plan, pair[0], pair[1].cast<py::dict>());
    }
    return flow.entry_of(plan, entry);
}

std::shared_ptr<JobHandle> start(const FlowHandle& flow, const py::list& entries,
                                 const std::string& id, bool is_open, bool is_paused,
                                 const RetentionValues& retention, WallTime deadline,
                                 const py::object& executor) {
    const std::shared_ptr<const Plan> plan = flow.plan();
    std::vector<FlowHandle::Entry> made;
    made.reserve(entries.size());
    for (const py::handle& entry : entries) {
        made.push_back(entry_of(flow, *plan, entry));
    }
    RunBy by = run_by(executor);
    JobOptions options{id,        is_open,
                       is_paused, retention_of(retention),
                       deadline,  by.executor ? by.executor->crew() : nullptr};
    auto job = std::make_shared<JobHandle>(flow.plan(), std::move(options), std::move(by));
    for (FlowHandle::Entry& entry : made) {
        job->check_sendable(entry.slot);
        job->enter(entry.slot, std::move(entry.payload));
    }
    return job;
}

std::uint64_t send(JobHandle& job, const FlowHandle& flow, const py::handle& entry,
                   const std::optional<double>& timeout) {
    job.check_process();
    job.expire();
    job.check_runnable();
    FlowHandle::Entry made = entry_of(flow, job.plan(), entry);
    job.check_sendable(made.slot);
    if ((!timeout || *timeout > 0) && !job.has_room(made.slot)) {
        job.wait_for_room(made.slot, deadline_of(timeout));
    }
    job.check_runnable();  // again: Python may have run in between
    const std::uint64_t number = job.send(made.slot, std::move(made.payload));
    job.activate();
    job.notify();
    return number;
}

void wait(JobHandle& job, const std::optional<double>& timeout, const std::string& what) {
    job.check_process();
    job.expire();
    job.check_not_in_call(what);
    job.wait(deadline_of(timeout));
}

std::uint64_t step(JobHandle& job, std::uint64_t deliveries) {
    job.check_process();
    job.expire();
    job.check_not_in_call("step()");
    if (job.run_mode() != Run::Sequential) {
        throw StateError(join("job ", job.id(),
                              ": step() is for executor='sequential'; this one "
                              "runs in the background"));
    }
    return job.step(deliveries);
}

bool pause(JobHandle& job, const std::optional<double>& timeout) {
    job.check_process();
    job.expire();
    return job.pause(deadline_of(timeout));
}

void resume(JobHandle& job) {
    job.check_process();
    job.expire();
    job.go_on();
    job.activate();
    job.notify();
}

void cancel(JobHandle& job, const std::string& reason) {
    job.check_process();
    job.expire();
    job.cancel(reason);
    job.notify();
}

void finish(JobHandle& job) {
    job.check_process();
    job.expire();
    if (!job.is_ended()) {
        job.check_runnable();  // it may go on with a drained slot
    }
    job.finish();
    job.activate();
    job.notify();
}

StateHandle snapshot(JobHandle& job) {
    job.check_process();
    job.expire();
    return StateHandle(job.cut());
}

bool wait_for_item(JobHandle& job, const py::object& deque) {
    job.check_process();
    job.check_not_in_call("iterating over a stream");
    return job.wait_for_item(deque.ptr());
}

std::uint64_t hear(JobHandle& job, const py::object& callback,
                   const std::optional<py::str>& event) {
    job.check_process();
    return job.hear(callback.ptr(), event ? event->ptr() : nullptr);
}

// By routine; of the plan, which may be older than the flow.
std::map<std::string, std::vector<std::string>> events(const JobHandle& job) {
    std::map<std::string, std::vector<std::string>> by_routine;
    const Plan& plan = job.plan();
    for (std::size_t i = 0; i < plan.routines.size(); ++i) {
        const auto& handler = static_cast<const PythonHandler&>(*plan.routines[i].behaviour);
        std::vector<std::string>& names = by_routine[plan.legend->routines[i].name];
        for (const EventObject* event : handler.definition().events) {
            names.emplace_back(text_of(event->name));
        }
    }
    return by_routine;
}

std::vector<std::string> awaited(const JobHandle& job) {
    std::vector<std::string> paths;
    for (const std::uint32_t slot : job.awaited()) {
        paths.push_back(job.plan().legend->slot_path(slot));
    }
    return paths;
}

// The data of the failure, the exception of the user (or None), and what fed the delivery.
py::tuple failure(const JobHandle& job) {
    const Failure& failure = job.failure();
    PyObject* const data = make_job_error(failure.error);
    if (data == nullptr) {
        throw py::error_already_set();
    }
    const py::object cause =
        failure.exception
            ? py::reinterpret_borrow<py::object>(static_cast<PyObject*>(failure.exception.get()))
            : py::object(py::none());
    return py::make_tuple(py::reinterpret_steal<py::object>(data), cause, failure.fed_by);
}

// The collector may come while pybind11 still lays the object out: then there is no holder to ask
// for.
bool is_made(PyObject* self) {
    const auto* const instance = reinterpret_cast<py::detail::instance*>(self);
    const bool is_laid_out =
        instance->simple_layout || instance->nonsimple.values_and_holders != nullptr;
    return is_laid_out && py::detail::is_holder_constructed(self);
}

// A failed job holds an exception, whose frames may hold the job, and callbacks may hold it: the
// collector must see that.
int traverse(PyObject* self, visitproc visit, void* arg) {
    Py_VISIT(Py_TYPE(self));
    if (is_made(self)) {
        const auto& job = py::cast<JobHandle&>(py::handle(self));
        Py_VISIT(static_cast<PyObject*>(job.failure().exception.get()));
        Py_VISIT(job.interruption());
        return job.listeners().traverse(visit, arg);
    }
    return 0;
}

int clear(PyObject* self) {
    if (is_made(self)) {
        py::cast<JobHandle&>(py::handle(self)).drop_references();
    }
    return 0;
}

using JobClass = py::class_<JobHandle, std::shared_ptr<JobHandle>>;

// What a job tells of itself.
void define_properties(JobClass& job_class) {
    job_class.def_property_readonly("_id", [](const JobHandle& job) { return job.id(); })
        .def_property_readonly("_status",
                               [](JobHandle& job) {
                                   job.expire();
                                   return std::string(name_of(job.status()));
                               })
        .def_property_readonly("_is_ended",
                               [](JobHandle& job) {
                                   job.expire();
                                   return job.is_ended();
                               })
        .def_property_readonly("_awaited", &awaited)
        .def_property_readonly("_running",
                               [](const JobHandle& job) { return job.running_handlers(); })
        .def_property_readonly("_cancel_reason",
                               [](const JobHandle& job) { return job.cancel_reason(); })
        .def_property_readonly("_told", [](const JobHandle& job) { return job.listeners().told(); })
        .def_property_readonly("_failed_deliveries",
                               [](const JobHandle& job) { return job.failed_deliveries(); })
        .def_property_readonly("_dropped", [](const JobHandle& job) { return job.dropped(); })
        .def_property_readonly("_interruption", [](const JobHandle& job) {
            return job.interruption() == nullptr
                       ? py::object(py::none())
                       : py::reinterpret_borrow<py::object>(job.interruption());
        });
}

void make_collectable(PyHeapTypeObject* type) {
    type->ht_type.tp_flags |= Py_TPFLAGS_HAVE_GC;
    type->ht_type.tp_traverse = traverse;
    type->ht_type.tp_clear = clear;
}

}  // namespace

PyObject* job_object(Job& job) {
    try {
        return py::cast(static_cast<JobHandle*>(&job), py::return_value_policy::reference)
            .release()
            .ptr();
    } catch (py::error_already_set& error) {
        error.restore();
        return nullptr;
    }
}

void register_job(py::module_& module) {
    JobClass job_class(module, "Job", py::custom_type_setup(make_collectable));
    job_class.def(py::init(&start))
        .def(py::init([](const FlowHandle& flow, const StateHandle& state, bool is_paused,
                         WallTime deadline, const py::object& executor) {
            RunBy by = run_by(executor);
            JobOptions options{"", false,    is_paused,
                               {}, deadline, by.executor ? by.executor->crew() : nullptr};
            return std::make_shared<JobHandle>(flow.plan(), *state, std::move(options),
                                               std::move(by));
        }))
        .def("_activate", &JobHandle::activate)
        .def("_send", &send)
        .def("_wait", &wait)
        .def("_step", &step)
        .def("_permute", &JobHandle::permute)
        .def("_pause", &pause)
        .def("_resume", &resume)
        .def("_cancel", &cancel)
        .def("_finish", &finish)
        .def("_snapshot", &snapshot)
        .def("_hear", &hear)
        .def("_stop_hearing", &JobHandle::stop_hearing)
        .def("_wait_for_item", &wait_for_item)
        .def("_events", &events)
        .def("_failure", &failure);
    define_properties(job_class);
    module.def("move_clock", &move_clock);
    module.def("now", &now_wall);
    module.def("is_clock_manual", &is_clock_manual);
    module.def("stop_background", &stop_background);
    module.def("forget_background", &forget_background);
}

}  // namespace stoplog::python
