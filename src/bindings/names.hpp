// Names that no event, slot or state field may have: those of Routine itself.
#pragma once

#include "bindings/python_object.hpp"

namespace stoplog::python {

/// A part stands under one name. False, with a ConfigurationError set, where `known` is another.
bool check_single_name(PyObject* owner, PyObject* known, PyObject* name);

/// False, with a ConfigurationError set, where `name` may not name a `kind` of `owner`.
bool check_part_name(PyObject* owner, PyObject* name, const char* kind);

}  // namespace stoplog::python
