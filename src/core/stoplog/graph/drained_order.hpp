// In which order drained slots fire: along the connections, routines of one cycle as one.
#pragma once

#include "stoplog/graph/plan.hpp"

#include <cstdint>
#include <vector>

namespace stoplog {

/// Drained slots in topological order of the strongly connected parts; ties by declaration.
[[nodiscard]] std::vector<std::uint32_t> drained_order(const Plan& plan);

}  // namespace stoplog
