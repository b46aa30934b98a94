// Waiting without the GIL, and coming back to an interpreter that may have gone.
//
// A daemon thread that comes back to one is ended by CPython (up to 3.13) by unwinding its stack:
// through our frames, which would drop objects without a lock, and end the process where one must
// not throw. It stops here instead, as newer Pythons let it.
#pragma once

#include "bindings/pybind.hpp"

#include <unistd.h>

namespace stoplog::python {

/// Stands around what may take the GIL: a thread that is being unwound goes no further.
class UnwindGuard {
public:
    UnwindGuard() = default;
    UnwindGuard(const UnwindGuard&) = delete;
    UnwindGuard& operator=(const UnwindGuard&) = delete;
    ~UnwindGuard() {
        while (is_unwinding_ && is_gone()) {
            pause();
        }
    }
    void passed() { is_unwinding_ = false; }

private:
    static bool is_gone() {
#if PY_VERSION_HEX >= 0x030d0000
        return Py_IsFinalizing() != 0;
#else
        return _Py_IsFinalizing() != 0;
#endif
    }
    bool is_unwinding_ = true;
};

/// Others have the GIL as long as this lives. In a thread that may outlive the interpreter.
class WithoutGil {
public:
    WithoutGil() : state_(PyEval_SaveThread()) {}
    WithoutGil(const WithoutGil&) = delete;
    WithoutGil& operator=(const WithoutGil&) = delete;
    // Not noexcept, or the guard would never be asked: the process would end on the way to it.
    ~WithoutGil() noexcept(false) {  // NOLINT(performance-noexcept-destructor): see above
        UnwindGuard guard;
        PyEval_RestoreThread(state_);
        guard.passed();
    }

private:
    PyThreadState* state_;
};

}  // namespace stoplog::python
