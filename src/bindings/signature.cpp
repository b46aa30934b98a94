// Read from the code object: importing `inspect` would cost more than the rest of the package.
#include "bindings/signature.hpp"

#include "stoplog/base/error.hpp"

namespace stoplog::python {
namespace {

bool is_payload_annotation(PyObject* annotation) {
    if (PyUnicode_Check(annotation)) {
        const std::string_view text = text_of(annotation);
        return text == "Payload" || text.ends_with(".Payload");
    }
    return PyType_Check(annotation) && annotation == error_type("Payload");
}

const char* refusal(const PyCodeObject& code, bool may_yield, Py_ssize_t first) {
    if ((code.co_flags & CO_COROUTINE) != 0 || (code.co_flags & CO_ASYNC_GENERATOR) != 0) {
        return "is async; write a plain function";
    }
    if ((code.co_flags & CO_GENERATOR) != 0 && !may_yield) {
        return "is a generator: calling it would run nothing; emit instead of yield";
    }
    if ((code.co_flags & CO_VARARGS) != 0) {
        return "takes *args; fields have names: write them out, or take **rest";
    }
    if (code.co_argcount < first) {
        return "takes no self";
    }
    if (code.co_posonlyargcount > first) {
        return "has positional-only parameters; fields are given by name";
    }
    return nullptr;
}

}  // namespace

std::vector<FieldSpec> Signature::fields() const {
    std::vector<FieldSpec> fields;
    for (const Parameter& parameter : parameters) {
        if (!parameter.is_whole) {
            fields.push_back({std::string(text_of(parameter.name.get())),
                              !static_cast<bool>(parameter.default_value)});
        }
    }
    return fields;
}

Py_ssize_t Signature::find(PyObject* name) const {
    for (std::size_t i = 0; i < parameters.size(); ++i) {
        PyObject* const known = parameters[i].name.get();
        if (known == name || PyUnicode_Compare(known, name) == 0) {
            return static_cast<Py_ssize_t>(i);
        }
    }
    return -1;
}

bool read_signature(PyObject* function, const std::string& what, Signature& signature,
                    Py_ssize_t first) {
    if (!PyFunction_Check(function)) {
        raise("ConfigurationError",
              join(what, " must be a plain function; found ", Py_TYPE(function)->tp_name));
        return false;
    }
    const auto& code = *reinterpret_cast<PyCodeObject*>(PyFunction_GET_CODE(function));
    if (const char* const wrong = refusal(code, signature.may_yield, first)) {
        raise("ConfigurationError", join(what, " ", wrong));
        return false;
    }
    const Ref names = Ref::steal(PyObject_GetAttrString(
        reinterpret_cast<PyObject*>(const_cast<PyCodeObject*>(&code)), "co_varnames"));
    const Ref annotations = Ref::steal(PyObject_GetAttrString(function, "__annotations__"));
    if (!names || !annotations) {
        return false;
    }
    PyObject* const defaults = PyFunction_GET_DEFAULTS(function);
    PyObject* const keyword_defaults = PyFunction_GET_KW_DEFAULTS(function);
    const Py_ssize_t default_count = defaults == nullptr ? 0 : PyTuple_GET_SIZE(defaults);
    const Py_ssize_t total = code.co_argcount + code.co_kwonlyargcount;
    for (Py_ssize_t i = first; i < total; ++i) {
        Parameter parameter;
        parameter.name = Ref::borrow(PyTuple_GET_ITEM(names.get(), i));
        parameter.is_positional = i < code.co_argcount;
        if (!parameter.is_positional) {
            parameter.default_value =
                Ref::borrow(keyword_defaults == nullptr
                                ? nullptr
                                : PyDict_GetItem(keyword_defaults, parameter.name.get()));
        } else if (i >= code.co_argcount - default_count) {
            parameter.default_value =
                Ref::borrow(PyTuple_GET_ITEM(defaults, i - (code.co_argcount - default_count)));
        }
        PyObject* const annotation = PyDict_GetItem(annotations.get(), parameter.name.get());
        parameter.is_whole = annotation != nullptr && is_payload_annotation(annotation);
        signature.parameters.push_back(std::move(parameter));
    }
    signature.takes_rest = (code.co_flags & CO_VARKEYWORDS) != 0;
    return true;
}

}  // namespace stoplog::python
