// The type `stoplog.StateDict` and its primitives: look up, write, compare.
//
// A write converts first, looks up last, and then changes the document without running Python code.
#include "bindings/state_dict_type.hpp"

#include "bindings/held_type.hpp"
#include "bindings/state_dict.hpp"
#include "bindings/state_value.hpp"

namespace stoplog::python {

namespace {

Origin origin_of(StateDict* self) { return {*self->document.log(), object(self), nullptr}; }

/// Whether `value` stands at `key` already: `d[k] |= ...` ends in such an assignment. -1: an error.
int is_in_place(StateDict* self, PyObject* key, LeafHash hash, PyObject* value) {
    const Position found = self->document.find(key, hash);
    if (found == kFailed) return -1;
    return found != kAbsent && self->document.value_at(found) == value ? 1 : 0;
}

int remove_key(StateDict* self, PyObject* key) {
    const LeafHash hash = hash_of(key);
    if (hash == -1) return -1;
    const Position found = self->document.find(key, hash);
    if (found == kFailed) return -1;
    if (found == kAbsent) {
        set_key_error(key);
        return -1;
    }
    return remove_at(self, found) ? 0 : -1;
}

// Comparing.

/// Whether `theirs` (a dict or a StateDict of the same size) holds an equal value at `key`.
int has_equal(PyObject* theirs, PyObject* key, PyObject* value) {
    PyObject* other = is_state_dict(theirs) ? lookup(as_state_dict(theirs), key)
                                            : PyDict_GetItemWithError(theirs, key);
    if (other == nullptr) return PyErr_Occurred() != nullptr ? -1 : 0;
    const Ref mine = Ref::steal(hand_out(value));
    const Ref held = Ref::steal(hand_out(other));
    return mine && held ? PyObject_RichCompareBool(mine.get(), held.get(), Py_EQ) : -1;
}

int is_equal_to(StateDict* self, PyObject* theirs) {
    const Py_ssize_t size = PyObject_Size(theirs);
    if (size != static_cast<Py_ssize_t>(self->document.size())) return size < 0 ? -1 : 0;
    int result = 1;
    const Version version = self->document.version();
    version.each([&](const Entry& entry) {
        result = has_equal(theirs, as_object(entry.key), as_object(entry.value));
        return result == 1;
    });
    return result;
}

PyObject* compare(PyObject* self, PyObject* other, int operation) {
    if (operation != Py_EQ && operation != Py_NE) Py_RETURN_NOTIMPLEMENTED;
    Ref theirs = Ref::borrow(other);
    if (!PyDict_Check(other) && !is_state_dict(other)) {
        const int is_one = is_mapping(other);
        if (is_one < 0) return nullptr;
        if (is_one == 0) Py_RETURN_NOTIMPLEMENTED;
        theirs = Ref::steal(PyObject_CallOneArg(reinterpret_cast<PyObject*>(&PyDict_Type), other));
        if (!theirs) return nullptr;
    }
    const int result =
        or_no_memory(-1, [&] { return is_equal_to(as_state_dict(self), theirs.get()); });
    if (result < 0) return nullptr;
    return PyBool_FromLong((result == 1) == (operation == Py_EQ));
}

// Slots.

PyObject* subscript(PyObject* self, PyObject* key) {
    PyObject* value = lookup(as_state_dict(self), key);
    if (value != nullptr) [[likely]] {
        return hand_out(value);
    }
    if (PyErr_Occurred() == nullptr) set_key_error(key);
    return nullptr;
}
int assign_subscript(PyObject* self, PyObject* key, PyObject* value) {
    return assign(as_state_dict(self), key, value);
}
Py_ssize_t length(PyObject* self) { return as_state_dict(self)->document.size(); }
int contains(PyObject* self, PyObject* key) {
    if (lookup(as_state_dict(self), key) != nullptr) return 1;
    return PyErr_Occurred() != nullptr ? -1 : 0;
}
PyObject* iterate_keys(PyObject* self) { return iterate(self, Part::Keys, false); }

PyObject* represent(PyObject* self) {
    const Ref plain = Ref::steal(to_plain(self));
    return !plain ? nullptr : PyObject_Repr(plain.get());
}

PyObject* unite(PyObject* left, PyObject* right) {
    for (PyObject* side : {left, right}) {
        const int is_one = is_mapping(side);
        if (is_one < 0) return nullptr;
        if (is_one == 0) Py_RETURN_NOTIMPLEMENTED;
    }
    Ref united = Ref::steal(PyDict_New());
    for (PyObject* side : {left, right}) {
        const Ref plain = Ref::steal(to_plain(side));
        if (!plain || !united) return nullptr;
        if (PyDict_Update(united.get(), plain.get()) < 0) return nullptr;
    }
    return united.release();
}

PyObject* unite_in_place(PyObject* self, PyObject* other) {
    if (update_from(as_state_dict(self), other, nullptr) < 0) return nullptr;
    return Py_NewRef(self);
}

PyObject* refuse_making(PyTypeObject*, PyObject*, PyObject*) {
    PyErr_SetString(PyExc_TypeError,
                    "a StateDict cannot be made by hand; declare it: totals = State(dict)");
    return nullptr;
}

}  // namespace

// Primitives.

int is_mapping(PyObject* value) {
    if (PyDict_Check(value) || is_state_dict(value)) return 1;
    const Ref module = Ref::steal(PyImport_ImportModule("collections.abc"));
    const Ref mapping =
        Ref::steal(module ? PyObject_GetAttrString(module.get(), "Mapping") : nullptr);
    return !mapping ? -1 : PyObject_IsInstance(value, mapping.get());
}

PyObject* lookup(StateDict* self, PyObject* key) {
    const LeafHash hash = hash_of(key);
    if (hash == -1) return nullptr;
    const Position found = self->document.find(key, hash);
    if (found == kAbsent || found == kFailed) return nullptr;
    return as_object(self->document.value_at(found));
}

bool put(StateDict* self, PyObject* key, LeafHash hash, Ref kept) {
    const Position found = self->document.find(key, hash);
    if (found == kFailed) return false;
    return or_no_memory(false, [&] {
        if (found == kAbsent) {
            self->document.append(key, hash, kept.get());
            Py_INCREF(key);
        } else {
            self->document.set_at(found, kept.get());
        }
        static_cast<void>(kept.release());
        return true;
    });
}

bool remove_at(StateDict* self, Position position) {
    return or_no_memory(false, [&] {
        self->document.remove_at(position);
        return true;
    });
}

int assign(StateDict* self, PyObject* key, PyObject* value) {
    if (!check_may_write(self)) return -1;
    if (value == nullptr) return remove_key(self, key);
    const LeafHash hash = hash_of(key);
    if (hash == -1) return -1;
    if (is_plain_leaf(key) && is_plain_leaf(value)) [[likely]] {
        return put(self, key, hash, Ref::borrow(value)) ? 0 : -1;
    }
    const Origin origin = origin_of(self);
    if (!check_key(origin, nullptr, key)) return -1;
    if (is_state_container(value)) {
        const int is_there = is_in_place(self, key, hash, value);
        if (is_there != 0) return is_there < 0 ? -1 : 0;
    }
    const Place place{nullptr, nullptr, Step::Item, key, 0};
    Ref kept = convert(self->document.log(), origin, value, &place, self->depth + 1);
    return kept && put(self, key, hash, std::move(kept)) ? 0 : -1;
}

// The type.

bool add_state_dict_type(PyObject* module) {
    PyType_Slot slots[] = {{Py_tp_new, slot_value(refuse_making)},
                           {Py_tp_dealloc, slot_value(deallocate_container<StateDict>)},
                           {Py_tp_methods, state_dict_methods},
                           {Py_tp_repr, slot_value(represent)},
                           {Py_tp_richcompare, slot_value(compare)},
                           {Py_tp_hash, slot_value(PyObject_HashNotImplemented)},
                           {Py_tp_iter, slot_value(iterate_keys)},
                           {Py_mp_subscript, slot_value(subscript)},
                           {Py_mp_ass_subscript, slot_value(assign_subscript)},
                           {Py_mp_length, slot_value(length)},
                           {Py_sq_contains, slot_value(contains)},
                           {Py_nb_or, slot_value(unite)},
                           {Py_nb_inplace_or, slot_value(unite_in_place)},
                           {0, nullptr}};
    state_dict_type = add_type(module, "stoplog.StateDict", sizeof(StateDict),
                               Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_MAPPING, slots);
    return state_dict_type != nullptr && add_iterator_type() && add_view_types(module);
}

}  // namespace stoplog::python
