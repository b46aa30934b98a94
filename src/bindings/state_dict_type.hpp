// The types of declared state for the module.
#pragma once

#include "bindings/state_container.hpp"

namespace stoplog::python {

/// Adds `StateDict` and the types of its views, for `collections.abc` to register.
[[nodiscard]] bool add_state_dict_type(PyObject* module);
[[nodiscard]] bool add_state_list_type(PyObject* module);
[[nodiscard]] bool add_state_set_type(PyObject* module);

}  // namespace stoplog::python
