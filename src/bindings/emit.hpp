// The hot way in: what a handler emits becomes a payload in the running call.
#pragma once

#include "bindings/definition.hpp"

namespace stoplog::python {

/// Notes an emission of `event` by `routine`: returns None, or null with a Python error set.
PyObject* emit(PyObject* routine, EventObject* event, PyObject* const* values,
               Py_ssize_t positional, PyObject* names);

/// `Routine.emit("word", ...)`
PyObject* emit_by_name(PyObject* self, PyObject* const* arguments, Py_ssize_t count,
                       PyObject* names);

}  // namespace stoplog::python
