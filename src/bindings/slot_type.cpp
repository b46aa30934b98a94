// Type slots of Slot, BoundSlot and Message.
#include "bindings/slot_type.hpp"

#include "stoplog/base/error.hpp"
#include "stoplog/base/suggest.hpp"

#include "bindings/names.hpp"
#include "bindings/type_support.hpp"

namespace stoplog::python {

PyTypeObject* slot_type = nullptr;
PyTypeObject* bound_slot_type = nullptr;
PyTypeObject* message_type = nullptr;

namespace {

std::string where_of(const BoundSlotObject& bound) {
    return name_in_class(bound.routine, bound.slot->name);
}

// ---- Slot

int slot_traverse(PyObject* o, visitproc visit, void* arg) {
    auto* const self = as<SlotObject>(o);
    Py_VISIT(Py_TYPE(o));
    Py_VISIT(self->function);
    Py_VISIT(self->callee);
    Py_VISIT(self->merge);
    return 0;
}

int slot_clear(PyObject* o) {
    Py_CLEAR(as<SlotObject>(o)->function);
    Py_CLEAR(as<SlotObject>(o)->callee);
    Py_CLEAR(as<SlotObject>(o)->merge);
    return 0;
}

void slot_dealloc(PyObject* o) {
    PyObject_GC_UnTrack(o);
    auto* const self = as<SlotObject>(o);
    Py_XDECREF(self->name);
    Py_XDECREF(self->function);
    Py_XDECREF(self->callee);
    Py_XDECREF(self->given_name);
    Py_XDECREF(self->merge);
    delete self->fields;
    delete self->spec;
    free_instance(o);
}

PyObject* slot_set_name(PyObject* o, PyObject* const* arguments, Py_ssize_t count) {
    auto* const self = as<SlotObject>(o);
    if (count != 2) {
        PyErr_SetString(PyExc_TypeError, "__set_name__(owner, name)");
        return nullptr;
    }
    PyObject* name = self->given_name != nullptr ? self->given_name : arguments[1];
    if (!check_part_name(arguments[0], name, "slot") ||
        !check_part_name(arguments[0], arguments[1], "slot")) {
        return nullptr;
    }
    Py_INCREF(name);
    PyUnicode_InternInPlace(&name);
    self->spec->name = text_of(name);
    Py_XSETREF(self->name, name);
    Py_RETURN_NONE;
}

PyObject* slot_get(PyObject* o, PyObject* instance, PyObject*) {
    if (instance == nullptr || instance == Py_None) {
        return Py_NewRef(o);
    }
    if (!is_routine(instance)) {
        return raise("ConfigurationError",
                     join("slot '", name_in_class(instance, as<SlotObject>(o)->name),
                          "' stands on a class that is no Routine"));
    }
    auto* const bound = PyObject_GC_New(BoundSlotObject, bound_slot_type);
    if (bound == nullptr) {
        return nullptr;
    }
    bound->slot = as<SlotObject>(Py_NewRef(o));
    bound->routine = Py_NewRef(instance);
    PyObject_GC_Track(bound);
    return object(bound);
}

PyObject* slot_call(PyObject* o, PyObject* arguments, PyObject* keywords) {
    return PyObject_Call(as<SlotObject>(o)->function, arguments, keywords);
}

PyObject* slot_repr(PyObject* o) {
    return PyUnicode_FromFormat("<slot '%U'>", as<SlotObject>(o)->name);
}
PyObject* slot_get_name(PyObject* o, void*) { return Py_NewRef(as<SlotObject>(o)->name); }
PyObject* slot_get_doc(PyObject* o, void*) { return doc_of(as<SlotObject>(o)->function); }
PyObject* slot_get_function(PyObject* o, void*) { return Py_NewRef(as<SlotObject>(o)->function); }

// ---- BoundSlot

int bound_traverse(PyObject* o, visitproc visit, void* arg) {
    Py_VISIT(Py_TYPE(o));
    Py_VISIT(as<BoundSlotObject>(o)->slot);
    Py_VISIT(as<BoundSlotObject>(o)->routine);
    return 0;
}

void bound_dealloc(PyObject* o) {
    PyObject_GC_UnTrack(o);
    Py_DECREF(as<BoundSlotObject>(o)->slot);
    Py_DECREF(as<BoundSlotObject>(o)->routine);
    free_instance(o);
}

// An ordinary call of the handler: for super(), and for tests of one handler.
PyObject* bound_call(PyObject* o, PyObject* arguments, PyObject* keywords) {
    const auto& bound = *as<BoundSlotObject>(o);
    if (!bound.slot->takes_routine) {
        return PyObject_Call(bound.slot->callee, arguments, keywords);
    }
    const Ref method = Ref::steal(PyMethod_New(bound.slot->callee, bound.routine));
    return method ? PyObject_Call(method.get(), arguments, keywords) : nullptr;
}

void drop_payload(PyObject* capsule) {
    // Takes over the reference that the capsule owned, to give it back.
    auto* const payload = static_cast<PythonPayload*>(PyCapsule_GetPointer(capsule, nullptr));
    payload->release();
}

PyObject* bound_of(PyObject* o, PyObject* const* values, Py_ssize_t count, PyObject* names) {
    const auto& bound = *as<BoundSlotObject>(o);
    PythonPayload* const payload =
        make_slot_payload(*bound.slot, where_of(bound), values, count, names);
    if (payload == nullptr) {
        return nullptr;
    }
    payload->retain();
    Ref capsule = Ref::steal(PyCapsule_New(payload, nullptr, drop_payload));
    auto* const message = capsule ? PyObject_GC_New(MessageObject, message_type) : nullptr;
    if (message == nullptr) {
        return nullptr;
    }
    message->slot = as<SlotObject>(Py_NewRef(bound.slot));
    message->routine = Py_NewRef(bound.routine);
    message->payload = capsule.release();
    PyObject_GC_Track(message);
    return object(message);
}

PyObject* bound_repr(PyObject* o) {
    const auto& bound = *as<BoundSlotObject>(o);
    return PyUnicode_FromFormat("<slot '%U' of %s>", bound.slot->name,
                                Py_TYPE(bound.routine)->tp_name);
}

PyObject* bound_compare(PyObject* a, PyObject* b, int operation) {
    if (!Py_IS_TYPE(b, bound_slot_type) || (operation != Py_EQ && operation != Py_NE)) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    const auto& x = *as<BoundSlotObject>(a);
    const auto& y = *as<BoundSlotObject>(b);
    const bool is_same = x.slot == y.slot && x.routine == y.routine;
    return PyBool_FromLong(static_cast<long>(is_same == (operation == Py_EQ)));
}

Py_hash_t bound_hash(PyObject* o) {
    const auto& bound = *as<BoundSlotObject>(o);
    return _Py_HashPointer(bound.slot) ^ (_Py_HashPointer(bound.routine) * 3);
}

PyObject* bound_get_name(PyObject* o, void*) {
    return Py_NewRef(as<BoundSlotObject>(o)->slot->name);
}
PyObject* bound_get_doc(PyObject* o, void*) {
    return doc_of(as<BoundSlotObject>(o)->slot->function);
}
PyObject* bound_get_routine(PyObject* o, void*) {
    return Py_NewRef(as<BoundSlotObject>(o)->routine);
}

// ---- Message

int message_traverse(PyObject* o, visitproc visit, void* arg) {
    Py_VISIT(Py_TYPE(o));
    Py_VISIT(as<MessageObject>(o)->slot);
    Py_VISIT(as<MessageObject>(o)->routine);
    return 0;
}

void message_dealloc(PyObject* o) {
    PyObject_GC_UnTrack(o);
    Py_DECREF(as<MessageObject>(o)->slot);
    Py_DECREF(as<MessageObject>(o)->routine);
    Py_DECREF(as<MessageObject>(o)->payload);
    free_instance(o);
}

PyObject* message_repr(PyObject* o) {
    const auto& message = *as<MessageObject>(o);
    return PyUnicode_FromFormat("<message to '%U' of %s>", message.slot->name,
                                Py_TYPE(message.routine)->tp_name);
}

PyObject* message_get_slot(PyObject* o, void*) {
    return Py_NewRef(as<MessageObject>(o)->slot->name);
}
PyObject* message_get_routine(PyObject* o, void*) {
    return Py_NewRef(as<MessageObject>(o)->routine);
}

PyMethodDef slot_methods[] = {{"__set_name__", method(slot_set_name), METH_FASTCALL, nullptr},
                              {"__class_getitem__", Py_GenericAlias, METH_O | METH_CLASS, nullptr},
                              {}};
PyGetSetDef slot_properties[] = {
    {"name", slot_get_name, nullptr, "Its name on the routine.", nullptr},
    {"__doc__", slot_get_doc, nullptr, nullptr, nullptr},
    {"__wrapped__", slot_get_function, nullptr, "The handler.", nullptr},
    {}};
PyMethodDef bound_methods[] = {
    {"of", method(bound_of), METH_FASTCALL | METH_KEYWORDS,
     "of($self, /, *args, **fields)\n--\n\nA message to this slot: what `run`, `start` and `send` "
     "take."},
    {"__class_getitem__", Py_GenericAlias, METH_O | METH_CLASS, nullptr},
    {}};
PyGetSetDef bound_properties[] = {
    {"name", bound_get_name, nullptr, "Its name on the routine.", nullptr},
    {"routine", bound_get_routine, nullptr, "The routine that it belongs to.", nullptr},
    {"__doc__", bound_get_doc, nullptr, nullptr, nullptr},
    {}};

PyGetSetDef message_properties[] = {
    {"slot", message_get_slot, nullptr, "Name of the slot that it is for.", nullptr},
    {"routine", message_get_routine, nullptr, "The routine that it is for.", nullptr},
    {}};

}  // namespace

bool add_slot_types(PyObject* module) {
    PyType_Slot slots[] = {{Py_tp_call, slot_value(slot_call)},
                           {Py_tp_dealloc, slot_value(slot_dealloc)},
                           {Py_tp_traverse, slot_value(slot_traverse)},
                           {Py_tp_clear, slot_value(slot_clear)},
                           {Py_tp_descr_get, slot_value(slot_get)},
                           {Py_tp_repr, slot_value(slot_repr)},
                           {Py_tp_methods, slot_methods},
                           {Py_tp_getset, slot_properties},
                           {}};
    PyType_Slot bound[] = {{Py_tp_call, slot_value(bound_call)},
                           {Py_tp_dealloc, slot_value(bound_dealloc)},
                           {Py_tp_traverse, slot_value(bound_traverse)},
                           {Py_tp_repr, slot_value(bound_repr)},
                           {Py_tp_richcompare, slot_value(bound_compare)},
                           {Py_tp_hash, slot_value(bound_hash)},
                           {Py_tp_methods, bound_methods},
                           {Py_tp_getset, bound_properties},
                           {}};
    PyType_Slot message[] = {{Py_tp_dealloc, slot_value(message_dealloc)},
                             {Py_tp_traverse, slot_value(message_traverse)},
                             {Py_tp_repr, slot_value(message_repr)},
                             {Py_tp_getset, message_properties},
                             {}};
    constexpr unsigned long kFlags = Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION;
    slot_type = add_type(module, "stoplog.Slot", sizeof(SlotObject), kFlags, slots);
    bound_slot_type = add_type(module, "stoplog.BoundSlot", sizeof(BoundSlotObject), kFlags, bound);
    message_type = add_type(module, "stoplog.Message", sizeof(MessageObject), kFlags, message);
    return slot_type != nullptr && bound_slot_type != nullptr && message_type != nullptr &&
           add_slot_functions(module);
}

}  // namespace stoplog::python
