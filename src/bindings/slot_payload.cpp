// A payload for a slot, said from outside: wrong fields are told before anything is sent.
#include "stoplog/base/error.hpp"
#include "stoplog/base/suggest.hpp"

#include "bindings/slot_type.hpp"

#include <algorithm>

namespace stoplog::python {
namespace {

std::nullptr_t raise_fields(const SlotObject& slot, const std::string& where,
                            std::string_view what) {
    std::vector<std::string> names;
    for (const FieldSpec& field : slot.fields->fields()) {
        names.push_back(field.name);
    }
    return raise("TypeMismatchError",
                 join("slot '", where, "': ", what, "; its fields are ", quoted_list(names)));
}

bool has(const std::vector<PyObject*>& names, PyObject* name) {
    return std::any_of(names.begin(), names.end(),
                       [&](PyObject* known) { return PyUnicode_Compare(known, name) == 0; });
}

bool takes_whole(const Signature& fields) {
    return std::any_of(fields.parameters.begin(), fields.parameters.end(),
                       [](const Parameter& parameter) { return parameter.is_whole; });
}

// Adds the names of the leading values; false with an error set where they are given by name only.
bool say_positional(const SlotObject& slot, const std::string& where, Py_ssize_t positional,
                    std::vector<PyObject*>& said) {
    const std::vector<Parameter>& parameters = slot.fields->parameters;
    if (positional > static_cast<Py_ssize_t>(parameters.size())) {
        raise_fields(slot, where, "more positional values than fields");
        return false;
    }
    for (Py_ssize_t i = 0; i < positional; ++i) {
        const Parameter& parameter = parameters[static_cast<std::size_t>(i)];
        if (!parameter.is_positional || parameter.is_whole) {
            raise_fields(slot, where, "fields are given by name");
            return false;
        }
        said.push_back(parameter.name.get());
    }
    return true;
}

// Adds the keywords; false with an error set where one is unknown or given twice.
bool say_named(const SlotObject& slot, const std::string& where, PyObject* names,
               std::vector<PyObject*>& said) {
    const Signature& fields = *slot.fields;
    for (Py_ssize_t i = 0; names != nullptr && i < PyTuple_GET_SIZE(names); ++i) {
        PyObject* const name = PyTuple_GET_ITEM(names, i);
        if (has(said, name)) {
            raise_fields(slot, where, join("field '", text_of(name), "' is given twice"));
            return false;
        }
        if (fields.find(name) < 0 && !fields.takes_rest && !takes_whole(fields)) {
            std::vector<std::string> known;
            for (const FieldSpec& field : fields.fields()) {
                known.push_back(field.name);
            }
            raise_fields(
                slot, where,
                join("no field '", text_of(name), "'", did_you_mean(text_of(name), known)));
            return false;
        }
        said.push_back(name);
    }
    return true;
}

PyObject* interned(const std::vector<PyObject*>& said) {
    PyObject* const all = PyTuple_New(static_cast<Py_ssize_t>(said.size()));
    for (std::size_t i = 0; all != nullptr && i < said.size(); ++i) {
        PyObject* name = Py_NewRef(said[i]);
        PyUnicode_InternInPlace(&name);
        PyTuple_SET_ITEM(all, static_cast<Py_ssize_t>(i), name);
    }
    return all;
}

}  // namespace

PythonPayload* make_slot_payload(const SlotObject& slot, const std::string& where,
                                 PyObject* const* values, Py_ssize_t positional, PyObject* names) {
    const Signature& fields = *slot.fields;
    std::vector<PyObject*> said;
    if (!say_positional(slot, where, positional, said) || !say_named(slot, where, names, said)) {
        return nullptr;
    }
    for (const Parameter& parameter : fields.parameters) {
        if (!parameter.default_value && !parameter.is_whole && !has(said, parameter.name.get())) {
            return raise_fields(slot, where,
                                join("field '", text_of(parameter.name.get()), "' is missing"));
        }
    }
    const Ref all = Ref::steal(interned(said));
    if (!all) {
        return nullptr;
    }
    return make_payload(values, all.get());
}

PythonPayload* message_payload(PyObject* message) {
    return static_cast<PythonPayload*>(
        PyCapsule_GetPointer(reinterpret_cast<MessageObject*>(message)->payload, nullptr));
}

}  // namespace stoplog::python
