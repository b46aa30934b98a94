// Iterators over keys, values and items of a StateDict, forwards and backwards, and over a
// StateSet.
//
// A position means nothing once keys came, went or moved: the iterator then raises, as a dict's
// does.
#include "bindings/held_type.hpp"
#include "bindings/state_dict.hpp"

namespace stoplog::python {

namespace {

struct Iterator {
    PyObject_HEAD PyObject* of;  // null: exhausted
    std::uint64_t structure;
    Position next;
    Py_ssize_t left;
    Part part;
    bool is_reversed;
};

PyTypeObject* iterator_type = nullptr;

Iterator* as_iterator(PyObject* object) { return reinterpret_cast<Iterator*>(object); }

PyObject* pair_of(const Document& document, Position at) {
    PyObject* key = Py_NewRef(as_object(document.key_at(at)));
    PyObject* value = hand_out(as_object(document.value_at(at)));
    PyObject* pair = value == nullptr ? nullptr : PyTuple_New(2);
    if (pair == nullptr) {  // both may run anything, so `at` is not read after them
        Py_DECREF(key);
        Py_XDECREF(value);
        return nullptr;
    }
    PyTuple_SET_ITEM(pair, 0, key);
    PyTuple_SET_ITEM(pair, 1, value);
    return pair;
}

PyObject* next(PyObject* object) {
    Iterator* self = as_iterator(object);
    if (self->of == nullptr) return nullptr;
    Document& document = document_of(self->of);
    if (document.structure() != self->structure) {
        PyErr_SetString(PyExc_RuntimeError, is_state_set(self->of)
                                                ? "StateSet changed size during iteration"
                                                : "StateDict changed its keys during iteration");
        return nullptr;
    }
    const Position at =
        self->is_reversed ? document.live_before(self->next) : document.live_from(self->next);
    if (at == kAbsent) {
        self->left = 0;
        Py_CLEAR(self->of);
        return nullptr;
    }
    self->next = self->is_reversed ? at : at + 1;
    --self->left;
    switch (self->part) {
        case Part::Keys:
            return Py_NewRef(as_object(document.key_at(at)));
        case Part::Values:
            return hand_out(as_object(document.value_at(at)));
        case Part::Items:
            return pair_of(document, at);
    }
    Py_UNREACHABLE();
}

PyObject* length_hint(PyObject* self, PyObject*) {
    return PyLong_FromSsize_t(as_iterator(self)->left);
}

void deallocate(PyObject* self) {
    Py_XDECREF(as_iterator(self)->of);
    free_instance(self);
}

PyMethodDef methods[] = {{"__length_hint__", length_hint, METH_NOARGS, "Return how many are left."},
                         {nullptr, nullptr, 0, nullptr}};

}  // namespace

PyObject* iterate(PyObject* state_dict, Part part, bool is_reversed) {
    PyObject* made = iterator_type->tp_alloc(iterator_type, 0);
    if (made == nullptr) return nullptr;
    Iterator* self = as_iterator(made);
    const Document& document = document_of(state_dict);
    self->of = Py_NewRef(state_dict);
    self->structure = document.structure();
    self->next = is_reversed ? kAbsent : 0;
    self->left = document.size();
    self->part = part;
    self->is_reversed = is_reversed;
    return made;
}

bool add_iterator_type() {
    PyType_Slot slots[] = {{Py_tp_dealloc, slot_value(deallocate)},
                           {Py_tp_iter, slot_value(PyObject_SelfIter)},
                           {Py_tp_iternext, slot_value(next)},
                           {Py_tp_methods, methods},
                           {0, nullptr}};
    constexpr unsigned kFlags =
        Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_DISALLOW_INSTANTIATION;
    PyType_Spec spec = {"stoplog.StateDictIterator", static_cast<int>(sizeof(Iterator)), 0, kFlags,
                        slots};
    iterator_type = reinterpret_cast<PyTypeObject*>(PyType_FromSpec(&spec));
    return iterator_type != nullptr;
}

}  // namespace stoplog::python
