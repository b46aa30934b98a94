// A job state as Python holds it: the value, read and dropped under the GIL.
#pragma once

#include "stoplog/state/job_state.hpp"

#include "bindings/pybind.hpp"

#include <memory>

namespace stoplog::python {

class StateHandle {
public:
    explicit StateHandle(std::shared_ptr<const JobState> state) : state_(std::move(state)) {}
    [[nodiscard]] const JobState& operator*() const { return *state_; }
    [[nodiscard]] const JobState* operator->() const { return state_.get(); }

private:
    std::shared_ptr<const JobState> state_;
};

void register_job_state(py::module_& module);

}  // namespace stoplog::python
