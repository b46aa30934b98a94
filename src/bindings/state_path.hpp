// Where a value was meant to go, and the refusal that says so: `count.totals['a'][3]: ...`.
//
// A path costs nothing until it is needed: links on the stack, and a search from the root at the
// end.
#pragma once

#include "bindings/state_objects.hpp"

namespace stoplog::python {

enum class Step : std::uint8_t { Item, Index, Member, Key, Field };

/// One step below a container; what it points at is borrowed.
struct Place {
    const Place* outer;
    PyObject* container;  // the plain container that is being converted, or null
    Step step;
    PyObject* key;     // of all others
    Py_ssize_t index;  // of an Index
};

/// Where the outermost step starts: below a container of the state, or at a state field.
struct Origin {
    const CallLog& log;
    PyObject* container;  // null: `field` says it
    PyObject* field;
};

/// Raise `error` with the path and what is wrong, formatted as PyUnicode_FromFormat does.
void refuse(const char* error, const Origin& origin, const Place* place, const char* format, ...);

}  // namespace stoplog::python
