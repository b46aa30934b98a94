// The containers of declared state for the rest of the bindings: StateDict, StateList, StateSet.
//
// Everything here is called with the GIL held. A function that returns null or false has set an
// error.
#pragma once

#include "stoplog/state/document.hpp"
#include "stoplog/state/list_document.hpp"
#include "stoplog/value/leaf.hpp"

#include "bindings/python_object.hpp"

#include <cstdint>
#include <memory>

namespace stoplog::python {

/// Containers in containers, tuples and frozensets included.
inline constexpr std::uint32_t kMaxNesting = 200;

/// The verbs of every document whose leaves are Python objects.
extern const LeafVerbs python_leaves;

// Asked of the rest of the bindings.
/// Whether the call of this very log is the one that runs here.
[[nodiscard]] bool may_write(const CallLog& log);

// Given to the rest of the bindings.
extern PyTypeObject* state_dict_type;
extern PyTypeObject* state_list_type;
extern PyTypeObject* state_set_type;

[[nodiscard]] inline bool is_state_dict(PyObject* value) noexcept {
    return Py_TYPE(value) == state_dict_type;
}
[[nodiscard]] inline bool is_state_list(PyObject* value) noexcept {
    return Py_TYPE(value) == state_list_type;
}
[[nodiscard]] inline bool is_state_set(PyObject* value) noexcept {
    return Py_TYPE(value) == state_set_type;
}
[[nodiscard]] inline bool is_state_container(PyObject* value) noexcept {
    return is_state_dict(value) || is_state_list(value) || is_state_set(value);
}

/// An empty container at its place for life; `depth` counts from 1, the value of a state field.
[[nodiscard]] PyObject* new_state_dict(std::shared_ptr<CallLog> log, std::uint32_t depth = 1);
[[nodiscard]] PyObject* new_state_list(std::shared_ptr<CallLog> log, std::uint32_t depth = 1);
[[nodiscard]] PyObject* new_state_set(std::shared_ptr<CallLog> log, std::uint32_t depth = 1);

/// The keys and values of a StateDict; of a StateSet, whose values are all None.
[[nodiscard]] Document& document_of(PyObject* keyed) noexcept;
[[nodiscard]] ListDocument& list_of(PyObject* state_list) noexcept;
/// As it was at the cut that `frozen` holds; null: as it is.
[[nodiscard]] inline Version version_at(const Frozen* frozen, PyObject* keyed) {
    const Document& document = document_of(keyed);
    return frozen != nullptr ? frozen->version_of(document) : document.version();
}
[[nodiscard]] inline LeafTree list_at(const Frozen* frozen, PyObject* state_list) {
    const ListDocument& list = list_of(state_list);
    return frozen != nullptr ? frozen->version_of(list) : list.version();
}

/// `value` as it stands in the state: leaves as they are kept, a container as a new one of ours, a
/// container of ours as a copy (of the cut that `frozen` holds; null: of now); anything else is
/// refused with its path, which begins at `field`. New reference.
[[nodiscard]] PyObject* tracked(const std::shared_ptr<CallLog>& log, PyObject* value,
                                PyObject* field, const Frozen* frozen = nullptr);
/// Write a state field in the running call; what stands there already stays.
[[nodiscard]] bool assign_field(Document& root, Position position, PyObject* value);

/// A plain container, nested ones too, for one of ours; any other value as it is. New reference.
[[nodiscard]] PyObject* to_plain(PyObject* value);
/// The same as of the cut that `frozen` holds (null: as of now), its leaves as they are kept.
[[nodiscard]] PyObject* plain_at(const Frozen* frozen, PyObject* value);

/// The hash of a key; -1: an error is set.
[[nodiscard]] inline LeafHash hash_of(PyObject* key) {
    if (PyUnicode_CheckExact(key)) {
        const Py_hash_t cached = reinterpret_cast<PyASCIIObject*>(key)->hash;
        if (cached != -1) return cached;
    }
    return PyObject_Hash(key);
}

}  // namespace stoplog::python
