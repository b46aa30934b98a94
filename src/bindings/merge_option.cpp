// What may be said by slot(merge=...).
#include "stoplog/base/error.hpp"
#include "stoplog/base/suggest.hpp"

#include "bindings/face.hpp"
#include "bindings/merging.hpp"

namespace stoplog::python {
namespace {

bool refuse(PyObject* value, const std::string& hint) {
    const Ref shown = Ref::steal(PyObject_Repr(value));
    raise("ConfigurationError",
          join("merge must be 'override', 'append', Append(limit=...) or a callable (old, new) -> "
               "merged; found ",
               shown ? readable(shown.get()) : "?", hint));
    return false;
}

bool set_by_name(SlotObject& slot, PyObject* value) {
    const std::string_view name = text_of(value);
    if (name != "override" && name != "append") {
        return refuse(value, did_you_mean(name, {"override", "append"}));
    }
    slot.spec->merge = name == "append" ? Merge::Append : Merge::Override;
    slot.kept = 0;
    return true;
}

bool set_append(SlotObject& slot, PyObject* value) {
    const Ref limit = Ref::steal(PyObject_GetAttrString(value, "limit"));
    if (!limit) {
        return false;
    }
    const bool has_limit = limit.get() != Py_None;
    slot.kept = has_limit ? static_cast<std::uint32_t>(PyLong_AsUnsignedLongMask(limit.get())) : 0;
    slot.spec->merge = Merge::Append;
    return PyErr_Occurred() == nullptr;
}

bool is_coroutine(PyObject* value) {
    return PyFunction_Check(value) &&
           (reinterpret_cast<PyCodeObject*>(PyFunction_GET_CODE(value))->co_flags &
            (CO_COROUTINE | CO_ASYNC_GENERATOR | CO_GENERATOR)) != 0;
}

}  // namespace

bool set_merge(SlotObject& slot, PyObject* value) {
    PyObject* const append = face("Append");
    if (append == nullptr) {
        return false;
    }
    if (PyUnicode_Check(value)) {
        return set_by_name(slot, value);
    }
    if (reinterpret_cast<PyObject*>(Py_TYPE(value)) == append) {
        return set_append(slot, value);
    }
    if (value == append) {
        return refuse(value, "; did you mean Append()?");
    }
    if (PyCallable_Check(value) == 0) {
        return refuse(value, "");
    }
    if (is_coroutine(value)) {
        return refuse(value, ", which is async or a generator: calling it would run nothing");
    }
    slot.spec->merge = Merge::Callable;
    Py_XSETREF(slot.merge, Py_NewRef(value));
    return true;
}

}  // namespace stoplog::python
