// Type slots of Event and BoundEvent.
//
// Event has Py_TPFLAGS_METHOD_DESCRIPTOR: `self.word(...)` is looked up and called like a method,
// without an object in between.
#include "bindings/event_type.hpp"

#include "stoplog/base/error.hpp"

#include "bindings/emit.hpp"
#include "bindings/names.hpp"
#include "bindings/type_support.hpp"

#include <cstddef>
#include <structmember.h>

namespace stoplog::python {

PyTypeObject* event_type = nullptr;
PyTypeObject* bound_event_type = nullptr;

namespace {

PyObject* call_event(PyObject* self, PyObject* const* arguments, std::size_t flags,
                     PyObject* names) {
    const Py_ssize_t count = PyVectorcall_NARGS(flags);
    if (count < 1 || !is_routine(arguments[0])) [[unlikely]] {
        PyErr_Format(PyExc_TypeError, "an event is emitted by a routine: self.%U(...)",
                     as<EventObject>(self)->name);
        return nullptr;
    }
    return emit(arguments[0], as<EventObject>(self), arguments + 1, count - 1, names);
}

PyObject* call_bound_event(PyObject* self, PyObject* const* arguments, std::size_t flags,
                           PyObject* names) {
    auto* const bound = as<BoundEventObject>(self);
    return emit(bound->routine, bound->event, arguments, PyVectorcall_NARGS(flags), names);
}

// ---- Event

EventObject* new_event(PyTypeObject* type) {
    auto* const self = as<EventObject>(type->tp_alloc(type, 0));
    if (self != nullptr) {
        self->vectorcall = call_event;
        self->seen_positional = -1;
        self->fields = new Signature;
        self->name = PyUnicode_InternFromString("?");
    }
    return self;
}

PyObject* event_new(PyTypeObject* type, PyObject* names, PyObject* keywords) {
    if (keywords != nullptr && PyDict_GET_SIZE(keywords) != 0) {
        PyErr_SetString(PyExc_TypeError, "Event(*fields) takes field names and no options");
        return nullptr;
    }
    EventObject* const self = new_event(type);
    if (self == nullptr) {
        return nullptr;
    }
    self->fields->takes_rest = PyTuple_GET_SIZE(names) == 0;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(names); ++i) {
        PyObject* name = PyTuple_GET_ITEM(names, i);
        if (!PyUnicode_Check(name) || PyUnicode_IsIdentifier(name) != 1 ||
            self->fields->find(name) >= 0) {
            Py_DECREF(self);
            const Ref shown = Ref::steal(PyObject_Repr(name));
            return raise("ConfigurationError",
                         join("Event(*fields): a field name is an identifier that is said once; "
                              "found ",
                              shown ? text_of(shown.get()) : "?"));
        }
        Py_INCREF(name);
        PyUnicode_InternInPlace(&name);
        Parameter field;
        field.name = Ref::steal(name);
        self->fields->parameters.push_back(std::move(field));
    }
    return object(self);
}

int event_traverse(PyObject* o, visitproc visit, void* arg) {
    auto* const self = as<EventObject>(o);
    Py_VISIT(Py_TYPE(o));
    Py_VISIT(self->doc);
    Py_VISIT(self->added);
    for (const Parameter& field : self->fields->parameters) {
        Py_VISIT(field.default_value.get());
    }
    return 0;
}

void event_dealloc(PyObject* o) {
    PyObject_GC_UnTrack(o);
    auto* const self = as<EventObject>(o);
    Py_XDECREF(self->name);
    Py_XDECREF(self->doc);
    Py_XDECREF(self->seen_names);
    Py_XDECREF(self->payload_names);
    Py_XDECREF(self->added);
    delete self->fields;
    free_instance(o);
}

PyObject* event_set_name(PyObject* o, PyObject* const* arguments, Py_ssize_t count) {
    if (count != 2) {
        PyErr_SetString(PyExc_TypeError, "__set_name__(owner, name)");
        return nullptr;
    }
    if (!check_part_name(arguments[0], arguments[1], "event")) {
        return nullptr;
    }
    if (!check_single_name(arguments[0], as<EventObject>(o)->name, arguments[1])) {
        return nullptr;
    }
    PyObject* name = Py_NewRef(arguments[1]);
    PyUnicode_InternInPlace(&name);
    Py_XSETREF(as<EventObject>(o)->name, name);
    Py_RETURN_NONE;
}

PyObject* event_get(PyObject* o, PyObject* instance, PyObject*) {
    if (instance == nullptr || instance == Py_None) {
        return Py_NewRef(o);
    }
    if (!is_routine(instance)) {
        return raise("ConfigurationError",
                     join("event '", name_in_class(instance, as<EventObject>(o)->name),
                          "' stands on a class that is no Routine"));
    }
    auto* const bound = PyObject_GC_New(BoundEventObject, bound_event_type);
    if (bound == nullptr) {
        return nullptr;
    }
    bound->vectorcall = call_bound_event;
    bound->event = as<EventObject>(Py_NewRef(o));
    bound->routine = Py_NewRef(instance);
    PyObject_GC_Track(bound);
    return object(bound);
}

PyObject* event_repr(PyObject* o) {
    return PyUnicode_FromFormat("<event '%U'>", as<EventObject>(o)->name);
}

PyObject* field_names(const EventObject& event) {
    if (event.fields->takes_rest) {
        Py_RETURN_NONE;
    }
    const auto& fields = event.fields->parameters;
    PyObject* const names = PyTuple_New(static_cast<Py_ssize_t>(fields.size()));
    for (std::size_t i = 0; names != nullptr && i < fields.size(); ++i) {
        PyTuple_SET_ITEM(names, static_cast<Py_ssize_t>(i), Py_NewRef(fields[i].name.get()));
    }
    return names;
}

PyObject* event_get_name(PyObject* o, void*) { return Py_NewRef(as<EventObject>(o)->name); }
PyObject* event_get_fields(PyObject* o, void*) { return field_names(*as<EventObject>(o)); }
PyObject* event_get_doc(PyObject* o, void*) {
    PyObject* const doc = as<EventObject>(o)->doc;
    return Py_NewRef(doc == nullptr ? Py_None : doc);
}

PyObject* decorate_event(PyObject*, PyObject* function) {
    Signature signature;
    if (!read_signature(function, "@event: the declaration", signature)) {
        return nullptr;
    }
    EventObject* const self = new_event(event_type);
    if (self != nullptr) {
        *self->fields = std::move(signature);
        self->doc = doc_of(function);
    }
    return object(self);
}

// ---- BoundEvent

int bound_traverse(PyObject* o, visitproc visit, void* arg) {
    Py_VISIT(Py_TYPE(o));
    Py_VISIT(as<BoundEventObject>(o)->event);
    Py_VISIT(as<BoundEventObject>(o)->routine);
    return 0;
}

void bound_dealloc(PyObject* o) {
    PyObject_GC_UnTrack(o);
    Py_DECREF(as<BoundEventObject>(o)->event);
    Py_DECREF(as<BoundEventObject>(o)->routine);
    free_instance(o);
}

PyObject* bound_repr(PyObject* o) {
    const auto& bound = *as<BoundEventObject>(o);
    return PyUnicode_FromFormat("<event '%U' of %s>", bound.event->name,
                                Py_TYPE(bound.routine)->tp_name);
}

PyObject* bound_compare(PyObject* a, PyObject* b, int operation) {
    if (!Py_IS_TYPE(b, bound_event_type) || (operation != Py_EQ && operation != Py_NE)) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    const auto& x = *as<BoundEventObject>(a);
    const auto& y = *as<BoundEventObject>(b);
    const bool is_same = x.event == y.event && x.routine == y.routine;
    return PyBool_FromLong(static_cast<long>(is_same == (operation == Py_EQ)));
}

Py_hash_t bound_hash(PyObject* o) {
    const auto& bound = *as<BoundEventObject>(o);
    return _Py_HashPointer(bound.event) ^ (_Py_HashPointer(bound.routine) * 3);
}

PyObject* bound_get_name(PyObject* o, void*) {
    return Py_NewRef(as<BoundEventObject>(o)->event->name);
}
PyObject* bound_get_fields(PyObject* o, void*) {
    return field_names(*as<BoundEventObject>(o)->event);
}
PyObject* bound_get_doc(PyObject* o, void*) {
    return event_get_doc(object(as<BoundEventObject>(o)->event), nullptr);
}
PyObject* bound_get_routine(PyObject* o, void*) {
    return Py_NewRef(as<BoundEventObject>(o)->routine);
}

PyMethodDef event_methods[] = {{"__set_name__", method(event_set_name), METH_FASTCALL, nullptr},
                               {"__class_getitem__", Py_GenericAlias, METH_O | METH_CLASS, nullptr},
                               {}};
PyGetSetDef event_properties[] = {
    {"name", event_get_name, nullptr, "Its name on the routine.", nullptr},
    {"fields", event_get_fields, nullptr, "Field names; None: any.", nullptr},
    {"__doc__", event_get_doc, nullptr, nullptr, nullptr},
    {}};
PyMemberDef event_members[] = {
    {"__vectorcalloffset__", T_PYSSIZET, offsetof(EventObject, vectorcall), READONLY, nullptr}, {}};
PyMethodDef bound_methods[] = {{"__class_getitem__", Py_GenericAlias, METH_O | METH_CLASS, nullptr},
                               {}};
PyGetSetDef bound_properties[] = {
    {"name", bound_get_name, nullptr, "Its name on the routine.", nullptr},
    {"fields", bound_get_fields, nullptr, "Field names; None: any.", nullptr},
    {"routine", bound_get_routine, nullptr, "The routine that emits it.", nullptr},
    {"__doc__", bound_get_doc, nullptr, nullptr, nullptr},
    {}};
PyMemberDef bound_members[] = {
    {"__vectorcalloffset__", T_PYSSIZET, offsetof(BoundEventObject, vectorcall), READONLY, nullptr},
    {}};
PyMethodDef functions[] = {{"event", decorate_event, METH_O, nullptr}, {}};

}  // namespace

bool add_event_types(PyObject* module) {
    PyType_Slot event_slots[] = {{Py_tp_new, slot_value(event_new)},
                                 {Py_tp_call, slot_value(PyVectorcall_Call)},
                                 {Py_tp_dealloc, slot_value(event_dealloc)},
                                 {Py_tp_traverse, slot_value(event_traverse)},
                                 {Py_tp_descr_get, slot_value(event_get)},
                                 {Py_tp_repr, slot_value(event_repr)},
                                 {Py_tp_methods, event_methods},
                                 {Py_tp_getset, event_properties},
                                 {Py_tp_members, event_members},
                                 {}};
    PyType_Slot bound_slots[] = {{Py_tp_call, slot_value(PyVectorcall_Call)},
                                 {Py_tp_dealloc, slot_value(bound_dealloc)},
                                 {Py_tp_traverse, slot_value(bound_traverse)},
                                 {Py_tp_repr, slot_value(bound_repr)},
                                 {Py_tp_richcompare, slot_value(bound_compare)},
                                 {Py_tp_hash, slot_value(bound_hash)},
                                 {Py_tp_methods, bound_methods},
                                 {Py_tp_getset, bound_properties},
                                 {Py_tp_members, bound_members},
                                 {}};
    event_type =
        add_type(module, "stoplog.Event", sizeof(EventObject),
                 Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_HAVE_VECTORCALL | Py_TPFLAGS_METHOD_DESCRIPTOR,
                 event_slots);
    bound_event_type = add_type(
        module, "stoplog.BoundEvent", sizeof(BoundEventObject),
        Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_HAVE_VECTORCALL | Py_TPFLAGS_DISALLOW_INSTANTIATION,
        bound_slots);
    return event_type != nullptr && bound_event_type != nullptr &&
           PyModule_AddFunctions(module, functions) == 0;
}

}  // namespace stoplog::python
