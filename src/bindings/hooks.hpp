// Which of the methods that stoplog calls beside a handler a routine has.
//
// Looked at once, when the routine gets its behaviour: who has none pays nothing.
#pragma once

#include <Python.h>

namespace stoplog::python {

struct Hooks {
    bool on_start = false;
    bool on_stop = false;
    bool before_handle = false;
    bool after_handle = false;
    bool on_error = false;

    [[nodiscard]] bool has_any() const {
        return on_start || on_stop || before_handle || after_handle || on_error;
    }
};

/// False, with a ConfigurationError set, where one is nothing that can be called and is done when
/// it returns.
[[nodiscard]] bool read_hooks(PyObject* routine, Hooks& hooks);

}  // namespace stoplog::python
