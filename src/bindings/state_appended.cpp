// The type `stoplog.Appended`: a sequence that cannot change. What stands in it and could be
// changed comes as a fresh copy each time.
#include "bindings/held_type.hpp"
#include "bindings/state_append.hpp"
#include "bindings/state_objects.hpp"
#include "bindings/type_support.hpp"

namespace stoplog::python {

PyTypeObject* appended_type = nullptr;

namespace {

struct Appended {
    PyObject_HEAD LeafTree items;
};

const LeafTree& items_of(PyObject* object) { return as<Appended>(object)->items; }
Py_ssize_t length(PyObject* object) { return items_of(object).size(); }

PyObject* fresh_item(PyObject* object, Py_ssize_t index) {
    PyObject* const item = as_object(items_of(object).at(static_cast<Position>(index)));
    return is_state_container(item) ? to_plain(item) : hand_out(item);
}

PyObject* item_at(PyObject* object, Py_ssize_t index) {
    if (index >= 0 && index < length(object)) return fresh_item(object, index);
    PyErr_SetString(PyExc_IndexError, "index out of range");
    return nullptr;
}

/// A plain list of `count` items.
PyObject* list_of_items(PyObject* object, Py_ssize_t start, Py_ssize_t step, Py_ssize_t count) {
    Ref items = Ref::steal(PyList_New(count));
    for (Py_ssize_t i = 0; items && i < count; ++i) {
        PyObject* const item = fresh_item(object, start + i * step);
        if (item == nullptr) return nullptr;
        PyList_SET_ITEM(items.get(), i, item);
    }
    return items.release();
}

PyObject* to_list(PyObject* object) { return list_of_items(object, 0, 1, length(object)); }

PyObject* subscript(PyObject* object, PyObject* index) {
    if (PyIndex_Check(index) != 0) {
        const Py_ssize_t at = PyNumber_AsSsize_t(index, PyExc_IndexError);
        if (at == -1 && PyErr_Occurred() != nullptr) return nullptr;
        return item_at(object, at < 0 ? at + length(object) : at);
    }
    if (!PySlice_Check(index)) {
        return PyErr_Format(PyExc_TypeError, "indices must be integers or slices, not %.200s",
                            Py_TYPE(index)->tp_name);
    }
    Py_ssize_t start = 0;
    Py_ssize_t stop = 0;
    Py_ssize_t step = 0;
    if (PySlice_Unpack(index, &start, &stop, &step) < 0) return nullptr;
    const Py_ssize_t count = PySlice_AdjustIndices(length(object), &start, &stop, step);
    return list_of_items(object, start, step, count);
}

/// The first place of an equal item within bounds; -1: there is none, -2: an error.
Py_ssize_t find(PyObject* object, PyObject* value, Py_ssize_t from, Py_ssize_t until) {
    for (Py_ssize_t i = from; i < until && i < length(object); ++i) {
        const Ref item = Ref::steal(fresh_item(object, i));
        const int is_equal = item ? PyObject_RichCompareBool(item.get(), value, Py_EQ) : -1;
        if (is_equal != 0) return is_equal < 0 ? -2 : i;
    }
    return -1;
}

int contains(PyObject* object, PyObject* value) {
    const Py_ssize_t found = find(object, value, 0, PY_SSIZE_T_MAX);
    return found == -2 ? -1 : static_cast<int>(found >= 0);
}

PyObject* index_of(PyObject* object, PyObject* arguments) {
    PyObject* value = nullptr;
    Py_ssize_t from = 0;
    Py_ssize_t until = PY_SSIZE_T_MAX;
    if (PyArg_ParseTuple(arguments, "O|nn:index", &value, &from, &until) == 0) return nullptr;
    const auto bound = [&](Py_ssize_t at) {
        const Py_ssize_t from_end = at + length(object);
        return at >= 0 ? at : (from_end > 0 ? from_end : 0);
    };
    const Py_ssize_t found = find(object, value, bound(from), bound(until));
    if (found == -1) PyErr_Format(PyExc_ValueError, "%R is not in it", value);
    return found < 0 ? nullptr : PyLong_FromSsize_t(found);
}

PyObject* count_of(PyObject* object, PyObject* value) {
    Py_ssize_t count = 0;
    for (Py_ssize_t at = 0;; ++at, ++count) {
        at = find(object, value, at, PY_SSIZE_T_MAX);
        if (at == -2) return nullptr;
        if (at == -1) return PyLong_FromSsize_t(count);
    }
}

PyObject* represent(PyObject* object) {
    const Ref items = Ref::steal(to_list(object));
    return items ? PyObject_Repr(items.get()) : nullptr;
}

PyObject* compare(PyObject* mine, PyObject* other, int operation) {
    const bool is_known =
        PyList_Check(other) || PyTuple_Check(other) || is_state_list(other) || is_appended(other);
    if (!is_known || (operation != Py_EQ && operation != Py_NE)) Py_RETURN_NOTIMPLEMENTED;
    const Py_ssize_t size = PyObject_Size(other);
    if (size < 0) return nullptr;
    if (size != length(mine)) return PyBool_FromLong(operation == Py_NE);
    const Ref items = Ref::steal(to_list(mine));
    const Ref others = Ref::steal(PySequence_List(other));
    if (!items || !others) return nullptr;
    return PyObject_RichCompare(items.get(), others.get(), operation);
}

PyObject* plain(PyObject* object, PyObject*) { return to_list(object); }

// Copied and pickled as a plain list.
PyObject* reduce(PyObject* object, PyObject*) {
    const Ref items = Ref::steal(to_list(object));
    return items ? Py_BuildValue("O(O)", &PyList_Type, items.get()) : nullptr;
}

// No support for the collector: as with the containers of the state, nothing leads back to it.
void deallocate(PyObject* object) {
    std::destroy_at(&as<Appended>(object)->items);
    free_instance(object);
}

PyMethodDef methods[] = {
    {"index", index_of, METH_VARARGS,
     "index($self, value, start=0, stop=sys.maxsize, /)\n--\n\nReturn the first place of a value; "
     "ValueError where it is not there."},
    {"count", count_of, METH_O,
     "count($self, value, /)\n--\n\nReturn how many items are equal to a value."},
    {"to_plain", plain, METH_NOARGS, "to_plain($self, /)\n--\n\nReturn a plain list."},
    {"__reduce__", reduce, METH_NOARGS, nullptr},
    {"__class_getitem__", Py_GenericAlias, METH_O | METH_CLASS, "Appended[T]"},
    {}};

}  // namespace

const LeafTree& items_of_appended(PyObject* appended) noexcept { return items_of(appended); }

PyObject* plain_items(PyObject* appended) {
    const LeafTree& items = items_of(appended);
    Ref made = Ref::steal(PyList_New(0));
    const bool is_whole = made && items.each([&](Leaf leaf) {
        const Ref item = Ref::steal(plain_at(nullptr, as_object(leaf)));
        return item && PyList_Append(made.get(), item.get()) == 0;
    });
    return is_whole ? made.release() : nullptr;
}

PyObject* appended_under(PyObject* state_dict, PyObject* key) {
    const Document& document = document_of(state_dict);
    const LeafTree items =
        list_of(as_object(document.value_at(document.find(key, hash_of(key))))).version();
    PyObject* const made = appended_type->tp_alloc(appended_type, 0);
    if (made != nullptr) std::construct_at(&as<Appended>(made)->items, items);
    return made;
}

bool add_appended_type(PyObject* module) {
    PyType_Slot slots[] = {{Py_tp_dealloc, slot_value(deallocate)},
                           {Py_tp_methods, methods},
                           {Py_tp_repr, slot_value(represent)},
                           {Py_tp_richcompare, slot_value(compare)},
                           {Py_tp_hash, slot_value(PyObject_HashNotImplemented)},
                           {Py_tp_iter, slot_value(PySeqIter_New)},
                           {Py_mp_subscript, slot_value(subscript)},
                           {Py_mp_length, slot_value(length)},
                           {Py_sq_length, slot_value(length)},
                           {Py_sq_item, slot_value(item_at)},
                           {Py_sq_contains, slot_value(contains)},
                           {}};
    appended_type = add_type(
        module, "stoplog.Appended", sizeof(Appended),
        Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_SEQUENCE | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots);
    return appended_type != nullptr;
}

}  // namespace stoplog::python
