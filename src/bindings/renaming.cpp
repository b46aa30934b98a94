// Fields under other names: a connection's rename is applied when the handler is called, so that
// all receivers share one payload.
#include "stoplog/base/error.hpp"

#include "bindings/face.hpp"
#include "bindings/python_handler.hpp"

#include <vector>

namespace stoplog::python {

PayloadRef renamed(const Legend& legend, std::uint32_t connection, const PayloadRef& payload) {
    if (connection == kNone || legend.connections[connection].rename.empty()) {
        return payload;
    }
    const PythonPayload& original = as_python(*payload.get());
    const Ref names = Ref::steal(PyTuple_New(original.size));
    if (!names) {
        return {};
    }
    for (std::uint32_t i = 0; i < original.size; ++i) {
        PyObject* name = Py_NewRef(PyTuple_GET_ITEM(original.names, i));
        for (const auto& [from, to] : legend.connections[connection].rename) {
            if (text_of(name) == from) {
                Py_SETREF(name, make_text(to).release());
                PyUnicode_InternInPlace(&name);
                break;
            }
        }
        PyTuple_SET_ITEM(names.get(), i, name);
        for (std::uint32_t before = 0; before < i; ++before) {
            if (PyUnicode_Compare(PyTuple_GET_ITEM(names.get(), before), name) == 0) {
                raise("TypeMismatchError",
                      join(legend.event_path(connection), " -> ",
                           legend.slot_path(legend.connections[connection].target),
                           ": the rename leaves two fields named '", text_of(name), "'"));
                return {};
            }
        }
    }
    return PayloadRef(make_payload(original.values, names.get()));
}

PythonPayload* empty_payload() {
    const Ref names = Ref::steal(PyTuple_New(0));
    return make_payload(nullptr, names.get());
}

// As it is kept: the class hands out copies. Its __init__ would make some, too.
PyObject* whole_payload(const PythonPayload& payload) {
    PyObject* const cls = face("Payload");
    const Ref fields = Ref::steal(cls != nullptr ? PyDict_New() : nullptr);
    Ref made = Ref::steal(fields ? PyObject_CallMethod(cls, "__new__", "O", cls) : nullptr);
    for (std::uint32_t i = 0; made && i < payload.size; ++i) {
        if (PyDict_SetItem(fields.get(), PyTuple_GET_ITEM(payload.names, i), payload.values[i]) <
            0) {
            return nullptr;
        }
    }
    const Ref name = Ref::steal(PyUnicode_InternFromString("_fields"));
    if (!made || !name || PyObject_GenericSetAttr(made.get(), name.get(), fields.get()) < 0) {
        return nullptr;
    }
    return made.release();
}

}  // namespace stoplog::python
