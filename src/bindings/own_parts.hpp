// Slots and events that one routine object has beside those of its class.
#pragma once

#include "bindings/definition.hpp"

namespace stoplog::python {

/// `Routine._define(name, part)`: takes over a fresh Slot or Event, for the jobs that start from
/// now on. Null with a ConfigurationError set, and nothing changed, where the name will not do.
PyObject* define_part(PyObject* routine, PyObject* const* arguments, Py_ssize_t count);

/// An event of the routine's own, by name; borrowed, null where there is none.
EventObject* own_event(const RoutineObject& routine, PyObject* name);

}  // namespace stoplog::python
