// The methods of StateDict: those of dict, and `to_plain`.
//
// A method that can write asks for the right to write first, whether or not there is something to
// do.
#include "bindings/held_type.hpp"
#include "bindings/state_dict.hpp"
#include "bindings/state_value.hpp"

#include <vector>

namespace stoplog::python {

namespace {

PyObject* get(PyObject* self, PyObject* const* arguments, Py_ssize_t count) {
    if (!check_count("get", count, 1, 2)) return nullptr;
    PyObject* value = lookup(as_state_dict(self), arguments[0]);
    if (value != nullptr) return hand_out(value);
    if (PyErr_Occurred() != nullptr) return nullptr;
    return Py_NewRef(count == 2 ? arguments[1] : Py_None);
}

PyObject* pop(PyObject* object, PyObject* const* arguments, Py_ssize_t count) {
    StateDict* self = as_state_dict(object);
    if (!check_count("pop", count, 1, 2) || !check_may_write(self)) return nullptr;
    const LeafHash hash = hash_of(arguments[0]);
    if (hash == -1) return nullptr;
    const Position found = self->document.find(arguments[0], hash);
    if (found == kFailed) return nullptr;
    if (found == kAbsent) {
        if (count == 2) return Py_NewRef(arguments[1]);
        set_key_error(arguments[0]);
        return nullptr;
    }
    const Ref value = Ref::borrow(as_object(self->document.value_at(found)));
    return remove_at(self, found) ? hand_out(value.get()) : nullptr;
}

PyObject* popitem(PyObject* object, PyObject*) {
    StateDict* self = as_state_dict(object);
    if (!check_may_write(self)) return nullptr;
    Ref pair =
        Ref::steal(PyTuple_New(2));  // first: making it may run a collection, and so anything
    const Position last = self->document.live_before(kAbsent);
    if (!pair) return nullptr;
    if (last == kAbsent) {
        PyErr_SetString(PyExc_KeyError, "popitem(): StateDict is empty");
        return nullptr;
    }
    PyTuple_SET_ITEM(pair.get(), 0, Py_NewRef(as_object(self->document.key_at(last))));
    const Ref value = Ref::borrow(as_object(self->document.value_at(last)));
    if (!remove_at(self, last)) return nullptr;
    PyTuple_SET_ITEM(pair.get(), 1, hand_out(value.get()));
    return PyTuple_GET_ITEM(pair.get(), 1) == nullptr ? nullptr : pair.release();
}

PyObject* setdefault(PyObject* object, PyObject* const* arguments, Py_ssize_t count) {
    StateDict* self = as_state_dict(object);
    if (!check_count("setdefault", count, 1, 2) || !check_may_write(self)) return nullptr;
    PyObject* value = lookup(self, arguments[0]);
    if (value == nullptr) {
        if (PyErr_Occurred() != nullptr) return nullptr;
        if (assign(self, arguments[0], count == 2 ? arguments[1] : Py_None) < 0) return nullptr;
        value = lookup(self, arguments[0]);  // as it stands in the state now
    }
    return value == nullptr ? nullptr : hand_out(value);
}

PyObject* clear(PyObject* object, PyObject*) {
    StateDict* self = as_state_dict(object);
    if (!check_may_write(self)) return nullptr;
    return or_no_memory(static_cast<PyObject*>(nullptr), [&] {
        self->document.clear();
        return Py_NewRef(Py_None);
    });
}

// Update.

/// What `dict(other, **keywords)` would hold; the very dict where that is all.
Ref gather(PyObject* other, PyObject* keywords) {
    const bool has_keywords = keywords != nullptr && PyDict_GET_SIZE(keywords) > 0;
    if (other != nullptr && PyDict_CheckExact(other) && !has_keywords) {
        return Ref::borrow(other);
    }
    Ref gathered = Ref::steal(PyDict_New());
    if (!gathered) return {};
    if (other != nullptr) {
        const int is_one = PyObject_HasAttrString(other, "keys");
        const int failed = is_one != 0 ? PyDict_Update(gathered.get(), other)
                                       : PyDict_MergeFromSeq2(gathered.get(), other, 1);
        if (failed != 0) return {};
    }
    if (has_keywords && PyDict_Update(gathered.get(), keywords) < 0) return {};
    return gathered;
}

struct Pending {
    Ref key;
    LeafHash hash;
    Ref value;
};

/// Everything converted, nothing written yet.
bool prepare(StateDict* self, PyObject* source, std::vector<Pending>& pending) {
    const Origin origin{*self->document.log(), object(self), nullptr};
    const Py_ssize_t size = PyDict_GET_SIZE(source);
    pending.reserve(static_cast<std::size_t>(size));
    PyObject* key = nullptr;
    PyObject* value = nullptr;
    for (Py_ssize_t i = 0; PyDict_Next(source, &i, &key, &value);) {
        Ref held_key = Ref::borrow(key);
        const Ref held_value = Ref::borrow(value);
        const LeafHash hash = hash_of(key);
        if (hash == -1 || !check_key(origin, nullptr, key)) return false;
        if (is_state_container(value)) {
            PyObject* present = lookup(self, key);
            if (present == nullptr && PyErr_Occurred() != nullptr) return false;
            if (present == value) continue;  // it stands there already
        }
        const Place place{nullptr, source, Step::Item, key, 0};
        Ref kept = convert(self->document.log(), origin, value, &place, self->depth + 1);
        if (!kept) return false;
        pending.push_back({std::move(held_key), hash, std::move(kept)});
        if (PyDict_GET_SIZE(source) != size) {
            PyErr_SetString(PyExc_RuntimeError, "dictionary changed while it was copied");
            return false;
        }
    }
    return true;
}

PyObject* update(PyObject* self, PyObject* arguments, PyObject* keywords) {
    PyObject* other = nullptr;
    if (!PyArg_UnpackTuple(arguments, "update", 0, 1, &other)) return nullptr;
    if (update_from(as_state_dict(self), other, keywords) < 0) return nullptr;
    Py_RETURN_NONE;
}

// Plain values and views.

PyObject* copy_plain(PyObject* self, PyObject*) { return to_plain(self); }
PyObject* reduce(PyObject* self, PyObject*) {
    PyObject* plain = to_plain(self);
    return plain == nullptr ? nullptr : Py_BuildValue("O(N)", &PyDict_Type, plain);
}
PyObject* keys(PyObject* self, PyObject*) { return view(self, Part::Keys); }
PyObject* values(PyObject* self, PyObject*) { return view(self, Part::Values); }
PyObject* items(PyObject* self, PyObject*) { return view(self, Part::Items); }
PyObject* reversed(PyObject* self, PyObject*) { return iterate(self, Part::Keys, true); }

}  // namespace

int update_from(StateDict* self, PyObject* other, PyObject* keywords) {
    if (!check_may_write(self)) return -1;
    return or_no_memory(-1, [&] {
        const Ref source = gather(other, keywords);
        std::vector<Pending> pending;
        if (!source || !prepare(self, source.get(), pending)) return -1;
        for (Pending& each : pending) {
            if (!put(self, each.key.get(), each.hash, std::move(each.value))) return -1;
        }
        return 0;
    });
}

PyMethodDef state_dict_methods[] = {
    {"get", method(get), METH_FASTCALL, "Return the value of a key, or a default."},
    {"pop", method(pop), METH_FASTCALL, "Remove a key and return its value, or a default."},
    {"popitem", popitem, METH_NOARGS, "Remove the last (key, value) and return it."},
    {"setdefault", method(setdefault), METH_FASTCALL,
     "Return the value of a key; set it to a default first where it is absent."},
    {"update", method(update), METH_VARARGS | METH_KEYWORDS,
     "Take over a mapping, pairs or keywords: all of them or, refused, none."},
    {"clear", clear, METH_NOARGS, "Remove everything."},
    {"copy", copy_plain, METH_NOARGS, "Return a plain dict, nested ones too."},
    {"to_plain", copy_plain, METH_NOARGS, "Return a plain dict, nested ones too."},
    {"keys", keys, METH_NOARGS, "Return a set-like view of the keys."},
    {"values", values, METH_NOARGS, "Return a view of the values."},
    {"items", items, METH_NOARGS, "Return a set-like view of the (key, value) pairs."},
    {"__reversed__", reversed, METH_NOARGS, "Return an iterator over the keys, last first."},
    {"__reduce__", reduce, METH_NOARGS, "Copied and pickled as a plain dict."},
    {"__class_getitem__", Py_GenericAlias, METH_O | METH_CLASS, "StateDict[K, V]"},
    {nullptr, nullptr, 0, nullptr}};

}  // namespace stoplog::python
