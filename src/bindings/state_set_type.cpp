// The type `stoplog.StateSet` and its primitives: look up, add, discard, compare, combine.
//
// A set is the document of a dict whose values are all None. What is asked about two sets is asked
// of plain copies, so code of the members cannot change what is being read.
#include "bindings/state_dict_type.hpp"
#include "bindings/state_set.hpp"

namespace stoplog::python {

namespace {

bool is_set_like(PyObject* value) { return PyAnySet_Check(value) != 0 || is_state_set(value); }

/// The place of a value; kAbsent; kFailed with an error.
Position find(const StateSet* self, PyObject* value) {
    const LeafHash hash = hash_of(value);
    if (hash != -1) return self->document.find(value, hash);
    if (PyErr_ExceptionMatches(PyExc_TypeError) == 0) return kFailed;
    if (PySet_Check(value) == 0 && !is_state_set(value)) return kFailed;
    PyErr_Clear();
    const Ref frozen = Ref::steal(PyFrozenSet_New(value));
    if (!frozen) return kFailed;
    const LeafHash frozen_hash = hash_of(frozen.get());
    return frozen_hash == -1 ? kFailed : self->document.find(frozen.get(), frozen_hash);
}

bool remove_at(StateSet* self, Position position) {
    return or_no_memory(false, [&] {
        self->document.remove_at(position);
        return true;
    });
}

// Slots.

Py_ssize_t length(PyObject* self) { return as_state_set(self)->document.size(); }
int contains(PyObject* self, PyObject* value) { return has_member(as_state_set(self), value); }
PyObject* iterate_members(PyObject* self) { return iterate(self, Part::Keys, false); }

PyObject* represent(PyObject* self) {
    const Ref list = Ref::steal(PySequence_List(self));
    if (!list) return nullptr;
    if (PyList_GET_SIZE(list.get()) == 0) return PyUnicode_FromString("set()");
    const Ref text = Ref::steal(PyObject_Repr(list.get()));
    const Ref inner = Ref::steal(
        text ? PyUnicode_Substring(text.get(), 1, PyUnicode_GET_LENGTH(text.get()) - 1) : nullptr);
    return !inner ? nullptr : PyUnicode_FromFormat("{%U}", inner.get());
}

PyObject* compare(PyObject* self, PyObject* other, int operation) {
    if (!is_set_like(other)) Py_RETURN_NOTIMPLEMENTED;
    const Ref mine = Ref::steal(members_of(self));
    const Ref theirs = is_state_set(other) ? Ref::steal(members_of(other)) : Ref::borrow(other);
    if (!mine || !theirs) return nullptr;
    return PyObject_RichCompare(mine.get(), theirs.get(), operation);
}

PyObject* combine(PyObject* left, PyObject* right, binaryfunc act) {
    if (!is_set_like(left) || !is_set_like(right)) Py_RETURN_NOTIMPLEMENTED;
    const Ref one = is_state_set(left) ? Ref::steal(members_of(left)) : Ref::borrow(left);
    const Ref two = is_state_set(right) ? Ref::steal(members_of(right)) : Ref::borrow(right);
    return !one || !two ? nullptr : act(one.get(), two.get());
}
PyObject* unite(PyObject* left, PyObject* right) { return combine(left, right, PyNumber_Or); }
PyObject* intersect(PyObject* left, PyObject* right) { return combine(left, right, PyNumber_And); }
PyObject* subtract(PyObject* left, PyObject* right) {
    return combine(left, right, PyNumber_Subtract);
}
PyObject* differ(PyObject* left, PyObject* right) { return combine(left, right, PyNumber_Xor); }

using Change = bool (*)(StateSet* self, PyObject* plain);
PyObject* change(PyObject* object, PyObject* other, Change act) {
    StateSet* self = as_state_set(object);
    if (!is_set_like(other)) Py_RETURN_NOTIMPLEMENTED;
    if (!check_may_write(self)) return nullptr;
    const Ref plain = Ref::steal(is_state_set(other) ? PySequence_List(other) : PySet_New(other));
    return plain && act(self, plain.get()) ? Py_NewRef(object) : nullptr;
}
PyObject* unite_in_place(PyObject* self, PyObject* other) { return change(self, other, add_all); }
PyObject* subtract_in_place(PyObject* self, PyObject* other) {
    return change(self, other, discard_all);
}
PyObject* differ_in_place(PyObject* self, PyObject* other) {
    return change(self, other, toggle_all);
}
PyObject* intersect_in_place(PyObject* self, PyObject* other) {
    return change(self, other, keep_only);
}

PyObject* refuse_making(PyTypeObject*, PyObject*, PyObject*) {
    PyErr_SetString(PyExc_TypeError,
                    "a StateSet cannot be made by hand; declare it: members = State(set)");
    return nullptr;
}

}  // namespace

// Primitives.

PyObject* members_of(PyObject* self) { return to_plain(self); }

int has_member(StateSet* self, PyObject* value) {
    const Position found = find(self, value);
    return found == kFailed ? -1 : static_cast<int>(found != kAbsent);
}

LeafHash check_member(StateSet* self, PyObject* value) {
    const LeafHash hash = hash_of(value);
    if (hash == -1 || is_plain_leaf(value)) return hash;
    const Origin origin{*self->document.log(), object(self), nullptr};
    return check_key(origin, nullptr, value, Step::Member) ? hash : -1;
}

bool add_member(StateSet* self, PyObject* value, LeafHash hash) {
    const Position found = self->document.find(value, hash);
    if (found != kAbsent) return found != kFailed;
    return or_no_memory(false, [&] {
        self->document.append(value, hash, Py_None);
        Py_INCREF(value);
        Py_INCREF(Py_None);
        return true;
    });
}

int discard_member(StateSet* self, PyObject* value) {
    const Position found = find(self, value);
    if (found == kFailed) return -1;
    if (found == kAbsent) return 0;
    return remove_at(self, found) ? 1 : -1;
}

// The type.

bool add_state_set_type(PyObject* module) {
    PyType_Slot slots[] = {{Py_tp_new, slot_value(refuse_making)},
                           {Py_tp_dealloc, slot_value(deallocate_container<StateSet>)},
                           {Py_tp_methods, state_set_methods},
                           {Py_tp_repr, slot_value(represent)},
                           {Py_tp_richcompare, slot_value(compare)},
                           {Py_tp_hash, slot_value(PyObject_HashNotImplemented)},
                           {Py_tp_iter, slot_value(iterate_members)},
                           {Py_sq_length, slot_value(length)},
                           {Py_sq_contains, slot_value(contains)},
                           {Py_nb_or, slot_value(unite)},
                           {Py_nb_and, slot_value(intersect)},
                           {Py_nb_subtract, slot_value(subtract)},
                           {Py_nb_xor, slot_value(differ)},
                           {Py_nb_inplace_or, slot_value(unite_in_place)},
                           {Py_nb_inplace_and, slot_value(intersect_in_place)},
                           {Py_nb_inplace_subtract, slot_value(subtract_in_place)},
                           {Py_nb_inplace_xor, slot_value(differ_in_place)},
                           {0, nullptr}};
    state_set_type =
        add_type(module, "stoplog.StateSet", sizeof(StateSet), Py_TPFLAGS_IMMUTABLETYPE, slots);
    return state_set_type != nullptr;
}

}  // namespace stoplog::python
