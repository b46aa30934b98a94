// What two job states are compared by: bytes that are equal exactly when the states are.
#pragma once

#include "stoplog/archive/codec.hpp"
#include "stoplog/state/job_state.hpp"

#include <string>

namespace stoplog {

/// All of a state, or with `outcome_only` its status, declared state and queue. Names stand for
/// numbers, the order of a dict's entries does not count, what cannot be stored is itself only.
[[nodiscard]] std::string comparison_image(const JobState& state, const ForeignCodec& codec,
                                           bool outcome_only);

}  // namespace stoplog
