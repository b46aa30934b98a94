// Lists of the state that only grow, handed out for nothing: `Appended` is such a list as it stood
// at one moment, and nobody can write it.
//
// It shares the list's runs, not the list: whatever becomes of that, it stays as it was.
#pragma once

#include "stoplog/state/leaf_tree.hpp"

#include "bindings/state_container.hpp"

namespace stoplog::python {

extern PyTypeObject* appended_type;

[[nodiscard]] inline bool is_appended(PyObject* value) noexcept {
    return Py_TYPE(value) == appended_type;
}
/// Its items, as the state keeps them.
[[nodiscard]] const LeafTree& items_of_appended(PyObject* appended) noexcept;

/// A plain list of them, nested ones too, its leaves as they are kept. New reference.
[[nodiscard]] PyObject* plain_items(PyObject* appended);

/// What the list under `key` of a StateDict holds now. New reference; null with an error set.
/// Requires: it is a StateList.
[[nodiscard]] PyObject* appended_under(PyObject* state_dict, PyObject* key);
/// Append `value` to that list, made where there is none; of more than `limit` (0: any number) the
/// first go. Refused with its path where the state cannot keep the value.
[[nodiscard]] bool append_under(PyObject* state_dict, PyObject* key, PyObject* value,
                                Position limit);

[[nodiscard]] bool add_appended_type(PyObject* module);

}  // namespace stoplog::python
