// `stoplog.Event` on a class, `stoplog.BoundEvent` on a routine, and the `event` decorator.
#pragma once

#include "bindings/definition.hpp"

namespace stoplog::python {

struct BoundEventObject {
    PyObject_HEAD vectorcallfunc vectorcall;
    EventObject* event;
    PyObject* routine;
};

extern PyTypeObject* bound_event_type;

[[nodiscard]] bool add_event_types(PyObject* module);

}  // namespace stoplog::python
