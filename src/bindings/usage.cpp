// One entry for each routine object that is started, being started or being stopped in this
// process.
#include "bindings/usage.hpp"

#include "stoplog/base/error.hpp"

#include "bindings/pybind.hpp"
#include "bindings/standing.hpp"
#include "bindings/waiters.hpp"

#include <memory>
#include <new>
#include <optional>
#include <string>
#include <utility>

namespace stoplog::python {
namespace {

/// Of one routine object.
struct Started {
    std::size_t jobs = 0;
    const char* duty = "on_start";  // that runs; null: it is started
    unsigned long thread = 0;       // whose duty it is
    Waiters waiters;
};

using Starts = std::unordered_map<PyObject*, std::shared_ptr<Started>>;

Starts& starts() {
    static auto* const every = new Starts;  // outlives every job
    return *every;
}

// Only where it is this entry: a fork may have forgotten it.
void forget(PyObject* routine, const Started& started) {
    const auto found = starts().find(routine);
    if (found != starts().end() && found->second.get() == &started) {
        starts().erase(found);
    }
}

bool start(PyObject* routine, const Hooks& hooks) {
    const auto started = std::make_shared<Started>();
    started->thread = PyThread_get_thread_ident();
    starts().emplace(routine, started);
    bool is_started = !hooks.on_start;
    if (!is_started) {
        const Duty duty(started.get());
        is_started =
            static_cast<bool>(Ref::steal(PyObject_CallMethod(routine, "on_start", nullptr)));
    }
    if (is_started) {
        started->duty = nullptr;
        started->jobs = 1;
    } else {
        forget(routine, *started);
    }
    started->waiters.wake();
    return is_started;
}

// Another thread starts or stops it. False with an error set: waiting would be for ever, or a
// signal came.
bool wait_for(PyObject* routine, Started& started) {
    const std::string what = join(started.duty, " of this ", Py_TYPE(routine)->tp_name);
    if (started.thread == PyThread_get_thread_ident()) {
        raise("StateError", join(what,
                                 " runs in this very thread: a job that it runs cannot use "
                                 "the routine itself"));
        return false;
    }
    try {
        const Standing standing(&started, what);
        started.waiters.wait(std::nullopt);
        return true;
    } catch (py::error_already_set& error) {
        error.restore();
    } catch (const StateError& error) {
        raise("StateError", error.what());
    } catch (const std::bad_alloc&) {
        PyErr_NoMemory();
    }
    return false;
}

// Nobody is there to be raised to; Ctrl-C comes again, to the main thread.
void tell_lost_error(PyObject* where) {
    if (PyErr_ExceptionMatches(PyExc_KeyboardInterrupt) != 0) {
        PyErr_Clear();
        PyErr_SetInterrupt();
    } else {
        PyErr_WriteUnraisable(where);
    }
}

// The last job that used it is gone.
void stop(PyObject* routine, Started& started) {
    started.duty = "on_stop";
    started.thread = PyThread_get_thread_ident();
    {
        const Duty duty(&started);
        const Ref on_stop = Ref::steal(PyObject_GetAttrString(routine, "on_stop"));
        if (!on_stop || !Ref::steal(PyObject_CallNoArgs(on_stop.get()))) {
            tell_lost_error(on_stop ? on_stop.get() : routine);
        }
    }
    forget(routine, started);
    started.waiters.wake();
}

void give_up(PyObject* routine) {
    const auto found = starts().find(routine);
    if (found == starts().end()) {
        return;
    }
    const std::shared_ptr<Started> started = found->second;
    if (--started->jobs == 0) {
        stop(routine, *started);
    }
}

Ref make_namespace() {
    const Ref types = Ref::steal(PyImport_ImportModule("types"));
    return Ref::steal(types ? PyObject_CallMethod(types.get(), "SimpleNamespace", nullptr)
                            : nullptr);
}

}  // namespace

bool Usage::begin(PyObject* routine, const Hooks& hooks) {
    for (;;) {
        const auto found = starts().find(routine);
        if (found == starts().end()) {
            if (!start(routine, hooks)) {
                return false;
            }
            break;
        }
        const std::shared_ptr<Started> started = found->second;
        if (started->duty == nullptr) {
            ++started->jobs;
            break;
        }
        if (!wait_for(routine, *started)) {
            return false;
        }
    }
    used_.insert(routine);
    order_.push_back(Ref::borrow(routine));
    return true;
}

void Usage::end() {
    const py::error_scope pending;
    drop_locals();
    used_.clear();
    while (!order_.empty()) {
        const Ref routine = std::move(order_.back());
        order_.pop_back();
        give_up(routine.get());
    }
}

void Usage::forget() {
    used_.clear();
    const std::vector<Ref> order = std::exchange(order_, {});
}

PyObject* Usage::local_of(std::uint32_t routine) {
    const auto found = locals_.find(routine);
    if (found != locals_.end()) {
        return Py_NewRef(found->second.get());
    }
    Ref made = make_namespace();
    return made ? Py_NewRef(locals_.try_emplace(routine, std::move(made)).first->second.get())
                : nullptr;
}

void Usage::drop_locals() {
    const std::unordered_map<std::uint32_t, Ref> locals = std::exchange(locals_, {});
}

int Usage::visit_locals(visitproc visit, void* arg) const {
    for (const auto& [routine, local] : locals_) {
        Py_VISIT(local.get());
    }
    return 0;
}

void forget_starts() { starts().clear(); }

}  // namespace stoplog::python
