// They are kept in a tuple that is never changed, only replaced by a longer one: whoever walks it
// may run foreign code, and what was planned with the shorter one keeps its numbers.
#include "bindings/own_parts.hpp"

#include "stoplog/base/error.hpp"

#include "bindings/flow_handle.hpp"
#include "bindings/names.hpp"
#include "bindings/type_support.hpp"

#include <algorithm>

namespace stoplog::python {
namespace {

bool is_event(PyObject* part) { return Py_IS_TYPE(part, event_type); }

PyObject* name_of_part(PyObject* part) {
    return is_event(part) ? as<EventObject>(part)->name : as<SlotObject>(part)->name;
}

// A Slot or an Event that stands nowhere yet.
bool is_fresh_part(PyObject* part) {
    return (is_event(part) || Py_IS_TYPE(part, slot_type)) && text_of(name_of_part(part)) == "?";
}

// What has the name already: "slot", "event", "state field"; null: nothing.
const char* taken_by(const RoutineObject& routine, PyObject* name) {
    const auto has_name = [&](PyObject* known) { return PyUnicode_Compare(known, name) == 0; };
    for (const Definition::Slot& known : routine.definition->slots) {
        if (has_name(known.slot->name)) return "slot";
    }
    for (const EventObject* known : routine.definition->events) {
        if (has_name(known->name)) return "event";
    }
    for (const StateObject* known : routine.definition->states) {
        if (has_name(known->name)) return "state field";
    }
    const Py_ssize_t count = routine.own_parts == nullptr ? 0 : PyTuple_GET_SIZE(routine.own_parts);
    for (Py_ssize_t i = 0; i < count; ++i) {
        PyObject* const part = PyTuple_GET_ITEM(routine.own_parts, i);
        if (has_name(name_of_part(part))) return is_event(part) ? "event" : "slot";
    }
    return nullptr;
}

bool check_name(PyObject* o, PyObject* name, const char* kind) {
    const char* const cls = Py_TYPE(o)->tp_name;
    if (!PyUnicode_CheckExact(name) || PyUnicode_IsIdentifier(name) != 1) {
        const Ref shown = Ref::steal(PyObject_Repr(name));
        raise("ConfigurationError",
              join(cls, ": the name of a new ", kind, " must be an identifier; found ",
                   shown ? readable(shown.get()) : "?"));
        return false;
    }
    if (!check_part_name(object(Py_TYPE(o)), name, kind)) {
        return false;
    }
    if (const char* const taken = taken_by(*as<RoutineObject>(o), name)) {
        raise("ConfigurationError", join(cls, ": there is a ", taken, " '", text_of(name),
                                         "' already; choose another name"));
        return false;
    }
    return true;
}

// `known` and one more; a new reference.
PyObject* longer(PyObject* known, PyObject* part) {
    const Py_ssize_t count = known == nullptr ? 0 : PyTuple_GET_SIZE(known);
    PyObject* const all = PyTuple_New(count + 1);
    for (Py_ssize_t i = 0; all != nullptr && i <= count; ++i) {
        PyTuple_SET_ITEM(all, i, Py_NewRef(i < count ? PyTuple_GET_ITEM(known, i) : part));
    }
    return all;
}

// Flows that took it plan with it from now on.
void tell_flows(PyObject* o) {
    const auto* const flows = as<RoutineObject>(o)->flows;
    if (flows == nullptr) {
        return;
    }
    for (const std::weak_ptr<FlowHandle>& known : std::vector(*flows)) {
        if (const std::shared_ptr<FlowHandle> flow = known.lock()) {
            flow->redeclare(o);
        }
    }
}

}  // namespace

PyObject* define_part(PyObject* o, PyObject* const* arguments, Py_ssize_t count) {
    auto* const self = as<RoutineObject>(o);
    if (count != 2 || !is_fresh_part(arguments[1])) {
        PyErr_SetString(PyExc_TypeError, "_define(name, part): the part has no name yet");
        return nullptr;
    }
    PyObject* const part = arguments[1];
    if (definition_of(self) == nullptr ||
        !check_name(o, arguments[0], is_event(part) ? "event" : "slot")) {
        return nullptr;
    }
    PyObject* const all = longer(self->own_parts, part);
    if (all == nullptr) {
        return nullptr;
    }
    PyObject* name = Py_NewRef(arguments[0]);
    PyUnicode_InternInPlace(&name);
    if (is_event(part)) {
        Py_XSETREF(as<EventObject>(part)->name, name);
    } else {
        as<SlotObject>(part)->spec->name = text_of(name);
        Py_XSETREF(as<SlotObject>(part)->name, name);
    }
    Py_XSETREF(self->own_parts, all);
    tell_flows(o);
    Py_RETURN_NONE;
}

EventObject* own_event(const RoutineObject& routine, PyObject* name) {
    const Py_ssize_t count = routine.own_parts == nullptr ? 0 : PyTuple_GET_SIZE(routine.own_parts);
    for (Py_ssize_t i = 0; i < count; ++i) {
        PyObject* const part = PyTuple_GET_ITEM(routine.own_parts, i);
        if (is_event(part) && PyUnicode_Compare(as<EventObject>(part)->name, name) == 0) {
            return as<EventObject>(part);
        }
    }
    return nullptr;
}

}  // namespace stoplog::python
