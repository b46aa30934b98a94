// The type itself; what is done with a held value stands in value_copy.
#include "bindings/held_type.hpp"

#include "bindings/type_support.hpp"
#include "bindings/value_copy.hpp"

namespace stoplog::python {

PyTypeObject* held_type = nullptr;

namespace {

void deallocate(PyObject* self) {
    Py_XDECREF(as_held(self)->plain);
    Py_XDECREF(as_held(self)->ready);
    free_instance(self);
}

}  // namespace

PyObject* make_held(const Storable* type, std::uint32_t version, Ref plain, Ref ready) {
    PyObject* const made = held_type->tp_alloc(held_type, 0);
    if (made != nullptr) {
        as_held(made)->type = type;
        as_held(made)->version = version;
        as_held(made)->plain = plain.release();
        as_held(made)->ready = ready.release();
    }
    return made;
}

PyObject* open_held(PyObject* held) {
    const Ref kept = Ref::borrow(held);  // its decoder may take it out of the state
    return copy_value(kept.get());
}

bool add_held_type() {
    PyType_Slot slots[] = {{Py_tp_dealloc, slot_value(deallocate)}, {0, nullptr}};
    PyType_Spec spec = {
        "stoplog._Held", sizeof(Held), 0,
        Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots};
    held_type = reinterpret_cast<PyTypeObject*>(PyType_FromSpec(&spec));
    return held_type != nullptr;
}

}  // namespace stoplog::python
