// A callback is foreign code: the list may be another one after each.
#include "bindings/listeners.hpp"

#include "bindings/python_handler.hpp"

#include <algorithm>
#include <utility>

namespace stoplog::python {

std::uint64_t Listeners::add(Ref callback) {
    all_.push_back({++last_, std::move(callback)});
    return last_;
}

void Listeners::remove(std::uint64_t number) {
    const auto found = std::ranges::find(all_, number, &Listener::number);
    if (found != all_.end()) {
        const Ref dropped = std::move(found->callback);
        all_.erase(found);
    }
}

bool Listeners::has(std::uint64_t number) const {
    return std::ranges::find(all_, number, &Listener::number) != all_.end();
}

std::optional<Failure> Listeners::tell(PyObject* commit) {
    std::optional<Failure> stopped;
    const std::vector<Listener> now = all_;
    for (const Listener& listener : now) {
        if (!has(listener.number)) {
            continue;
        }
        if (Ref::steal(PyObject_CallOneArg(listener.callback.get(), commit))) {
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
