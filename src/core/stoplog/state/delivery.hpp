// One payload on its way to one slot.
//
// Its id is (source, number): the emitting routine and that routine's own count, so that a hop
// needs no shared counter and a re-run gives the same ids. Numbers start at 1. The source is that
// of the connection (Legend::source_of).
#pragma once

#include "stoplog/base/legend.hpp"
#include "stoplog/value/payload.hpp"

#include <cstdint>

namespace stoplog {

struct Delivery {
    PayloadRef payload;
    std::uint64_t number = 0;
    std::uint64_t root = 0;            // number of the send from outside that it descends from
    std::uint32_t slot = kNone;        // in the legend
    std::uint32_t connection = kNone;  // that fed it; kNone: from outside
};

/// Attempts that failed; `forgiven` of them were before the job failed and was resumed, and do not
/// count any more.
struct Tries {
    std::uint32_t failed = 0;
    std::uint32_t forgiven = 0;
};

static_assert(sizeof(Delivery) <= 32);  // two to a line of the cache

}  // namespace stoplog
