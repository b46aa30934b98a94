// Handlers that stand still, without a limit of time, until a job moves or a duty is done: never
// all that could see to it.
//
// All of it under the GIL.
#pragma once

#include "bindings/job_handle.hpp"

#include <string>

namespace stoplog::python {

/// What others may wait for while this thread sees to it: an on_start, an on_stop, the end of a
/// job. `identity` names it.
class Duty {
public:
    explicit Duty(const void* identity, const JobHandle* job = nullptr);
    Duty(const Duty&) = delete;
    Duty& operator=(const Duty&) = delete;
    ~Duty();
};

/// This thread is about to wait for `job`. Where it runs a handler, and every handler that could
/// let it go on waits in this way too, the making throws StateError.
class Standing {
public:
    Standing(const JobHandle& job, const Deadline& deadline, bool is_for_room);
    /// The same for a duty; `what` it is, for the message.
    Standing(const void* duty, const std::string& what);
    Standing(const Standing&) = delete;
    Standing& operator=(const Standing&) = delete;
    ~Standing();
};

/// In a forked child: who waited is not there.
void forget_waits();

}  // namespace stoplog::python
