// What a user says about errors: "stop", "continue", "skip", or a Retry.
#pragma once

#include "stoplog/graph/routine.hpp"

#include "bindings/python_object.hpp"

namespace stoplog::python {

/// `stoplog.Retry`, with the exceptions that it is about.
struct PythonRetry final : Retry {
    Ref retry_on;    // a tuple of classes
    Ref give_up_on;  // another
};

/// False with a ConfigurationError set where `value` is no policy.
[[nodiscard]] bool set_rule(PyObject* value, ErrorRule& rule);

}  // namespace stoplog::python
