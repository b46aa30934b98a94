// A look at the whole drawing: what its single steps could not tell.
#pragma once

#include "stoplog/graph/flow.hpp"

#include <string>
#include <vector>

namespace stoplog {

/// Warnings: events that no slot hears, slots that no event feeds. Throws GraphError, with a list,
/// where something could never run.
[[nodiscard]] std::vector<std::string> validate(const Flow& flow);

}  // namespace stoplog
