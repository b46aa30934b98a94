// A buffer is None before the first delivery, and then a StateDict by field: of lists that grow, or
// of the values that the callable has made.
#include "bindings/merging.hpp"

#include "stoplog/base/error.hpp"
#include "stoplog/engine/cell.hpp"
#include "stoplog/engine/job.hpp"

#include "bindings/python_handler.hpp"
#include "bindings/slot_type.hpp"
#include "bindings/state_append.hpp"

#include <utility>
#include <vector>

namespace stoplog::python {
namespace {

bool takes_all(const Signature& fields) {
    return fields.takes_rest || std::ranges::any_of(fields.parameters, &Parameter::is_whole);
}

// The payload's fields that the handler takes: no others are merged.
std::vector<std::uint32_t> taken_fields(const Signature& fields, const PythonPayload& payload) {
    std::vector<std::uint32_t> taken;
    for (std::uint32_t i = 0; i < payload.size; ++i) {
        if (takes_all(fields) || fields.find(PyTuple_GET_ITEM(payload.names, i)) >= 0) {
            taken.push_back(i);
        }
    }
    return taken;
}

std::string path_of(const Call& call) {
    return call.job().plan().legend->slot_path(call.delivery().slot);
}

PyObject* buffer_of(const Definition::Slot& slot, const Call& call) {
    return static_cast<PyObject*>(call.cell()->fields->value_at(slot.buffer));
}

bool set_buffer(const Definition::Slot& slot, const Call& call, const Ref& fields) {
    return fields && assign_field(*call.cell()->fields, slot.buffer, fields.get());
}

// ---- append

// Names that the payload lacks and the buffer has stand behind its own.
PayloadRef all_appended(PyObject* buffer, const PythonPayload& payload,
                        const std::vector<std::uint32_t>& taken) {
    const Ref names = Ref::steal(PySequence_List(payload.names));
    std::vector<Ref> values;
    values.reserve(payload.size);
    for (std::uint32_t i = 0; i < payload.size; ++i) {
        values.push_back(Ref::borrow(payload.values[i]));
    }
    for (const std::uint32_t i : taken) {
        values[i] = Ref::steal(appended_under(buffer, PyTuple_GET_ITEM(payload.names, i)));
    }
    const Version known = document_of(buffer).version();
    if (names && known.size != taken.size()) {
        known.each([&](const Entry& entry) {
            auto* const name = static_cast<PyObject*>(entry.key);
            if (find_field(payload, name) < 0) {
                values.push_back(Ref::steal(appended_under(buffer, name)));
                return PyList_Append(names.get(), name) == 0;
            }
            return true;
        });
    }
    std::vector<PyObject*> borrowed;
    borrowed.reserve(values.size());
    for (const Ref& value : values) {
        borrowed.push_back(value.get());
    }
    if (PyErr_Occurred() != nullptr) {
        return {};
    }
    const bool is_same = borrowed.size() == payload.size;  // the call site's own names: known again
    const Ref all = is_same ? Ref::borrow(payload.names) : Ref::steal(PyList_AsTuple(names.get()));
    return all ? PayloadRef(carry_payload(borrowed.data(), all.get())) : PayloadRef();
}

PayloadRef append(const Definition::Slot& slot, const Call& call, const PythonPayload& payload) {
    if (buffer_of(slot, call) == Py_None && !set_buffer(slot, call, Ref::steal(PyDict_New()))) {
        return {};
    }
    const Ref buffer = Ref::borrow(buffer_of(slot, call));
    const std::vector<std::uint32_t> taken = taken_fields(*slot.slot->fields, payload);
    for (const std::uint32_t i : taken) {
        PyObject* const name = PyTuple_GET_ITEM(payload.names, i);
        if (!append_under(buffer.get(), name, payload.values[i], slot.slot->kept)) {
            return {};
        }
    }
    return all_appended(buffer.get(), payload, taken);
}

// ---- a callable

Ref fields_of(const PythonPayload& payload, const std::vector<std::uint32_t>& taken, bool is_kept) {
    Ref fields = Ref::steal(PyDict_New());
    for (const std::uint32_t i : taken) {
        const Ref value =
            is_kept ? Ref::borrow(payload.values[i]) : Ref::steal(payload_value(payload, i));
        if (!fields || !value ||
            PyDict_SetItem(fields.get(), PyTuple_GET_ITEM(payload.names, i), value.get()) < 0) {
            return {};
        }
    }
    return fields;
}

// A plain dict of what the callable returned, which must be a mapping.
Ref as_dict(const Ref& result, const std::string& path) {
    const Ref abc = Ref::steal(PyImport_ImportModule("collections.abc"));
    const Ref mapping = Ref::steal(abc ? PyObject_GetAttrString(abc.get(), "Mapping") : nullptr);
    const int is_mapping = mapping ? PyObject_IsInstance(result.get(), mapping.get()) : -1;
    if (is_mapping == 0) {
        raise("TypeMismatchError", join("slot '", path,
                                        "': its merge must return a mapping of "
                                        "fields; found ",
                                        Py_TYPE(result.get())->tp_name));
    }
    Ref fields = Ref::steal(is_mapping == 1 ? PyDict_New() : nullptr);
    return fields && PyDict_Update(fields.get(), result.get()) == 0 ? fields : Ref();
}

// As a payload of the slot; refused where the fields are none, or are not those of the slot.
PayloadRef as_payload(const Definition::Slot& slot, const Ref& fields, const std::string& path) {
    const Ref names = Ref::steal(PySequence_Tuple(fields.get()));
    const Ref values = Ref::steal(PyDict_Values(fields.get()));
    if (!names || !values) {
        return {};
    }
    std::vector<PyObject*> borrowed;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(names.get()); ++i) {
        PyObject* const name = PyTuple_GET_ITEM(names.get(), i);
        if (!PyUnicode_CheckExact(name)) {
            const Ref shown = Ref::steal(PyObject_Repr(name));
            raise("TypeMismatchError",
                  join("slot '", path, "': its merge must return fields by their names; found ",
                       shown ? readable(shown.get()) : "?"));
            return {};
        }
        borrowed.push_back(PyList_GET_ITEM(values.get(), i));
    }
    return PayloadRef(make_slot_payload(*slot.slot, path, borrowed.data(), 0, names.get()));
}

PayloadRef fold(const Definition::Slot& slot, const Call& call, const PythonPayload& payload) {
    const std::string path = path_of(call);
    const std::vector<std::uint32_t> taken = taken_fields(*slot.slot->fields, payload);
    const Ref old = Ref::steal(to_plain(buffer_of(slot, call)));
    const Ref more = fields_of(payload, taken, false);
    const Ref result = Ref::steal(
        old && more ? PyObject_CallFunctionObjArgs(slot.slot->merge, old.get(), more.get(), nullptr)
                    : nullptr);
    const Ref fields = result ? as_dict(result, path) : Ref();
    PayloadRef made = fields ? as_payload(slot, fields, path) : PayloadRef();
    if (!made) {
        return {};
    }
    const PythonPayload& whole = as_python(*made.get());
    const bool is_set =
        set_buffer(slot, call, fields_of(whole, taken_fields(*slot.slot->fields, whole), true));
    return is_set ? std::move(made) : PayloadRef();
}

// The first delivery is the buffer as it is.
PayloadRef fold_first(const Definition::Slot& slot, const Call& call,
                      const PythonPayload& payload) {
    const std::vector<std::uint32_t> taken = taken_fields(*slot.slot->fields, payload);
    const bool is_set = set_buffer(slot, call, fields_of(payload, taken, true));
    return is_set ? PayloadRef(const_cast<PythonPayload*>(&payload)) : PayloadRef();
}

bool is_name_and(const Entry& entry, bool is_list_needed) {
    auto* const key = static_cast<PyObject*>(entry.key);
    return PyUnicode_CheckExact(key) &&
           (!is_list_needed || is_state_list(static_cast<PyObject*>(entry.value)));
}

}  // namespace

PayloadRef merged(const Definition::Slot& slot, const Call& call, const PythonPayload& payload) {
    if (slot.slot->spec->merge == Merge::Append) {
        return append(slot, call, payload);
    }
    return buffer_of(slot, call) == Py_None ? fold_first(slot, call, payload)
                                            : fold(slot, call, payload);
}

bool check_buffer(const SlotObject& slot, PyObject* buffer) {
    const bool is_list_needed = slot.spec->merge == Merge::Append;
    const bool is_one =
        buffer == Py_None ||
        (is_state_dict(buffer) && document_of(buffer).version().each([&](const Entry& entry) {
            return is_name_and(entry, is_list_needed);
        }));
    if (!is_one) {
        raise("SerializationError",
              join("damaged: what is saved as merged for slot '", text_of(slot.name),
                   "' is no fields", is_list_needed ? " of lists" : ""));
    }
    return is_one;
}

}  // namespace stoplog::python
