// Iterators over a StateList, forwards and backwards: by index, as those of a list.
//
// An item that comes or goes meanwhile moves the others past the index; that is no error.
#include "bindings/state_list.hpp"

namespace stoplog::python {

namespace {

struct Iterator {
    PyObject_HEAD PyObject* of;  // null: exhausted
    Py_ssize_t next;
    bool is_reversed;
};

PyTypeObject* iterator_type = nullptr;

PyObject* next(PyObject* object) {
    auto* self = as<Iterator>(object);
    if (self->of == nullptr) return nullptr;
    const StateList* list = as_state_list(self->of);
    if (self->next < 0 || self->next >= size_of(list)) {
        Py_CLEAR(self->of);
        return nullptr;
    }
    const auto at = static_cast<Position>(self->next);
    self->next += self->is_reversed ? -1 : 1;
    return hand_out(as_object(list->document.at(at)));
}

PyObject* length_hint(PyObject* object, PyObject*) {
    const auto* self = as<Iterator>(object);
    if (self->of == nullptr) return PyLong_FromLong(0);
    const Py_ssize_t size = size_of(as_state_list(self->of));
    const Py_ssize_t left = self->is_reversed ? self->next + 1 : size - self->next;
    return PyLong_FromSsize_t(left < 0 || left > size ? 0 : left);
}

void deallocate(PyObject* self) {
    Py_XDECREF(as<Iterator>(self)->of);
    free_instance(self);
}

PyMethodDef methods[] = {{"__length_hint__", length_hint, METH_NOARGS, "Return how many are left."},
                         {nullptr, nullptr, 0, nullptr}};

}  // namespace

PyObject* iterate_list(PyObject* state_list, bool is_reversed) {
    PyObject* made = iterator_type->tp_alloc(iterator_type, 0);
    if (made == nullptr) return nullptr;
    auto* self = as<Iterator>(made);
    self->of = Py_NewRef(state_list);
    self->next = is_reversed ? size_of(as_state_list(state_list)) - 1 : 0;
    self->is_reversed = is_reversed;
    return made;
}

bool add_list_iterator_type() {
    PyType_Slot slots[] = {{Py_tp_dealloc, slot_value(deallocate)},
                           {Py_tp_iter, slot_value(PyObject_SelfIter)},
                           {Py_tp_iternext, slot_value(next)},
                           {Py_tp_methods, methods},
                           {0, nullptr}};
    constexpr unsigned kFlags =
        Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_DISALLOW_INSTANTIATION;
    PyType_Spec spec = {"stoplog.StateListIterator", static_cast<int>(sizeof(Iterator)), 0, kFlags,
                        slots};
    iterator_type = reinterpret_cast<PyTypeObject*>(PyType_FromSpec(&spec));
    return iterator_type != nullptr;
}

}  // namespace stoplog::python
