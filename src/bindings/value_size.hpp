// What a kept value takes, in bytes, by and large: for who bounds a history by them.
#pragma once

#include "bindings/python_object.hpp"

#include <cstdint>

namespace stoplog::python {

/// The text and the bytes in it by their length in memory, arrays by their data, anything else by
/// 16. Looks at 100 000 values at most. Requires: a value that stoplog keeps; runs no Python.
[[nodiscard]] std::int64_t size_of_kept(PyObject* value) noexcept;

}  // namespace stoplog::python
