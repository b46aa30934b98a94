// Looked through from end to end: it is asked rarely, and a job costs one entry.
#include "bindings/live_jobs.hpp"

#include "bindings/job_handle.hpp"
#include "bindings/python_handler.hpp"

#include <algorithm>
#include <unordered_set>

namespace stoplog::python {
namespace {

std::unordered_set<JobHandle*>& listed() {
    static auto* const jobs = new std::unordered_set<JobHandle*>;  // outlives every job
    return *jobs;
}

bool has_routine(const Plan& plan, PyObject* routine) {
    return std::ranges::any_of(plan.routines, [&](const RoutinePlan& planned) {
        return static_cast<const PythonHandler&>(*planned.behaviour).routine() == routine;
    });
}

}  // namespace

Listed::Listed(JobHandle& job) : job_(job) { listed().insert(&job); }

Listed::~Listed() { listed().erase(&job_); }

void notify_live_jobs() {
    for (JobHandle* const job : listed()) {
        job->notify();
    }
}

std::vector<std::string> live_jobs_with(PyObject* routine) {
    std::vector<std::string> ids;
    for (const JobHandle* job : listed()) {
        if (!job->is_ended() && has_routine(job->plan(), routine)) {
            ids.push_back(job->id());
        }
    }
    std::ranges::sort(ids);
    return ids;
}

}  // namespace stoplog::python
