// The face has checked the parts of a Retry; here they become the core's.
#include "bindings/error_rule.hpp"

#include "stoplog/base/error.hpp"

#include "bindings/face.hpp"
#include "bindings/value_text.hpp"

#include <memory>
#include <string_view>

namespace stoplog::python {
namespace {

bool set_plain(std::string_view text, ErrorPolicy& policy) {
    if (text == "stop") {
        policy = ErrorPolicy::Stop;
    } else if (text == "continue") {
        policy = ErrorPolicy::Continue;
    } else if (text == "skip") {
        policy = ErrorPolicy::Skip;
    } else {
        return false;
    }
    return true;
}

// What the face's class has checked already.
bool set_retry(PyObject* value, ErrorRule& rule) {
    const Ref parts = Ref::steal(PyObject_CallMethod(value, "_parts", nullptr));
    if (!parts) {
        return false;
    }
    auto made = std::make_shared<PythonRetry>();
    const char* then = nullptr;
    PyObject* retry_on = nullptr;
    PyObject* give_up_on = nullptr;
    if (PyArg_ParseTuple(parts.get(), "IddddsO!O!", &made->max_attempts, &made->initial,
                         &made->factor, &made->cap, &made->jitter, &then, &PyTuple_Type, &retry_on,
                         &PyTuple_Type, &give_up_on) == 0) {
        return false;
    }
    set_plain(then, made->then);
    made->retry_on = Ref::borrow(retry_on);
    made->give_up_on = Ref::borrow(give_up_on);
    rule = ErrorRule(std::move(made));
    return true;
}

}  // namespace

bool set_rule(PyObject* value, ErrorRule& rule) {
    if (PyUnicode_Check(value) && set_plain(text_of(value), rule.policy)) {
        rule.retry = nullptr;
        return true;
    }
    PyObject* const retry = PyUnicode_Check(value) ? nullptr : face("Retry");
    if (retry != nullptr && Py_IS_TYPE(value, reinterpret_cast<PyTypeObject*>(retry))) {
        return set_retry(value, rule);
    }
    PyErr_Clear();
    const Ref shown = Ref::steal(PyObject_Repr(value));
    raise("ConfigurationError",
          join("on_error must be 'stop', 'continue', 'skip' or a Retry(...); found ",
               shown ? text_of(shown.get()) : "?"));
    return false;
}

}  // namespace stoplog::python
