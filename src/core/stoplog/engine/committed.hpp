// What one commit did, as who listens is told it.
#pragma once

#include "stoplog/engine/call.hpp"
#include "stoplog/engine/history.hpp"
#include "stoplog/state/record.hpp"

#include <cstdint>
#include <vector>

namespace stoplog {

/// Of its own: the job may go on, and end, while somebody looks at it.
struct Committed {
    std::uint32_t routine = kNone;
    Record record;
    std::vector<Emission> emitted;  // in order; events that nobody hears included
};

}  // namespace stoplog
