// What C++ needs of the Python face: its classes, found by their public names.
#pragma once

#include "bindings/python_object.hpp"

namespace stoplog::python {

/// `stoplog.<name>`, borrowed; null with an error set.
PyObject* face(const char* name);

}  // namespace stoplog::python
