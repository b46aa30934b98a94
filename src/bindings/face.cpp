// What C++ needs of the Python face: its classes, found by their public names.
#include "bindings/face.hpp"

#include "bindings/state_dict_type.hpp"

namespace stoplog::python {
namespace {

PyObject* names = nullptr;  // public name -> object, as they were first asked for

}  // namespace

PyObject* face(const char* name) {
    if (names == nullptr) {
        names = PyDict_New();
    }
    if (names == nullptr) {
        return nullptr;
    }
    if (PyObject* const known = PyDict_GetItemString(names, name)) {
        return known;
    }
    const Ref module = Ref::steal(PyImport_ImportModule("stoplog"));
    const Ref found = Ref::steal(module ? PyObject_GetAttrString(module.get(), name) : nullptr);
    if (!found || PyDict_SetItemString(names, name, found.get()) < 0) {
        return nullptr;
    }
    return found.get();
}

PyObject* error_type(const char* name) { return face(name); }

}  // namespace stoplog::python
