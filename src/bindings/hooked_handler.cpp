// Hooks are looked up by name when they are called, as any method is.
#include "bindings/hooked_handler.hpp"

#include "stoplog/base/error.hpp"
#include "stoplog/engine/cell.hpp"
#include "stoplog/engine/job.hpp"

#include "bindings/error_rule.hpp"
#include "bindings/gil.hpp"
#include "bindings/job_handle.hpp"
#include "bindings/pybind.hpp"

#include <string_view>
#include <utility>

namespace stoplog::python {
namespace {

Ref slot_name(const Call& call) {
    return make_text(call.job().plan().legend->slots[call.delivery().slot].name);
}

// Whether `sought` is this error, or one that it was raised after.
bool has_in_context(PyObject* error, PyObject* sought) {
    constexpr int kLongest = 1000;  // a circle ends here
    Ref at = Ref::borrow(error);
    for (int i = 0; at && i < kLongest; ++i) {
        if (at.get() == sought) {
            return true;
        }
        at = Ref::steal(PyException_GetContext(at.get()));
    }
    return static_cast<bool>(at);
}

// What on_error raised is shown behind what it was asked about.
void chain_pending_to(PyObject* original) {
    PyObject* type = nullptr;
    PyObject* error = nullptr;
    PyObject* trace = nullptr;
    PyErr_Fetch(&type, &error, &trace);
    PyErr_NormalizeException(&type, &error, &trace);
    const Ref known = Ref::steal(PyException_GetContext(error));
    if (!known && !has_in_context(original, error)) {
        PyException_SetContext(error, Py_NewRef(original));
    }
    PyErr_Restore(type, error, trace);
}

}  // namespace

std::shared_ptr<PythonHandler> make_handler(PyObject* routine,
                                            std::shared_ptr<Definition> definition,
                                            const Hooks& hooks) {
    if (hooks.has_any()) {
        return std::make_shared<HookedHandler>(routine, std::move(definition), hooks);
    }
    return std::make_shared<PythonHandler>(routine, std::move(definition));
}

// Once per routine object and process, before its first call in any job: no call of it is current.
bool HookedHandler::begin(Call& call) const {
    Usage& usage = static_cast<JobHandle&>(call.job()).usage();
    if (usage.has(routine())) {
        return true;
    }
    const void* const identity = call.suspend();
    const bool has_begun = usage.begin(routine(), hooks_);
    call.reopen(identity);
    call.failure.part = has_begun ? nullptr : "on_start";
    return has_begun;
}

bool HookedHandler::run_hook(Call& call, const char* name, const Ref& slot, const Ref& payload) {
    if (Ref::steal(PyObject_CallMethod(routine(), name, "OO", slot.get(), payload.get()))) {
        return true;
    }
    call.failure.part = name;
    return false;
}

// False with an error set.
bool HookedHandler::attempt(Call& call) {
    Ref slot;
    Ref payload;
    if (hooks_.before_handle || hooks_.after_handle) {
        const PayloadRef given = delivered(call);
        slot = slot_name(call);
        payload = Ref::steal(given && slot ? whole_payload(as_python(*given.get())) : nullptr);
        if (!payload) {
            return false;
        }
    }
    return (!hooks_.before_handle || run_hook(call, "before_handle", slot, payload)) &&
           static_cast<bool>(Ref::steal(run(call))) &&
           (!hooks_.after_handle || run_hook(call, "after_handle", slot, payload));
}

Verdict HookedHandler::invoke(Call& call) {
    UnwindGuard guard;
    const bool has_life = hooks_.on_start || hooks_.on_stop;
    const bool is_done = (!has_life || begin(call)) && attempt(call);
    guard.passed();
    return is_done ? Verdict::Done : failed(call, hooks_.on_error);
}

// Null with an error set: it is no policy.
std::optional<ErrorRule> HookedHandler::answered(const Ref& answer,
                                                 const ErrorRule& declared) const {
    if (answer.get() == Py_None) {
        return declared;
    }
    ErrorRule rule;
    if (set_rule(answer.get(), rule)) {
        return rule;
    }
    PyErr_Clear();
    const Ref shown = Ref::steal(PyObject_Repr(answer.get()));
    if (shown) {
        raise("ConfigurationError", join(Py_TYPE(routine())->tp_name,
                                         ".on_error must return 'stop', 'continue', 'skip', "
                                         "a Retry(...) or None; found ",
                                         readable(shown.get())));
    }
    return std::nullopt;
}

// Asked after the undo: the call is over, so nothing can be emitted or written.
std::optional<ErrorRule> HookedHandler::choose(Call& call, Failure& failure,
                                               const ErrorRule& declared) {
    if (!hooks_.on_error) {
        return declared;
    }
    UnwindGuard guard;
    const Ref original = Ref::borrow(static_cast<PyObject*>(failure.exception.get()));
    PayloadRef given = delivered(call);
    if (!given) {  // a rename that does not fit: it is the failure that is asked about
        PyErr_Clear();
        given = call.delivery().payload;
    }
    const Ref slot = slot_name(call);
    const Ref payload = Ref::steal(given ? whole_payload(as_python(*given.get())) : nullptr);
    const Ref answer =
        Ref::steal(slot && payload ? PyObject_CallMethod(routine(), "on_error", "OOO", slot.get(),
                                                         payload.get(), original.get())
                                   : nullptr);
    std::optional<ErrorRule> policy =
        answer ? answered(answer, declared) : std::optional<ErrorRule>();
    guard.passed();
    if (policy) {
        return policy;
    }
    if (is_interrupt_pending()) {
        take_error(failure, false);
        return std::nullopt;
    }
    chain_pending_to(original.get());
    take_error(failure, true);
    if (failure.exception.get() != original.get()) {
        failure.error.message = join("in on_error: ", failure.error.message);
    }
    return ErrorRule(ErrorPolicy::Stop);
}

}  // namespace stoplog::python
