// A value of a type that can change, as payloads and declared state hold it: what its codec made of
// it, plain and ours alone.
//
// Nobody outside meets one: whoever is handed the value gets a fresh one (`hand_out`). Requires:
// the GIL.
#pragma once

#include "bindings/storable.hpp"

namespace stoplog::python {

struct Held {
    PyObject_HEAD PyObject* plain;  // nobody else has it
    PyObject* ready;                // a value made of it that nobody has got yet, or null
    const Storable* type;           // null: `plain` is the value, copied for whoever looks
    std::uint32_t version;          // that `plain` was encoded in
};

extern PyTypeObject* held_type;

[[nodiscard]] inline bool is_held(PyObject* value) noexcept { return Py_TYPE(value) == held_type; }
[[nodiscard]] inline Held* as_held(PyObject* value) noexcept {
    return reinterpret_cast<Held*>(value);
}

/// Takes over `plain` and `ready`; null with an error set.
[[nodiscard]] PyObject* make_held(const Storable* type, std::uint32_t version, Ref plain,
                                  Ref ready = {});

/// What user code may have of a value of the state: the value, or a fresh one where it is held.
/// New reference; null: its decoder failed.
[[nodiscard]] PyObject* open_held(PyObject* held);
[[nodiscard]] inline PyObject* hand_out(PyObject* value) {
    return is_held(value) ? open_held(value) : Py_NewRef(value);
}

[[nodiscard]] bool add_held_type();

}  // namespace stoplog::python
