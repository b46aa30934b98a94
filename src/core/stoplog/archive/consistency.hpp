// What must hold in every job state that did not come from a cut of ours.
//
// Whoever resumes it relies on all of this without another look.
#pragma once

#include "stoplog/state/job_state.hpp"

namespace stoplog::archive {

/// Throws SerializationError: an index out of range, slots or fields that are not with their
/// routine, a name twice.
void check_legend(const Legend& legend);

/// Throws SerializationError where two parts of a state contradict each other, or a number names
/// nothing. Requires: its legend is checked.
void check_state(const JobState& state);

}  // namespace stoplog::archive
