// Who hears of a job's commits: told by the runner that made them, after they took effect.
#include "bindings/gil.hpp"
#include "bindings/job_handle.hpp"
#include "bindings/python_handler.hpp"
#include "bindings/records.hpp"

#include <utility>

namespace stoplog::python {

std::uint64_t JobHandle::hear(PyObject* callback, PyObject* event) {
    const std::uint64_t number = listeners_.add(Ref::borrow(callback), Ref::borrow(event));
    listen(true);
    return number;
}

void JobHandle::stop_hearing(std::uint64_t number) {
    listeners_.remove(number);
    listen(!listeners_.is_empty());
}

// A signal that comes while the commit is made is told, like one that comes in a callback.
void JobHandle::committed(const Committed& commit) {
    UnwindGuard guard;
    std::optional<Failure> stopped;
    Ref told = Ref::steal(commit_object(*this, commit));
    if (!told && PyErr_ExceptionMatches(PyExc_KeyboardInterrupt) != 0) {
        take_error(stopped.emplace(), false);
        told = Ref::steal(commit_object(*this, commit));
    }
    const Ref emitted = told ? Ref::steal(PyObject_GetAttrString(told.get(), "emitted")) : Ref();
    if (!emitted) {
        PyErr_WriteUnraisable(nullptr);
    } else if (std::optional<Failure> raised = listeners_.tell(told.get(), emitted.get())) {
        stopped = std::move(raised);
    }
    if (stopped) {
        interrupt(std::move(*stopped));
    }
    guard.passed();
    notify();
}

}  // namespace stoplog::python
