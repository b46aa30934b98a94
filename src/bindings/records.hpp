// Deliveries and records as Python sees them: plain objects of the face, made when somebody looks.
#pragma once

#include "stoplog/base/legend.hpp"
#include "stoplog/engine/job.hpp"
#include "stoplog/state/delivery.hpp"
#include "stoplog/state/job_state.hpp"
#include "stoplog/state/record.hpp"

#include "bindings/python_object.hpp"

namespace stoplog::python {

/// New references; null with an error set.
PyObject* make_delivery(const Legend& legend, const Delivery& delivery, std::uint32_t attempt,
                        bool is_in_call);
PyObject* make_record(const JobState& state, const Record& record);
/// `stoplog.Commit`; its record has the payload, whatever the history keeps.
PyObject* commit_object(const Job& job, const Committed& commit);
PyObject* make_job_error(const JobError& error);

/// Everything that is queued in a state, routine by routine, oldest first.
PyObject* make_queued(const JobState& state);

}  // namespace stoplog::python
