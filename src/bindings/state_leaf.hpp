// Which values are leaves of the state: those that cannot change.
#pragma once

#include "bindings/state_path.hpp"

namespace stoplog::python {

/// The leaves that need no second look.
[[nodiscard]] inline bool is_plain_leaf(PyObject* value) noexcept {
    const PyTypeObject* type = Py_TYPE(value);
    return type == &PyUnicode_Type || type == &PyLong_Type || type == &PyFloat_Type ||
           type == &PyBool_Type || value == Py_None || type == &PyBytes_Type;
}

/// Whether `value` is a leaf through and through, tuples and frozensets included.
[[nodiscard]] bool check_leaf(const Origin& origin, PyObject* value, const Place* place,
                              std::uint32_t depth);
/// Whether `key` may stand in the state; it is hashable already.
[[nodiscard]] bool check_key(const Origin& origin, const Place* outer, PyObject* key,
                             Step step = Step::Key);
/// From now on (or no longer) an instance of `type` is taken for a leaf: whoever says so vouches
/// that it never changes.
void keep_as_leaf(PyTypeObject* type, bool is_kept);
[[nodiscard]] bool check_depth(const Origin& origin, const Place* place, std::uint32_t depth);

}  // namespace stoplog::python
