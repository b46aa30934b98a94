// What the files of StateDict share: its primitives, its iterators and views.
//
// No file outside `state_*` includes this; they use `state_container.hpp`.
#pragma once

#include "bindings/state_objects.hpp"

namespace stoplog::python {

// Primitives.
/// Borrowed; null without an error: absent.
[[nodiscard]] PyObject* lookup(StateDict* self, PyObject* key);
/// Set, or remove where `value` is null.
[[nodiscard]] int assign(StateDict* self, PyObject* key, PyObject* value);
/// Write what is converted already; takes over `kept`.
[[nodiscard]] bool put(StateDict* self, PyObject* key, LeafHash hash, Ref kept);
[[nodiscard]] bool remove_at(StateDict* self, Position position);
/// 1, 0, or -1 with an error.
[[nodiscard]] int is_mapping(PyObject* value);

extern PyMethodDef state_dict_methods[];
[[nodiscard]] int update_from(StateDict* self, PyObject* other, PyObject* keywords);

// Iterators and views.
[[nodiscard]] PyObject* view(PyObject* self, Part part);
[[nodiscard]] bool add_iterator_type();
[[nodiscard]] bool add_view_types(PyObject* module);

}  // namespace stoplog::python
