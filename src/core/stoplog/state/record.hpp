// What became of one attempt: the history is a queue of these.
#pragma once

#include "stoplog/base/clock.hpp"
#include "stoplog/base/legend.hpp"
#include "stoplog/state/error_text.hpp"
#include "stoplog/state/status.hpp"
#include "stoplog/value/payload.hpp"

#include <cstdint>

namespace stoplog {

struct Record {
    PayloadRef payload;
    std::uint64_t number = 0;  // the delivery's id: (source, number)
    std::uint64_t root = 0;
    Stamp began = 0;
    std::int64_t ticks = 0;  // how long the attempt took
    std::uint32_t slot = kNone;
    std::uint32_t connection = kNone;  // that fed it; kNone: from outside
    std::uint32_t attempt = 1;
    Outcome outcome = Outcome::Finished;
    ErrorText error;  // of a failed attempt
};

// What a hop writes: one line of the cache.
static_assert(sizeof(Record) <= 64);

}  // namespace stoplog
