// The include wall: pybind11 and its casters, once and in this order.
#pragma once

#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

namespace stoplog::python {
namespace py = pybind11;
}  // namespace stoplog::python
