// Handlers that stand still, without a limit of time, until a job moves: never all that could move
// it.
//
// All of it under the GIL.
#pragma once

#include "bindings/job_handle.hpp"

namespace stoplog::python {

/// This thread is about to wait for `job`. Where it runs a handler, and every handler that could
/// let it go on waits in this way too, the making throws StateError.
class Standing {
public:
    Standing(const JobHandle& job, const Deadline& deadline);
    Standing(const Standing&) = delete;
    Standing& operator=(const Standing&) = delete;
    ~Standing();
};

/// In a forked child: who waited is not there.
void forget_waits();

}  // namespace stoplog::python
