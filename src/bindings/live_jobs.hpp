// The jobs that there are in this process: so that what they share is not changed under them.
//
// Requires: the GIL, for all of it.
#pragma once

#include "bindings/python_object.hpp"

#include <string>
#include <vector>

namespace stoplog::python {

class JobHandle;

/// Keeps a job in the list as long as it lives.
class Listed {
public:
    explicit Listed(JobHandle& job);
    ~Listed();
    Listed(const Listed&) = delete;
    Listed& operator=(const Listed&) = delete;

private:
    JobHandle& job_;
};

/// Wakes all who wait for a job.
void notify_live_jobs();

/// Ids of the jobs that have not ended and whose plan has this routine object.
[[nodiscard]] std::vector<std::string> live_jobs_with(PyObject* routine);

}  // namespace stoplog::python
