// `keys()`, `values()` and `items()` of a StateDict: live views; those of keys and items act as
// sets.
//
// Set operations answer with a plain set, as the views of a dict do.
#include "bindings/held_type.hpp"
#include "bindings/state_dict.hpp"

#include <array>

namespace stoplog::python {

namespace {

struct View {
    PyObject_HEAD PyObject* of;
};

std::array<PyTypeObject*, 3> view_types{};  // by Part

PyTypeObject*& type_of(Part part) { return view_types.at(static_cast<std::size_t>(part)); }
PyObject* dict_of(PyObject* self) { return reinterpret_cast<View*>(self)->of; }
Part part_of(PyObject* self) {
    if (Py_TYPE(self) == type_of(Part::Keys)) return Part::Keys;
    return Py_TYPE(self) == type_of(Part::Values) ? Part::Values : Part::Items;
}
bool is_set_like(PyObject* value) {
    return PyAnySet_Check(value) || PyDictViewSet_Check(value) ||
           Py_TYPE(value) == type_of(Part::Keys) || Py_TYPE(value) == type_of(Part::Items);
}

Py_ssize_t length(PyObject* self) { return PyObject_Size(dict_of(self)); }
PyObject* iterate_view(PyObject* self) { return iterate(dict_of(self), part_of(self), false); }
PyObject* iterate_reversed(PyObject* self, PyObject*) {
    return iterate(dict_of(self), part_of(self), true);
}

PyObject* represent(PyObject* self) {
    const Ref list = Ref::steal(PySequence_List(self));
    if (!list) return nullptr;
    return PyUnicode_FromFormat("%s(%R)", Py_TYPE(self)->tp_name, list.get());
}

int contains(PyObject* self, PyObject* value) {
    StateDict* dict = as_state_dict(dict_of(self));
    const bool is_item = part_of(self) == Part::Items;
    if (is_item && (!PyTuple_Check(value) || PyTuple_GET_SIZE(value) != 2)) return 0;
    PyObject* found = lookup(dict, is_item ? PyTuple_GET_ITEM(value, 0) : value);
    if (found == nullptr) return PyErr_Occurred() != nullptr ? -1 : 0;
    if (!is_item) return 1;
    const Ref held = Ref::steal(hand_out(found));
    return held ? PyObject_RichCompareBool(held.get(), PyTuple_GET_ITEM(value, 1), Py_EQ) : -1;
}

/// Whether `whole` contains all (or, `is_wanted` false, none) of `part`. -1: an error.
int holds(PyObject* whole, PyObject* part, bool is_wanted) {
    const Ref iterator = Ref::steal(PyObject_GetIter(part));
    if (!iterator) return -1;
    for (;;) {
        const Ref each = Ref::steal(PyIter_Next(iterator.get()));
        if (!each) return PyErr_Occurred() != nullptr ? -1 : 1;
        const int is_in = PySequence_Contains(whole, each.get());
        if (is_in < 0) return -1;
        if ((is_in == 1) != is_wanted) return 0;
    }
}

/// Whether the sizes allow the answer yes.
bool may_hold(Py_ssize_t mine, Py_ssize_t theirs, int operation) {
    switch (operation) {
        case Py_LT:
            return mine < theirs;
        case Py_LE:
            return mine <= theirs;
        case Py_GT:
            return mine > theirs;
        case Py_GE:
            return mine >= theirs;
        default:
            return mine == theirs;
    }
}

PyObject* compare(PyObject* self, PyObject* other, int operation) {
    if (!is_set_like(other)) Py_RETURN_NOTIMPLEMENTED;
    const Py_ssize_t mine = length(self);
    const Py_ssize_t theirs = PyObject_Size(other);
    if (mine < 0 || theirs < 0) return nullptr;
    int result = may_hold(mine, theirs, operation) ? 1 : 0;
    if (result == 1) {
        const bool is_above = operation == Py_GT || operation == Py_GE;
        result = is_above ? holds(self, other, true) : holds(other, self, true);
    }
    if (result < 0) return nullptr;
    return PyBool_FromLong(operation == Py_NE ? result == 0 : result);
}

PyObject* is_disjoint(PyObject* self, PyObject* other) {
    const int result = holds(self, other, false);
    return result < 0 ? nullptr : PyBool_FromLong(result);
}

PyObject* combine(PyObject* left, PyObject* right, const char* method) {
    Ref combined = Ref::steal(PySet_New(left));
    if (!combined) return nullptr;
    const Ref done = Ref::steal(PyObject_CallMethod(combined.get(), method, "(O)", right));
    return !done ? nullptr : combined.release();
}
PyObject* intersect(PyObject* left, PyObject* right) {
    return combine(left, right, "intersection_update");
}
PyObject* unite(PyObject* left, PyObject* right) { return combine(left, right, "update"); }
PyObject* subtract(PyObject* left, PyObject* right) {
    return combine(left, right, "difference_update");
}
PyObject* differ(PyObject* left, PyObject* right) {
    return combine(left, right, "symmetric_difference_update");
}

PyObject* mapping(PyObject* self, void*) { return PyDictProxy_New(dict_of(self)); }

void deallocate(PyObject* self) {
    Py_XDECREF(dict_of(self));
    free_instance(self);
}

PyMethodDef methods[] = {
    {"__reversed__", iterate_reversed, METH_NOARGS, "Return an iterator, last first."},
    {nullptr, nullptr, 0, nullptr}};
PyMethodDef set_methods[] = {
    {"__reversed__", iterate_reversed, METH_NOARGS, "Return an iterator, last first."},
    {"isdisjoint", is_disjoint, METH_O, "Tell whether nothing is in both."},
    {nullptr, nullptr, 0, nullptr}};
PyGetSetDef attributes[] = {{"mapping", mapping, nullptr, "The StateDict, read only.", nullptr},
                            {nullptr, nullptr, nullptr, nullptr, nullptr}};

bool add_view_type(PyObject* module, const char* name, Part part, PyType_Slot* slots) {
    type_of(part) = add_type(module, name, sizeof(View),
                             Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots);
    return type_of(part) != nullptr;
}

bool add_set_type(PyObject* module, const char* name, Part part) {
    PyType_Slot slots[] = {{Py_tp_dealloc, slot_value(deallocate)},
                           {Py_tp_repr, slot_value(represent)},
                           {Py_tp_iter, slot_value(iterate_view)},
                           {Py_tp_methods, set_methods},
                           {Py_tp_getset, attributes},
                           {Py_tp_richcompare, slot_value(compare)},
                           {Py_tp_hash, slot_value(PyObject_HashNotImplemented)},
                           {Py_sq_length, slot_value(length)},
                           {Py_sq_contains, slot_value(contains)},
                           {Py_nb_and, slot_value(intersect)},
                           {Py_nb_or, slot_value(unite)},
                           {Py_nb_subtract, slot_value(subtract)},
                           {Py_nb_xor, slot_value(differ)},
                           {0, nullptr}};
    return add_view_type(module, name, part, slots);
}

bool add_values_type(PyObject* module, const char* name) {
    PyType_Slot slots[] = {{Py_tp_dealloc, slot_value(deallocate)},
                           {Py_tp_repr, slot_value(represent)},
                           {Py_tp_iter, slot_value(iterate_view)},
                           {Py_tp_methods, methods},
                           {Py_tp_getset, attributes},
                           {Py_sq_length, slot_value(length)},
                           {0, nullptr}};
    return add_view_type(module, name, Part::Values, slots);
}

}  // namespace

PyObject* view(PyObject* state_dict, Part part) {
    PyObject* made = type_of(part)->tp_alloc(type_of(part), 0);
    if (made != nullptr) reinterpret_cast<View*>(made)->of = Py_NewRef(state_dict);
    return made;
}

bool add_view_types(PyObject* module) {
    return add_set_type(module, "stoplog.StateDictKeys", Part::Keys) &&
           add_values_type(module, "stoplog.StateDictValues") &&
           add_set_type(module, "stoplog.StateDictItems", Part::Items);
}

}  // namespace stoplog::python
