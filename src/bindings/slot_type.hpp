// `stoplog.Slot` on a class, `stoplog.BoundSlot` on a routine, `stoplog.Message`, and the `slot`
// decorator.
#pragma once

#include "bindings/definition.hpp"
#include "bindings/payload.hpp"

namespace stoplog::python {

struct BoundSlotObject {
    PyObject_HEAD SlotObject* slot;
    PyObject* routine;
};

/// A slot and its payload: what is sent from outside.
struct MessageObject {
    PyObject_HEAD SlotObject* slot;
    PyObject* routine;
    PyObject* payload;  // a capsule that owns one reference
};

extern PyTypeObject* bound_slot_type;
extern PyTypeObject* message_type;

[[nodiscard]] bool add_slot_types(PyObject* module);
[[nodiscard]] bool add_slot_functions(PyObject* module);

/// A payload for a slot from positional values and keywords; null with a TypeMismatchError set
/// where they do not fit. `where` names the slot.
PythonPayload* make_slot_payload(const SlotObject& slot, const std::string& where,
                                 PyObject* const* values, Py_ssize_t positional, PyObject* names);

/// Its reference is borrowed from the message.
PythonPayload* message_payload(PyObject* message);

}  // namespace stoplog::python
