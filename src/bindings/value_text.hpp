// Texts of Python for whoever saves and loads: of a str, of an error, of a step into a value.
// Requires: the GIL.
#pragma once

#include "stoplog/base/error.hpp"

#include "bindings/python_object.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace stoplog::python {

/// Why a value cannot be stored or made again, and where in it: ".items[3].callback", "function
/// cannot be stored".
struct Refusal {
    std::string path;
    std::string what;
    Ref cause = {};  // the user's exception behind it
};

/// Thrown where a Python error is set that is nobody's to translate: an interrupt, a lack of
/// memory.
struct PendingError {};

/// The pending Python error, whole. Clears it. Empty: there is none.
[[nodiscard]] inline Ref take_error() {
    PyObject* type = nullptr;
    PyObject* value = nullptr;
    PyObject* traceback = nullptr;
    PyErr_Fetch(&type, &value, &traceback);
    PyErr_NormalizeException(&type, &value, &traceback);
    if (traceback != nullptr) {
        PyException_SetTraceback(value, traceback);
    }
    Py_XDECREF(type);
    Py_XDECREF(traceback);
    return Ref::steal(value);
}

/// "ValueError: year 0 is out of range"
[[nodiscard]] inline std::string error_text(PyObject* error) {
    if (error == nullptr) {
        return "an unknown error";
    }
    const Ref text = Ref::steal(PyObject_Str(error));
    if (!text) {
        PyErr_Clear();
    }
    return join(Py_TYPE(error)->tp_name, ": ", text ? readable(text.get()) : std::string());
}

/// The pending Python error as text. Clears it.
[[nodiscard]] inline std::string take_error_text() { return error_text(take_error().get()); }

/// Refuses with the pending error of a user's function; an interrupt goes through as it is.
[[noreturn]] inline void refuse_with_error(std::string_view what) {
    if (PyErr_ExceptionMatches(PyExc_Exception) == 0) {
        throw PendingError{};
    }
    Ref error = take_error();
    throw Refusal{{}, join(what, ": ", error_text(error.get())), std::move(error)};
}

/// Raises a SerializationError with the cause behind it.
inline void raise_serialization(std::string_view text, PyObject* cause) {
    PyObject* const cls = error_type("SerializationError");
    const Ref message = make_text(text);
    const Ref error =
        Ref::steal(cls != nullptr && message ? PyObject_CallOneArg(cls, message.get()) : nullptr);
    if (!error) {
        return;
    }
    if (cause != nullptr) {
        PyException_SetCause(error.get(), Py_NewRef(cause));
    }
    PyErr_SetObject(cls, error.get());
}

/// UTF-8 of a str, lone surrogates as three bytes each. Throws Refusal where memory runs out.
class Utf8 {
public:
    explicit Utf8(PyObject* text) {
        if (PyUnicode_IS_COMPACT_ASCII(text)) [[likely]] {
            view_ = {static_cast<const char*>(PyUnicode_DATA(text)),
                     static_cast<std::size_t>(PyUnicode_GET_LENGTH(text))};
            return;
        }
        Py_ssize_t size = 0;
        if (const char* const data = PyUnicode_AsUTF8AndSize(text, &size)) {
            view_ = {data, static_cast<std::size_t>(size)};
            return;
        }
        PyErr_Clear();
        encoded_ = Ref::steal(PyUnicode_AsEncodedString(text, "utf-8", "surrogatepass"));
        if (!encoded_) {
            throw Refusal{{}, take_error_text()};
        }
        view_ = {PyBytes_AS_STRING(encoded_.get()),
                 static_cast<std::size_t>(PyBytes_GET_SIZE(encoded_.get()))};
    }
    [[nodiscard]] std::string_view view() const { return view_; }

private:
    std::string_view view_;
    Ref encoded_;
};

/// The step into a dict: ".name", "['two words']", "[3]".
[[nodiscard]] inline std::string step_of(PyObject* key) {
    if (PyUnicode_CheckExact(key) && PyUnicode_IsIdentifier(key) == 1) {
        return join(".", Utf8(key).view());
    }
    const Ref shown = Ref::steal(PyObject_Repr(key));
    if (!shown) {
        PyErr_Clear();
    }
    return join("[", shown ? readable(shown.get()) : std::string("?"), "]");
}

}  // namespace stoplog::python
