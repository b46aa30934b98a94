// The payload of Python: the call site's own tuple of names, and values that cannot change (P1).
//
// Immutable values are carried as they are. What can change was copied at emit, or encoded by its
// codec, and is made anew for whoever looks: `is_private` marks it. Holds the GIL: all of it.
#pragma once

#include "stoplog/value/payload.hpp"

#include <Python.h>
#include <cstdint>

namespace stoplog::python {

struct PythonPayload : Payload {
    std::uint32_t size;
    std::uint32_t private_mask;  // bit i (31: any from there on): value i is a copy of ours
    PyObject* names;             // tuple of `size` str
    PyObject* values[1];         // `size` of them

    [[nodiscard]] bool is_private(std::uint32_t i) const {
        return private_mask != 0 && (private_mask >> (i < 31 ? i : 31) & 1U) != 0;
    }
};

inline const PythonPayload& as_python(const Payload& payload) {
    return static_cast<const PythonPayload&>(payload);
}

/// A payload of `values` under `names`, with no reference yet; null with a Python error set where
/// a container is nested too deeply. Borrows everything. `values` may be anything.
PythonPayload* make_payload(PyObject* const* values, PyObject* names);

/// The same of values that cannot change, which are carried as they are: none is looked at.
PythonPayload* carry_payload(PyObject* const* values, PyObject* names);

/// A new reference to value `i`: a fresh copy where the payload's own is private; null on error.
PyObject* payload_value(const PythonPayload& payload, std::uint32_t i);

/// The field `name` of a payload; -1: it has none.
Py_ssize_t find_field(const PythonPayload& payload, PyObject* name);

}  // namespace stoplog::python
