// `stoplog.Stored`: a value that this process cannot make, carried as the bytes it was stored in.
//
// It can be passed on, compared and saved again unchanged; whoever looks into it is told what is
// missing. Requires: the GIL.
#pragma once

#include "bindings/python_object.hpp"

#include <string_view>

namespace stoplog::python {

/// `bytes`: one value that stands by itself. `name`: its codec's; empty: numpy is what is missing.
[[nodiscard]] PyObject* make_stored(std::string_view bytes, std::string_view name,
                                    std::uint64_t version);
[[nodiscard]] bool is_stored(PyObject* value) noexcept;
/// Requires: `is_stored`.
[[nodiscard]] std::string_view bytes_of_stored(PyObject* stored) noexcept;

[[nodiscard]] bool add_stored_type(PyObject* module);

}  // namespace stoplog::python
