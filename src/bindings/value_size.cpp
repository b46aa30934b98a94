// One walk over what nobody else can change: containers of our own copying, tuples, held values.
#include "bindings/value_size.hpp"

#include "bindings/held_type.hpp"

namespace stoplog::python {
namespace {

constexpr std::int64_t kAnything = 16;
constexpr int kMostValues = 100'000;

class Scale {
public:
    [[nodiscard]] std::int64_t total() const { return total_; }

    void add(PyObject* value) noexcept {
        if (++seen_ > kMostValues) {
            return;
        }
        total_ += kAnything;
        if (PyUnicode_CheckExact(value)) {
            total_ += PyUnicode_GET_LENGTH(value) * PyUnicode_KIND(value);
        } else if (PyBytes_CheckExact(value)) {
            total_ += PyBytes_GET_SIZE(value);
        } else if (PyByteArray_CheckExact(value)) {
            total_ += PyByteArray_GET_SIZE(value);
        } else if (is_held(value)) {
            add(as_held(value)->plain);
        } else {
            add_container(value);
        }
    }

private:
    void add_container(PyObject* value) noexcept {
        if (PyTuple_CheckExact(value)) {
            for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(value); ++i) {
                add(PyTuple_GET_ITEM(value, i));
            }
        } else if (PyList_CheckExact(value)) {
            for (Py_ssize_t i = 0; i < PyList_GET_SIZE(value); ++i) {
                add(PyList_GET_ITEM(value, i));
            }
        } else if (PyDict_CheckExact(value)) {
            Py_ssize_t at = 0;
            PyObject* key = nullptr;
            PyObject* item = nullptr;
            while (PyDict_Next(value, &at, &key, &item) != 0) {
                add(key);
                add(item);
            }
        } else if (PyAnySet_CheckExact(value)) {
            total_ += kAnything * PySet_GET_SIZE(value);
        } else {
            add_buffer(value);
        }
    }

    // An array of numpy: its type is written in C, so asking for its data runs no Python. Of some
    // it has none to show, and makes an error of it: no collection may begin at that.
    void add_buffer(PyObject* value) noexcept {
        const bool is_heap = (Py_TYPE(value)->tp_flags & Py_TPFLAGS_HEAPTYPE) != 0;
        if (is_heap || PyObject_CheckBuffer(value) == 0) {
            return;
        }
        Py_buffer data;
        const bool was_collecting = PyGC_Disable() != 0;
        if (PyObject_GetBuffer(value, &data, PyBUF_STRIDED_RO) == 0) {
            total_ += data.len;
            PyBuffer_Release(&data);
        } else {
            PyErr_Clear();
        }
        if (was_collecting) {
            PyGC_Enable();
        }
    }

    std::int64_t total_ = 0;
    int seen_ = 0;
};

}  // namespace

std::int64_t size_of_kept(PyObject* value) noexcept {
    Scale scale;
    scale.add(value);
    return scale.total();
}

}  // namespace stoplog::python
