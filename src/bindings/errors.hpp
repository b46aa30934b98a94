// Translation of the core's errors, for the module.
#pragma once

#include "bindings/pybind.hpp"

namespace stoplog::python {

void register_errors();

}  // namespace stoplog::python
