// Values as payloads and declared state hold them, and as they are handed out (P1).
//
// What cannot change is shared. A container is copied on either way, a value with a codec is kept
// as what its codec made of it, an array as one that nobody can write. Requires: the GIL.
#pragma once

#include "bindings/python_object.hpp"

namespace stoplog::python {

/// The leaves that need no second look.
[[nodiscard]] inline bool is_plain_leaf(const PyTypeObject* type) noexcept {
    return type == &PyUnicode_Type || type == &PyLong_Type || type == &PyFloat_Type ||
           type == &PyBool_Type || type == Py_TYPE(Py_None) || type == &PyBytes_Type;
}

/// What stoplog keeps of a value.
struct Kept {
    Ref value;                // empty: an error is set
    bool is_private = false;  // whoever looks needs a copy (`copy_value`)
};

/// `value` as a payload keeps it under the name `field`, which a refusal tells; null: under none. A
/// value of an unknown type is kept by reference, opaque.
[[nodiscard]] Kept keep_value(PyObject* value, PyObject* field = nullptr);

/// The same for a leaf of declared state: what is private comes as one held value. Throws Refusal,
/// PendingError. Requires: no dict, list, set or bytearray is in it.
[[nodiscard]] Ref keep_leaf(PyObject* value);

/// A kept value for user code: new containers, values made anew by their codecs. Null: an error is
/// set. New reference.
[[nodiscard]] PyObject* copy_value(PyObject* value);

/// The same; throws Refusal, PendingError.
[[nodiscard]] Ref hand_out_copy(PyObject* value);

/// A frozen dataclass of these field values, in the order of its fields: neither `__init__` nor
/// `__post_init__` runs. Null: an error is set.
struct Storable;
[[nodiscard]] Ref make_dataclass(const Storable& type, const Ref* values);

}  // namespace stoplog::python
