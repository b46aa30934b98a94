// How a value gets into the state.
//
// Leaves cannot change; containers become containers of ours, a value with a codec is held as what
// its codec made of it, an array becomes one that nobody can write. A value is converted whole
// before anything is written, so a refusal leaves the state as it was.
#pragma once

#include "bindings/state_leaf.hpp"

#include <vector>

namespace stoplog::python {

/// `value` for the place `place` at `depth`; null with an error. New reference.
[[nodiscard]] Ref convert(const std::shared_ptr<CallLog>& log, const Origin& origin,
                          PyObject* value, const Place* place, std::uint32_t depth);

}  // namespace stoplog::python
