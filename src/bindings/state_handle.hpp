// A job state as Python holds it: the value, read and dropped under the GIL.
#pragma once

#include "stoplog/state/job_state.hpp"

#include "bindings/pybind.hpp"

#include <cstdint>
#include <memory>
#include <tuple>

namespace stoplog::python {

class StateHandle {
public:
    explicit StateHandle(std::shared_ptr<const JobState> state) : state_(std::move(state)) {}
    [[nodiscard]] const JobState& operator*() const { return *state_; }
    [[nodiscard]] const JobState* operator->() const { return state_.get(); }

private:
    std::shared_ptr<const JobState> state_;
};

/// A retention as the face says it: size, ttl, bytes, ttl of failures, whether payloads are kept.
using RetentionValues = std::tuple<std::int64_t, std::int64_t, std::int64_t, std::int64_t, bool>;
[[nodiscard]] inline Retention retention_of(const RetentionValues& said) {
    return std::make_from_tuple<Retention>(said);
}

void register_job_state(py::module_& module);

}  // namespace stoplog::python
