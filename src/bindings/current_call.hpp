// The call that this thread is in, as Python's side sees it.
#pragma once

#include "stoplog/engine/call.hpp"

#include "bindings/python_object.hpp"

namespace stoplog::python {

/// The call in which `routine`'s handler runs here; null with a StateError set: `what` says what
/// was tried, as "state 'total' is written".
Call* call_of(PyObject* routine, const std::string& what);

}  // namespace stoplog::python
