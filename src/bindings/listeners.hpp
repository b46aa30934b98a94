// Who hears of a job's commits: callbacks, in the order in which they came.
//
// All of it under the GIL. A callback may add and remove any, itself too.
#pragma once

#include "stoplog/engine/call.hpp"

#include "bindings/python_object.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace stoplog::python {

class Listeners {
public:
    /// `event`: "routine.event", to be called with each payload of which alone; null: with each
    /// commit. Returns its number, to remove it by.
    std::uint64_t add(Ref callback, Ref event);
    /// Nothing, where it was removed before.
    void remove(std::uint64_t number);
    [[nodiscard]] bool is_empty() const { return all_.empty(); }

    /// Calls each with `commit`, or with what was `emitted`, a tuple of (event, payload). What one
    /// raises goes to sys.unraisablehook; what is meant to stop the interpreter or the wait is
    /// returned.
    [[nodiscard]] std::optional<Failure> tell(PyObject* commit, PyObject* emitted);
    /// How many commits were told.
    [[nodiscard]] std::uint64_t told() const { return told_; }

    /// For the collector of cycles.
    int traverse(visitproc visit, void* arg) const;
    void clear();

private:
    struct Listener {
        std::uint64_t number;
        Ref callback;
        Ref event;
    };
    [[nodiscard]] static bool call(const Listener& listener, PyObject* commit, PyObject* emitted);
    [[nodiscard]] bool has(std::uint64_t number) const;

    std::vector<Listener> all_;
    std::uint64_t last_ = 0;
    std::uint64_t told_ = 0;
};

}  // namespace stoplog::python
