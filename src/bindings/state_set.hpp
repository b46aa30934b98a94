// What the files of StateSet share: its primitives and its methods.
//
// No file outside `state_set*` includes this; the rest uses `state_container.hpp`.
#pragma once

#include "bindings/state_value.hpp"

namespace stoplog::python {

/// A plain set of the members. New reference.
[[nodiscard]] PyObject* members_of(PyObject* self);
/// 1, 0, or -1 with an error. A plain set is looked up as the frozenset that it equals.
[[nodiscard]] int has_member(StateSet* self, PyObject* value);
/// Add it unless it is there. Requires: `check_member`.
[[nodiscard]] bool add_member(StateSet* self, PyObject* value, LeafHash hash);
/// The hash of what may stand in the state; -1 with an error.
[[nodiscard]] LeafHash check_member(StateSet* self, PyObject* value);
/// 1: it was there and is removed; 0; -1 with an error.
[[nodiscard]] int discard_member(StateSet* self, PyObject* value);

/// Add everything in `source` (a plain container), or, where something is refused, nothing.
[[nodiscard]] bool add_all(StateSet* self, PyObject* source);
/// Keep only what is in the plain set `kept`; remove what is in it; the two turned round.
[[nodiscard]] bool keep_only(StateSet* self, PyObject* kept);
[[nodiscard]] bool discard_all(StateSet* self, PyObject* gone);
[[nodiscard]] bool toggle_all(StateSet* self, PyObject* toggled);

/// What a method of the plain set answers for `self`, called with containers of ours made plain.
[[nodiscard]] PyObject* ask_plain(PyObject* self, const char* method, PyObject* arguments);

extern PyMethodDef state_set_methods[];

}  // namespace stoplog::python
