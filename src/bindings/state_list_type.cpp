// The type `stoplog.StateList` and its primitives: look up, write, compare.
//
// A write converts first, looks at indices last, and then changes the list without running Python
// code.
#include "bindings/state_dict_type.hpp"
#include "bindings/state_list.hpp"

namespace stoplog::python {

namespace {

constexpr std::size_t kMostItems = 0xFFFFFFFF;

/// The position of a counted index; -1 with an IndexError.
Py_ssize_t position_of(const StateList* self, Py_ssize_t index, const char* error) {
    if (index < 0) index += size_of(self);
    if (index >= 0 && index < size_of(self)) return index;
    PyErr_SetString(PyExc_IndexError, error);
    return -1;
}

PyObject* item_at(PyObject* object, Py_ssize_t index) {
    const StateList* self = as_state_list(object);
    if (index < 0 || index >= size_of(self)) {
        PyErr_SetString(PyExc_IndexError, "list index out of range");
        return nullptr;
    }
    return hand_out(as_object(self->document.at(static_cast<Position>(index))));
}

int refuse_index(PyObject* index) {
    PyErr_Format(PyExc_TypeError, "list indices must be integers or slices, not %.200s",
                 Py_TYPE(index)->tp_name);
    return -1;
}

// Slots.

PyObject* subscript(PyObject* object, PyObject* index) {
    if (PyIndex_Check(index) != 0) {
        Py_ssize_t at = PyNumber_AsSsize_t(index, PyExc_IndexError);
        if (at == -1 && PyErr_Occurred() != nullptr) return nullptr;
        if (at < 0) at += size_of(as_state_list(object));
        return item_at(object, at);
    }
    if (PySlice_Check(index)) return slice_of(as_state_list(object), index);
    refuse_index(index);
    return nullptr;
}

int assign_subscript(PyObject* object, PyObject* index, PyObject* value) {
    StateList* self = as_state_list(object);
    if (!check_may_write(self)) return -1;
    if (PyIndex_Check(index) != 0) {
        const Py_ssize_t at = PyNumber_AsSsize_t(index, PyExc_IndexError);
        if (at == -1 && PyErr_Occurred() != nullptr) return -1;
        return assign_item(self, at, value);
    }
    if (PySlice_Check(index)) return assign_slice(self, index, value);
    return refuse_index(index);
}

int assign_at(PyObject* object, Py_ssize_t index, PyObject* value) {
    StateList* self = as_state_list(object);
    return check_may_write(self) ? assign_item(self, index, value) : -1;
}

Py_ssize_t length(PyObject* self) { return size_of(as_state_list(self)); }

int contains(PyObject* object, PyObject* value) {
    const StateList* self = as_state_list(object);
    for (Py_ssize_t i = 0; i < size_of(self); ++i) {
        const Ref item =
            Ref::steal(hand_out(as_object(self->document.at(static_cast<Position>(i)))));
        const int is_equal = item ? PyObject_RichCompareBool(item.get(), value, Py_EQ) : -1;
        if (is_equal != 0) return is_equal;
    }
    return 0;
}

PyObject* iterate_items(PyObject* self) { return iterate_list(self, false); }

PyObject* represent(PyObject* self) {
    const Ref plain = Ref::steal(to_plain(self));
    return !plain ? nullptr : PyObject_Repr(plain.get());
}

PyObject* compare(PyObject* self, PyObject* other, int operation) {
    if (!PyList_Check(other) && !is_state_list(other)) Py_RETURN_NOTIMPLEMENTED;
    if (operation == Py_EQ || operation == Py_NE) {
        const Py_ssize_t theirs = PyObject_Size(other);
        if (theirs < 0) return nullptr;
        if (theirs != length(self)) return PyBool_FromLong(operation == Py_NE);
    }
    const Ref mine = Ref::steal(shown_items_of(as_state_list(self)));
    const Ref theirs = is_state_list(other) ? Ref::steal(shown_items_of(as_state_list(other)))
                                            : Ref::borrow(other);
    if (!mine || !theirs) return nullptr;
    return PyObject_RichCompare(mine.get(), theirs.get(), operation);
}

PyObject* concatenate(PyObject* self, PyObject* other) {
    const Ref items = Ref::steal(shown_items_of(as_state_list(self)));
    if (!items) return nullptr;
    return PySequence_InPlaceConcat(items.get(), other);
}

PyObject* repeat(PyObject* self, Py_ssize_t count) {
    const Ref items = Ref::steal(shown_items_of(as_state_list(self)));
    return !items ? nullptr : PySequence_Repeat(items.get(), count);
}

PyObject* extend_in_place(PyObject* self, PyObject* other) {
    return extend_by(as_state_list(self), other) < 0 ? nullptr : Py_NewRef(self);
}

PyObject* repeat_in_place(PyObject* object, Py_ssize_t count) {
    StateList* self = as_state_list(object);
    if (!check_may_write(self)) return nullptr;
    const Position size = self->document.size();
    if (count <= 0) return remove_items(self, 0, size) < 0 ? nullptr : Py_NewRef(object);
    if (size != 0 && static_cast<std::size_t>(count) > kMostItems / size) return PyErr_NoMemory();
    const Ref more = Ref::steal(repeat(object, count - 1));
    return !more ? nullptr : extend_in_place(object, more.get());
}

PyObject* refuse_making(PyTypeObject*, PyObject*, PyObject*) {
    PyErr_SetString(PyExc_TypeError,
                    "a StateList cannot be made by hand; declare it: items = State(list)");
    return nullptr;
}

/// A list or tuple of what an iterable gives; what it says of its length may be a lie.
Ref gather(PyObject* iterable) {
    if (PyList_CheckExact(iterable) || PyTuple_CheckExact(iterable)) return Ref::borrow(iterable);
    if (is_state_list(iterable)) return Ref::steal(items_of(as_state_list(iterable)));
    const Ref items = Ref::steal(PyObject_GetIter(iterable));
    Ref gathered = Ref::steal(items ? PyList_New(0) : nullptr);
    while (gathered) {
        const Ref item = Ref::steal(PyIter_Next(items.get()));
        if (!item) break;
        if (PyList_Append(gathered.get(), item.get()) < 0) return {};
    }
    return PyErr_Occurred() != nullptr ? Ref() : gathered;
}

}  // namespace

// Primitives.

PyObject* items_of(StateList* self, Position from, Position until) {
    const LeafTree items = self->document.version();  // making a list may run a collection
    Ref list = Ref::steal(PyList_New(static_cast<Py_ssize_t>(until) - from));
    for (Position i = from; list && i < until; ++i) {
        PyList_SET_ITEM(list.get(), i - from, Py_NewRef(as_object(items.at(i))));
    }
    return list.release();
}

PyObject* opened(Ref items) {
    for (Py_ssize_t i = 0; items && i < PyList_GET_SIZE(items.get()); ++i) {
        PyObject* const item = PyList_GET_ITEM(items.get(), i);
        if (!is_held(item)) continue;
        PyObject* const made = open_held(item);
        if (made == nullptr || PyList_SetItem(items.get(), i, made) < 0) return nullptr;
    }
    return items.release();
}

bool check_room(const StateList* self, std::size_t more) {
    if (more <= kMostItems - self->document.size()) return true;
    PyErr_NoMemory();
    return false;
}

Ref kept_item(StateList* self, PyObject* value, Py_ssize_t index) {
    if (is_plain_leaf(value)) return Ref::borrow(value);
    const Origin origin{*self->document.log(), object(self), nullptr};
    const Place place{nullptr, nullptr, Step::Index, nullptr, index};
    return convert(self->document.log(), origin, value, &place, self->depth + 1);
}

bool convert_items(StateList* self, PyObject* source, Movable movable, Py_ssize_t first_index,
                   PendingItems& pending) {
    pending.reserve(static_cast<std::size_t>(PySequence_Fast_GET_SIZE(source)));
    for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(source); ++i) {
        Ref item = Ref::borrow(PySequence_Fast_GET_ITEM(source, i));
        if (movable.erase(item.get()) == 0) item = kept_item(self, item.get(), first_index + i);
        if (!item) return false;
        pending.add(std::move(item));
    }
    return true;
}

int extend_by(StateList* self, PyObject* iterable) {
    if (!check_may_write(self)) return -1;
    const Ref source = gather(iterable);
    if (!source) return -1;
    return or_no_memory(-1, [&] {
        PendingItems pending;
        if (!convert_items(self, source.get(), {}, size_of(self), pending)) return -1;
        if (!check_room(self, pending.size())) return -1;
        if (pending.size() != 0) pending.put(self->document, self->document.size(), 0);
        return 0;
    });
}

int remove_items(StateList* self, Position at, Position count) {
    if (count == 0) return 0;
    return or_no_memory(-1, [&] {
        self->document.splice(at, count, {});
        return 0;
    });
}

int assign_item(StateList* self, Py_ssize_t index, PyObject* value) {
    constexpr const char* kOutOfRange = "list assignment index out of range";
    const Py_ssize_t before = position_of(self, index, kOutOfRange);
    if (before < 0) return -1;
    if (value == nullptr) return remove_items(self, static_cast<Position>(before), 1);
    // `l[i] += ...` ends in such an assignment
    if (as_object(self->document.at(static_cast<Position>(before))) == value) return 0;
    Ref kept = kept_item(self, value, before);
    const Py_ssize_t at = !kept ? -1 : position_of(self, index, kOutOfRange);
    if (at < 0) return -1;
    return or_no_memory(-1, [&] {
        self->document.set_at(static_cast<Position>(at), kept.get());
        static_cast<void>(kept.release());
        return 0;
    });
}

// The type.

bool add_state_list_type(PyObject* module) {
    PyType_Slot slots[] = {{Py_tp_new, slot_value(refuse_making)},
                           {Py_tp_dealloc, slot_value(deallocate_container<StateList>)},
                           {Py_tp_methods, state_list_methods},
                           {Py_tp_repr, slot_value(represent)},
                           {Py_tp_richcompare, slot_value(compare)},
                           {Py_tp_hash, slot_value(PyObject_HashNotImplemented)},
                           {Py_tp_iter, slot_value(iterate_items)},
                           {Py_mp_subscript, slot_value(subscript)},
                           {Py_mp_ass_subscript, slot_value(assign_subscript)},
                           {Py_mp_length, slot_value(length)},
                           {Py_sq_length, slot_value(length)},
                           {Py_sq_item, slot_value(item_at)},
                           {Py_sq_ass_item, slot_value(assign_at)},
                           {Py_sq_contains, slot_value(contains)},
                           {Py_sq_concat, slot_value(concatenate)},
                           {Py_sq_repeat, slot_value(repeat)},
                           {Py_sq_inplace_concat, slot_value(extend_in_place)},
                           {Py_sq_inplace_repeat, slot_value(repeat_in_place)},
                           {0, nullptr}};
    state_list_type = add_type(module, "stoplog.StateList", sizeof(StateList),
                               Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_SEQUENCE, slots);
    return state_list_type != nullptr && add_list_iterator_type();
}

}  // namespace stoplog::python
