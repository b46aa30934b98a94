// `stoplog.State`: a declared field. On a routine it means the field of the running call's job.
#include "bindings/state_type.hpp"

#include "stoplog/base/error.hpp"
#include "stoplog/engine/cell.hpp"

#include "bindings/current_call.hpp"
#include "bindings/held_type.hpp"
#include "bindings/names.hpp"
#include "bindings/state_dict_type.hpp"
#include "bindings/type_support.hpp"

namespace stoplog::python {

PyTypeObject* state_type = nullptr;

namespace {

bool check_kind(PyObject* kind) {
    if (!PyType_Check(kind)) {
        const Ref shown = Ref::steal(PyObject_Repr(kind));
        raise("ConfigurationError", join("State(kind): kind must be a type, as State(dict); found ",
                                         shown ? text_of(shown.get()) : "?",
                                         "; a first value is said by State(default=...)"));
        return false;
    }
    if (kind == object(&PyByteArray_Type)) {
        raise("ConfigurationError",
              "State(bytearray): bytearray cannot be kept in the state; use bytes");
        return false;
    }
    return true;
}

// Told where it is declared, not when a job comes there.
bool check_default(PyObject* value) {
    const auto log = std::make_shared<CallLog>(std::make_shared<Family>(), "State");
    const Ref name = make_text("default");
    if (Ref::steal(tracked(log, value, name.get()))) {
        return true;
    }
    PyObject* type = nullptr;
    PyObject* error = nullptr;
    PyObject* trace = nullptr;
    PyErr_Fetch(&type, &error, &trace);
    const Ref text = Ref::steal(error == nullptr ? nullptr : PyObject_Str(error));
    raise("ConfigurationError", text ? readable(text.get()) : "State(default=...)");
    Py_XDECREF(type);
    Py_XDECREF(error);
    Py_XDECREF(trace);
    return false;
}

PyObject* state_new(PyTypeObject* type, PyObject* arguments, PyObject* keywords) {
    static const char* const kNames[] = {"", "default", "doc", nullptr};
    PyObject* kind = nullptr;
    PyObject* default_value = nullptr;
    PyObject* doc = nullptr;
    if (PyArg_ParseTupleAndKeywords(arguments, keywords, "|O$OU:State", const_cast<char**>(kNames),
                                    &kind, &default_value, &doc) == 0) {
        return nullptr;
    }
    if ((kind == nullptr) == (default_value == nullptr)) {
        return raise("ConfigurationError",
                     "State needs a type, as State(dict), or a first value, as "
                     "State(default=10); and not both");
    }
    if (kind != nullptr && !check_kind(kind)) {
        return nullptr;
    }
    if (default_value != nullptr && !check_default(default_value)) {
        return nullptr;
    }
    auto* const self = as<StateObject>(type->tp_alloc(type, 0));
    if (self != nullptr) {
        self->name = PyUnicode_InternFromString("?");
        self->kind = Py_XNewRef(kind);
        self->default_value = Py_XNewRef(default_value);
        self->doc = Py_XNewRef(doc);
    }
    return object(self);
}

int state_traverse(PyObject* o, visitproc visit, void* arg) {
    Py_VISIT(Py_TYPE(o));
    Py_VISIT(as<StateObject>(o)->kind);
    Py_VISIT(as<StateObject>(o)->default_value);
    return 0;
}

void state_dealloc(PyObject* o) {
    PyObject_GC_UnTrack(o);
    auto* const self = as<StateObject>(o);
    Py_XDECREF(self->name);
    Py_XDECREF(self->kind);
    Py_XDECREF(self->default_value);
    Py_XDECREF(self->doc);
    free_instance(o);
}

PyObject* state_set_name(PyObject* o, PyObject* const* arguments, Py_ssize_t count) {
    if (count != 2) {
        PyErr_SetString(PyExc_TypeError, "__set_name__(owner, name)");
        return nullptr;
    }
    if (!check_part_name(arguments[0], arguments[1], "state field")) {
        return nullptr;
    }
    if (!check_single_name(arguments[0], as<StateObject>(o)->name, arguments[1])) {
        return nullptr;
    }
    PyObject* name = Py_NewRef(arguments[1]);
    PyUnicode_InternInPlace(&name);
    Py_XSETREF(as<StateObject>(o)->name, name);
    Py_RETURN_NONE;
}

// The position of a field in the running cell's document; -1 with an error set.
Position position_of(PyObject* o, PyObject* routine) {
    auto* const self = as<StateObject>(o);
    const auto& states = as<RoutineObject>(routine)->definition->states;
    if (self->hint < states.size() && states[self->hint] == self) [[likely]] {
        return self->hint;
    }
    for (std::uint32_t i = 0; i < states.size(); ++i) {
        if (states[i] == self) {
            return self->hint = i;
        }
    }
    raise("StateError",
          join("state '", text_of(self->name), "' is not declared by ", Py_TYPE(routine)->tp_name));
    return kAbsent;
}

std::string what_is(PyObject* o, const char* verb) {
    return join("state '", text_of(as<StateObject>(o)->name), "' is ", verb);
}

PyObject* state_get(PyObject* o, PyObject* instance, PyObject*) {
    if (instance == nullptr || instance == Py_None) {
        return Py_NewRef(o);
    }
    const Call* const call = current_call;
    if (call == nullptr || call->identity() != instance) [[unlikely]] {
        call_of(instance, what_is(o, "read"));
        return nullptr;
    }
    const Position position = position_of(o, instance);
    return position == kAbsent
               ? nullptr
               : hand_out(static_cast<PyObject*>(call->cell()->fields->value_at(position)));
}

/// Whether an iterable is more than one value: what a list or a set is made of.
bool is_collection(PyObject* value) {
    if (PyUnicode_Check(value) || PyBytes_Check(value) || PyByteArray_Check(value)) return false;
    if (PyDict_Check(value) || is_state_dict(value)) return false;
    return Py_TYPE(value)->tp_iter != nullptr;
}

/// A field declared as a list (a set) takes any collection, and stays one. New reference.
Ref as_declared(const StateObject* self, PyObject* value) {
    PyObject* const kind =
        self->kind != nullptr ? self->kind : object(Py_TYPE(self->default_value));
    if (kind == object(&PyList_Type) && !PyList_CheckExact(value) && !is_state_list(value) &&
        is_collection(value)) {
        return Ref::steal(PySequence_List(value));
    }
    if (kind == object(&PySet_Type) && !PySet_CheckExact(value) && !is_state_set(value) &&
        is_collection(value)) {
        return Ref::steal(PySet_New(value));
    }
    return Ref::borrow(value);
}

int state_set(PyObject* o, PyObject* instance, PyObject* value) {
    const Call* const call = call_of(instance, what_is(o, "written"));
    if (call == nullptr) {
        return -1;
    }
    const Position position = position_of(o, instance);
    if (position == kAbsent) {
        return -1;
    }
    if (value == nullptr) {
        raise("StateError", join("state '", text_of(as<StateObject>(o)->name),
                                 "' cannot be deleted; assign a value"));
        return -1;
    }
    const Ref declared = as_declared(as<StateObject>(o), value);
    return declared && assign_field(*call->cell()->fields, position, declared.get()) ? 0 : -1;
}

PyObject* state_repr(PyObject* o) {
    return PyUnicode_FromFormat("<state '%U'>", as<StateObject>(o)->name);
}
PyObject* state_get_name(PyObject* o, void*) { return Py_NewRef(as<StateObject>(o)->name); }
PyObject* state_get_doc(PyObject* o, void*) {
    PyObject* const doc = as<StateObject>(o)->doc;
    return Py_NewRef(doc == nullptr ? Py_None : doc);
}

PyMethodDef state_methods[] = {{"__set_name__", method(state_set_name), METH_FASTCALL, nullptr},
                               {"__class_getitem__", Py_GenericAlias, METH_O | METH_CLASS, nullptr},
                               {}};
PyGetSetDef state_properties[] = {
    {"name", state_get_name, nullptr, "Its name on the routine.", nullptr},
    {"__doc__", state_get_doc, nullptr, nullptr, nullptr},
    {}};

}  // namespace

bool add_state_type(PyObject* module) {
    PyType_Slot slots[] = {{Py_tp_new, slot_value(state_new)},
                           {Py_tp_dealloc, slot_value(state_dealloc)},
                           {Py_tp_traverse, slot_value(state_traverse)},
                           {Py_tp_descr_get, slot_value(state_get)},
                           {Py_tp_descr_set, slot_value(state_set)},
                           {Py_tp_repr, slot_value(state_repr)},
                           {Py_tp_methods, state_methods},
                           {Py_tp_getset, state_properties},
                           {}};
    state_type = add_type(module, "stoplog.State", sizeof(StateObject), Py_TPFLAGS_HAVE_GC, slots);
    return state_type != nullptr;
}

}  // namespace stoplog::python
