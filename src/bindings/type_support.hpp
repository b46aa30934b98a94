// Small helps for files that fill C-API type slots.
#pragma once

#include "bindings/python_object.hpp"

#include <cstring>

namespace stoplog::python {

template <class Object>
Object* as(PyObject* object) {
    return reinterpret_cast<Object*>(object);
}

template <class Object>
PyObject* object(Object* typed) {
    return reinterpret_cast<PyObject*>(typed);
}

template <class Function>
PyCFunction method(Function function) {
    return reinterpret_cast<PyCFunction>(reinterpret_cast<void*>(function));
}

template <class Function>
void* slot_value(Function function) {
    return reinterpret_cast<void*>(function);
}

/// Makes the type "stoplog.Name" and adds it to the module; null with an error set.
inline PyTypeObject* add_type(PyObject* module, const char* name, std::size_t size,
                              unsigned long flags, PyType_Slot* slots) {
    PyType_Spec spec = {name, static_cast<int>(size), 0,
                        static_cast<unsigned>(Py_TPFLAGS_DEFAULT | flags), slots};
    PyObject* const type = PyType_FromSpec(&spec);
    if (type == nullptr || PyModule_AddObjectRef(module, std::strrchr(name, '.') + 1, type) < 0) {
        return nullptr;
    }
    return reinterpret_cast<PyTypeObject*>(type);
}

/// Ends a deallocation of an instance of a heap type.
inline void free_instance(PyObject* self) {
    PyTypeObject* const type = Py_TYPE(self);
    type->tp_free(self);
    Py_DECREF(type);
}

/// The text of a declaration, without the indentation of its first line.
inline PyObject* doc_of(PyObject* function) {
    PyObject* const doc = as<PyFunctionObject>(function)->func_doc;
    return Py_NewRef(doc == nullptr ? Py_None : doc);
}

}  // namespace stoplog::python
