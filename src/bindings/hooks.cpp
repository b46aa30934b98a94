// A hook is what its class, or the object itself, has in the place of Routine's own.
#include "bindings/hooks.hpp"

#include "stoplog/base/error.hpp"

#include "bindings/face.hpp"
#include "bindings/python_object.hpp"

#include <string>

namespace stoplog::python {
namespace {

// What the object itself has under a name; null: nothing. Runs no foreign code.
PyObject* own_attribute(PyObject* routine, PyObject* name) {
    PyObject** const attributes = _PyObject_GetDictPtr(routine);
    return attributes == nullptr || *attributes == nullptr ? nullptr
                                                           : PyDict_GetItem(*attributes, name);
}

// Empty: it can serve.
std::string refusal(PyObject* hook) {
    if (PyFunction_Check(hook)) {
        const int flags = reinterpret_cast<PyCodeObject*>(PyFunction_GET_CODE(hook))->co_flags;
        if ((flags & (CO_COROUTINE | CO_ASYNC_GENERATOR)) != 0) {
            return "is async: calling it would run nothing; write a plain method";
        }
        if ((flags & CO_GENERATOR) != 0) {
            return "is a generator: calling it would run nothing; write a plain method";
        }
    }
    const bool is_descriptor = Py_TYPE(hook)->tp_descr_get != nullptr;
    return is_descriptor || PyCallable_Check(hook) != 0
               ? ""
               : join("must be a method; found ", Py_TYPE(hook)->tp_name);
}

bool read_hook(PyObject* routine, PyTypeObject* every, const char* name, bool& has) {
    const Ref text = Ref::steal(PyUnicode_InternFromString(name));
    if (!text) {
        return false;
    }
    PyObject* hook = own_attribute(routine, text.get());
    if (hook == nullptr) {
        hook = _PyType_Lookup(Py_TYPE(routine), text.get());
    }
    has = hook != nullptr && hook != _PyType_Lookup(every, text.get());
    const std::string wrong = has ? refusal(hook) : "";
    if (!wrong.empty()) {
        raise("ConfigurationError", join(Py_TYPE(routine)->tp_name, ".", name, " ", wrong));
    }
    return wrong.empty();
}

}  // namespace

bool read_hooks(PyObject* routine, Hooks& hooks) {
    auto* const every = reinterpret_cast<PyTypeObject*>(face("Routine"));
    return every != nullptr && read_hook(routine, every, "on_start", hooks.on_start) &&
           read_hook(routine, every, "on_stop", hooks.on_stop) &&
           read_hook(routine, every, "before_handle", hooks.before_handle) &&
           read_hook(routine, every, "after_handle", hooks.after_handle) &&
           read_hook(routine, every, "on_error", hooks.on_error);
}

}  // namespace stoplog::python
