// `stoplog.State` for the module.
#pragma once

#include "bindings/definition.hpp"

namespace stoplog::python {

[[nodiscard]] bool add_state_type(PyObject* module);

}  // namespace stoplog::python
