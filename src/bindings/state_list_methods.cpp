// The methods of StateList: those of list, and `to_plain`.
//
// A method that can write asks for the right to write first, whether or not there is something to
// do.
#include "bindings/state_list.hpp"

#include <algorithm>
#include <unordered_map>
#include <vector>

namespace stoplog::python {

namespace {

PyObject* none_unless(bool has_failed) { return has_failed ? nullptr : Py_NewRef(Py_None); }

PyObject* append(PyObject* object, PyObject* value) {
    StateList* self = as_state_list(object);
    if (!check_may_write(self) || !check_room(self, 1)) return nullptr;
    Ref kept = kept_item(self, value, size_of(self));
    if (!kept) return nullptr;
    return or_no_memory(static_cast<PyObject*>(nullptr), [&] {
        self->document.append(kept.get());
        static_cast<void>(kept.release());
        return Py_NewRef(Py_None);
    });
}

PyObject* extend(PyObject* self, PyObject* iterable) {
    return none_unless(extend_by(as_state_list(self), iterable) < 0);
}

PyObject* insert(PyObject* object, PyObject* const* arguments, Py_ssize_t count) {
    StateList* self = as_state_list(object);
    if (!check_count("insert", count, 2, 2) || !check_may_write(self)) return nullptr;
    Py_ssize_t index = PyNumber_AsSsize_t(arguments[0], PyExc_OverflowError);
    if (index == -1 && PyErr_Occurred() != nullptr) return nullptr;
    Ref kept = kept_item(self, arguments[1], index);
    if (!kept || !check_room(self, 1)) return nullptr;
    const Py_ssize_t size = size_of(self);
    if (index < 0) index = std::max<Py_ssize_t>(index + size, 0);
    return or_no_memory(static_cast<PyObject*>(nullptr), [&] {
        PendingItems pending;
        pending.add(std::move(kept));
        pending.put(self->document, static_cast<Position>(std::min(index, size)), 0);
        return Py_NewRef(Py_None);
    });
}

PyObject* pop(PyObject* object, PyObject* const* arguments, Py_ssize_t count) {
    StateList* self = as_state_list(object);
    if (!check_count("pop", count, 0, 1) || !check_may_write(self)) return nullptr;
    Py_ssize_t index = -1;
    if (count == 1) {
        index = PyNumber_AsSsize_t(arguments[0], PyExc_IndexError);
        if (index == -1 && PyErr_Occurred() != nullptr) return nullptr;
    }
    const Py_ssize_t size = size_of(self);
    if (index < 0) index += size;
    if (index < 0 || index >= size) {
        PyErr_SetString(PyExc_IndexError,
                        size == 0 ? "pop from empty list" : "pop index out of range");
        return nullptr;
    }
    if (index == size - 1) {
        const Ref last =
            or_no_memory(Ref(), [&] { return Ref::steal(as_object(self->document.pop())); });
        return !last ? nullptr : hand_out(last.get());
    }
    const auto at = static_cast<Position>(index);
    const Ref item = Ref::borrow(as_object(self->document.at(at)));
    return remove_items(self, at, 1) < 0 ? nullptr : hand_out(item.get());
}

PyObject* clear(PyObject* object, PyObject*) {
    StateList* self = as_state_list(object);
    if (!check_may_write(self)) return nullptr;
    return none_unless(remove_items(self, 0, self->document.size()) < 0);
}

// Looking for an item.

/// The first place of an equal item within bounds; -1: there is none, -2: an error. Starts again
/// when a comparison changed the list.
Py_ssize_t find(const StateList* self, PyObject* value, Py_ssize_t from, Py_ssize_t until) {
    for (Py_ssize_t i = from; i < until && i < size_of(self);) {
        const std::uint64_t seen = self->document.changes();
        const Ref item =
            Ref::steal(hand_out(as_object(self->document.at(static_cast<Position>(i)))));
        const int is_equal = item ? PyObject_RichCompareBool(item.get(), value, Py_EQ) : -1;
        if (is_equal < 0) return -2;
        if (seen != self->document.changes()) {
            i = from;
        } else if (is_equal == 1) {
            return i;
        } else {
            ++i;
        }
    }
    return -1;
}

bool bound(PyObject* given, Py_ssize_t size, Py_ssize_t& at) {
    if (PyIndex_Check(given) == 0) {
        PyErr_SetString(PyExc_TypeError,
                        "slice indices must be integers or have an __index__ method");
        return false;
    }
    at = PyNumber_AsSsize_t(given, nullptr);
    if (at == -1 && PyErr_Occurred() != nullptr) return false;
    if (at < 0) at = std::max<Py_ssize_t>(at + size, 0);
    return true;
}

PyObject* index(PyObject* object, PyObject* const* arguments, Py_ssize_t count) {
    const StateList* self = as_state_list(object);
    if (!check_count("index", count, 1, 3)) return nullptr;
    Py_ssize_t from = 0;
    Py_ssize_t until = PY_SSIZE_T_MAX;
    if (count > 1 && !bound(arguments[1], size_of(self), from)) return nullptr;
    if (count > 2 && !bound(arguments[2], size_of(self), until)) return nullptr;
    const Py_ssize_t found = find(self, arguments[0], from, until);
    if (found >= 0) return PyLong_FromSsize_t(found);
    if (found == -1) PyErr_Format(PyExc_ValueError, "%R is not in list", arguments[0]);
    return nullptr;
}

PyObject* remove(PyObject* object, PyObject* value) {
    StateList* self = as_state_list(object);
    if (!check_may_write(self)) return nullptr;
    const Py_ssize_t found = find(self, value, 0, PY_SSIZE_T_MAX);
    if (found == -1) PyErr_SetString(PyExc_ValueError, "list.remove(x): x not in list");
    if (found < 0) return nullptr;
    return none_unless(remove_items(self, static_cast<Position>(found), 1) < 0);
}

PyObject* count_equal(PyObject* object, PyObject* value) {
    const StateList* self = as_state_list(object);
    Py_ssize_t count = 0;
    for (Py_ssize_t i = 0; i < size_of(self); ++i) {
        const Ref item =
            Ref::steal(hand_out(as_object(self->document.at(static_cast<Position>(i)))));
        const int is_equal = item ? PyObject_RichCompareBool(item.get(), value, Py_EQ) : -1;
        if (is_equal < 0) return nullptr;
        count += is_equal;
    }
    return PyLong_FromSsize_t(count);
}

// Another order.

/// Put the items of a plain list, which are those of `self` in another order, in their places.
bool reorder(StateList* self, PyObject* items) {
    return or_no_memory(false, [&] {
        PendingItems pending;
        pending.reserve(static_cast<std::size_t>(PyList_GET_SIZE(items)));
        for (Py_ssize_t i = 0; i < PyList_GET_SIZE(items); ++i) {
            pending.add(Ref::borrow(PyList_GET_ITEM(items, i)));
        }
        if (pending.size() > 1) pending.put(self->document, 0, self->document.size());
        return true;
    });
}

/// What is held, under what the user sees of it: several where one decoder gave one object to all.
using HeldBySight = std::unordered_map<PyObject*, std::vector<Ref>>;

/// Opens `items`, and notes which of them were held. False: an error is set.
bool open_for_sorting(Ref& items, HeldBySight& held) {
    return or_no_memory(false, [&] {
        for (Py_ssize_t i = 0; i < PyList_GET_SIZE(items.get()); ++i) {
            Ref item = Ref::borrow(PyList_GET_ITEM(items.get(), i));
            if (!is_held(item.get())) continue;
            PyObject* const made = open_held(item.get());
            if (made == nullptr || PyList_SetItem(items.get(), i, made) < 0) return false;
            held[made].push_back(std::move(item));
        }
        return true;
    });
}

/// The opposite, in the order of now. Requires: the same objects are in it.
void close_sorted(PyObject* items, HeldBySight& held) {
    for (Py_ssize_t i = PyList_GET_SIZE(items); !held.empty() && i-- > 0;) {
        const auto found = held.find(PyList_GET_ITEM(items, i));
        if (found == held.end() || found->second.empty()) continue;
        PyObject* const item = found->second.back().release();
        found->second.pop_back();
        PyList_SetItem(items, i, item);
    }
}

PyObject* reverse(PyObject* object, PyObject*) {
    StateList* self = as_state_list(object);
    if (!check_may_write(self)) return nullptr;
    const Ref items = Ref::steal(items_of(self));
    if (!items || PyList_Reverse(items.get()) < 0) return nullptr;
    return none_unless(!reorder(self, items.get()));
}

PyObject* sort(PyObject* object, PyObject* arguments, PyObject* keywords) {
    StateList* self = as_state_list(object);
    if (!check_may_write(self)) return nullptr;
    const std::uint64_t seen = self->document.changes();
    Ref items = Ref::steal(items_of(self));
    HeldBySight held;
    if (!items || !open_for_sorting(items, held)) return nullptr;
    const Ref plain_sort = Ref::steal(PyObject_GetAttrString(items.get(), "sort"));
    if (!plain_sort) return nullptr;
    const Ref done = Ref::steal(PyObject_Call(plain_sort.get(), arguments, keywords));
    if (!done) return nullptr;
    close_sorted(items.get(), held);
    if (seen != self->document.changes()) {
        PyErr_SetString(PyExc_ValueError, "list modified during sort");
        return nullptr;
    }
    return none_unless(!reorder(self, items.get()));
}

// Plain values.

PyObject* copy_plain(PyObject* self, PyObject*) { return to_plain(self); }
PyObject* reduce(PyObject* self, PyObject*) {
    PyObject* plain = to_plain(self);
    return plain == nullptr ? nullptr : Py_BuildValue("O(N)", &PyList_Type, plain);
}
PyObject* reversed(PyObject* self, PyObject*) { return iterate_list(self, true); }

}  // namespace

PyMethodDef state_list_methods[] = {
    {"append", append, METH_O, "Put an item at the end."},
    {"extend", extend, METH_O,
     "Put the items of an iterable at the end: all of them or, refused, none."},
    {"insert", method(insert), METH_FASTCALL, "Put an item before an index."},
    {"pop", method(pop), METH_FASTCALL, "Remove the item at an index (the last) and return it."},
    {"remove", remove, METH_O, "Remove the first item that is equal to a value."},
    {"clear", clear, METH_NOARGS, "Remove everything."},
    {"index", method(index), METH_FASTCALL,
     "Return the first index of an item that is equal to a value."},
    {"count", count_equal, METH_O, "Return how many items are equal to a value."},
    {"reverse", reverse, METH_NOARGS, "Put the items in the opposite order."},
    {"sort", method(sort), METH_VARARGS | METH_KEYWORDS,
     "Put the items in ascending order, by key; keeps that of equal ones. Refused, nothing moves."},
    {"copy", copy_plain, METH_NOARGS, "Return a plain list, nested ones too."},
    {"to_plain", copy_plain, METH_NOARGS, "Return a plain list, nested ones too."},
    {"__reversed__", reversed, METH_NOARGS, "Return an iterator over the items, last first."},
    {"__reduce__", reduce, METH_NOARGS, "Copied and pickled as a plain list."},
    {"__class_getitem__", Py_GenericAlias, METH_O | METH_CLASS, "StateList[T]"},
    {nullptr, nullptr, 0, nullptr}};

}  // namespace stoplog::python
