// A callback is foreign code: the list may be another one after each.
#include "bindings/listeners.hpp"

#include "bindings/python_handler.hpp"

#include <algorithm>
#include <utility>

namespace stoplog::python {

std::uint64_t Listeners::add(Ref callback, Ref event) {
    all_.push_back({++last_, std::move(callback), std::move(event)});
    return last_;
}

void Listeners::remove(std::uint64_t number) {
    const auto found = std::ranges::find(all_, number, &Listener::number);
    if (found != all_.end()) {
        const Listener dropped = std::move(*found);
        all_.erase(found);
    }
}

bool Listeners::has(std::uint64_t number) const {
    return std::ranges::find(all_, number, &Listener::number) != all_.end();
}

// False: an error is set.
bool Listeners::call(const Listener& listener, PyObject* commit, PyObject* emitted) {
    if (!listener.event) {
        return static_cast<bool>(Ref::steal(PyObject_CallOneArg(listener.callback.get(), commit)));
    }
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(emitted); ++i) {
        PyObject* const pair = PyTuple_GET_ITEM(emitted, i);
        if (PyUnicode_Compare(PyTuple_GET_ITEM(pair, 0), listener.event.get()) == 0 &&
            !Ref::steal(PyObject_CallOneArg(listener.callback.get(), PyTuple_GET_ITEM(pair, 1)))) {
            return false;
        }
    }
    return true;
}

std::optional<Failure> Listeners::tell(PyObject* commit, PyObject* emitted) {
    ++told_;
    std::optional<Failure> stopped;
    const std::vector<Listener> now = all_;
    for (const Listener& listener : now) {
        if (!has(listener.number) || call(listener, commit, emitted)) {
            continue;
        }
        if (PyErr_ExceptionMatches(PyExc_KeyboardInterrupt) != 0 ||
            PyErr_ExceptionMatches(PyExc_SystemExit) != 0) {
            take_error(stopped.emplace(), false);
        } else {
            PyErr_WriteUnraisable(listener.callback.get());
        }
    }
    return stopped;
}

int Listeners::traverse(visitproc visit, void* arg) const {
    for (const Listener& listener : all_) {
        Py_VISIT(listener.callback.get());
    }
    return 0;
}

void Listeners::clear() { const std::vector<Listener> dropped = std::exchange(all_, {}); }

}  // namespace stoplog::python
