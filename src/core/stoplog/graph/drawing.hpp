// The flow as canonical text: what a saved job remembers of the flow it belongs to.
//
// The same flow drawn in another order gives the same text. It holds what decides whether a saved
// job still fits (names, fields, kinds, connections), and nothing that never blocks a resume
// (capacities, policies, docs, code).
#pragma once

#include "stoplog/graph/flow.hpp"

#include <string>
#include <string_view>

namespace stoplog {

/// JSON, keys sorted, no spaces.
[[nodiscard]] std::string draw(const Flow& flow);

/// Sixteen hexadecimal digits.
[[nodiscard]] std::string fingerprint_of(std::string_view drawing);

}  // namespace stoplog
