// From drawing board to plan: numbers for names, routes for connections.
#pragma once

#include "stoplog/graph/flow.hpp"

#include <memory>

namespace stoplog {

/// `on_error` is what holds where neither slot nor routine says.
[[nodiscard]] std::shared_ptr<const Plan> freeze(const Flow& flow, const ErrorRule& on_error);

}  // namespace stoplog
