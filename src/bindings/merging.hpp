// Merging slots: each delivery is folded into a buffer, and the handler gets what came of it.
//
// The buffer is a state field that no user can name: undone, cut, saved and resumed as all state
// is.
#pragma once

#include "bindings/definition.hpp"
#include "bindings/payload.hpp"

#include <string>

namespace stoplog {
class Call;
}

namespace stoplog::python {

/// What the handler of a merging slot is called with: the buffer of its job with `payload` folded
/// in. Null, with an error set, where that fails. Runs inside the call.
[[nodiscard]] PayloadRef merged(const Definition::Slot& slot, const Call& call,
                                const PythonPayload& payload);

/// Whether a value that was saved can be the buffer of this slot; else a SerializationError is set.
[[nodiscard]] bool check_buffer(const SlotObject& slot, PyObject* buffer);

/// Reads the option: "override", "append", an Append, or a callable. False, with a
/// ConfigurationError set, for anything else.
[[nodiscard]] bool set_merge(SlotObject& slot, PyObject* value);

}  // namespace stoplog::python
