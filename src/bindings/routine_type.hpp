// `stoplog.Routine` for the module.
#pragma once

#include "bindings/definition.hpp"

namespace stoplog::python {

[[nodiscard]] bool add_routine_type(PyObject* module);

}  // namespace stoplog::python
