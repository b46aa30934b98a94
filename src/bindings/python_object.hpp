// Owns one reference of a Python object. Requires: the GIL, for everything but moving.
#pragma once

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace stoplog::python {

class Ref {
public:
    Ref() = default;
    /// Takes over a new reference, or null with a Python error set.
    static Ref steal(PyObject* object) {
        Ref ref;
        ref.object_ = object;
        return ref;
    }
    static Ref borrow(PyObject* object) { return steal(Py_XNewRef(object)); }
    Ref(const Ref& other) : object_(Py_XNewRef(other.object_)) {}
    Ref(Ref&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
    Ref& operator=(Ref other) noexcept {
        std::swap(object_, other.object_);
        return *this;
    }
    ~Ref() { Py_XDECREF(object_); }

    [[nodiscard]] PyObject* get() const { return object_; }
    [[nodiscard]] PyObject* release() { return std::exchange(object_, nullptr); }
    [[nodiscard]] explicit operator bool() const { return object_ != nullptr; }

private:
    PyObject* object_ = nullptr;
};

/// For the core to carry: the object is dropped with the last owner, under the GIL.
inline std::shared_ptr<void> carried(Ref object) {
    return {object.release(), [](void* held) { Py_XDECREF(static_cast<PyObject*>(held)); }};
}

/// UTF-8 text of a str; empty and no error where it has none.
inline std::string_view text_of(PyObject* text) {
    Py_ssize_t size = 0;
    const char* data = PyUnicode_AsUTF8AndSize(text, &size);
    if (data == nullptr) {
        PyErr_Clear();
        return {};
    }
    return {data, static_cast<std::size_t>(size)};
}

/// UTF-8 text of a str for people: what UTF-8 has no place for is written with backslashes.
inline std::string readable(PyObject* text) {
    const Ref bytes = Ref::steal(PyUnicode_AsEncodedString(text, "utf-8", "backslashreplace"));
    if (!bytes) {
        PyErr_Clear();
        return {};
    }
    return {PyBytes_AS_STRING(bytes.get()),
            static_cast<std::size_t>(PyBytes_GET_SIZE(bytes.get()))};
}

inline Ref make_text(std::string_view text) {
    return Ref::steal(
        PyUnicode_DecodeUTF8(text.data(), static_cast<Py_ssize_t>(text.size()), "replace"));
}

/// Sets a Python error of one of stoplog's own classes.
PyObject* error_type(const char* name);
inline std::nullptr_t raise(const char* type, std::string_view message) {
    if (PyObject* const cls = error_type(type)) {
        PyErr_SetObject(cls, make_text(message).get());
    }
    return nullptr;
}

}  // namespace stoplog::python
