// Making a payload: one type check for each immutable value, a copy for each container.
#include "bindings/payload.hpp"

#include "stoplog/base/inline.hpp"

#include "bindings/python_object.hpp"
#include "bindings/value_copy.hpp"
#include "bindings/value_size.hpp"

#include <cstddef>
#include <new>

namespace stoplog::python {
namespace {

constexpr std::uint32_t kSmall = 4;  // fields that fit a recycled block
constexpr std::size_t kKept = 256;

// Guarded by the GIL.
PythonPayload* free_blocks[kKept];
std::size_t free_count = 0;

void destroy(Payload* payload) noexcept {
    auto* const self = static_cast<PythonPayload*>(payload);
    for (std::uint32_t i = 0; i < self->size; ++i) {
        Py_DECREF(self->values[i]);
    }
    Py_DECREF(self->names);
    if (self->size <= kSmall && free_count < kKept) {
        free_blocks[free_count++] = self;
    } else {
        PyMem_Free(self);
    }
}

std::int64_t size_of(const Payload& payload) noexcept {
    const PythonPayload& self = as_python(payload);
    std::int64_t bytes = 0;
    for (std::uint32_t i = 0; i < self.size; ++i) {
        bytes += size_of_kept(self.values[i]);
    }
    return bytes;
}

const PayloadKind kKind{destroy, size_of};

PythonPayload* new_block(std::uint32_t size) {
    const std::uint32_t room = size < kSmall ? kSmall : size;
    auto* const block = static_cast<PythonPayload*>(
        PyMem_Malloc(sizeof(PythonPayload) + (room - 1) * sizeof(PyObject*)));
    if (block == nullptr) {
        PyErr_NoMemory();
    }
    return block;
}

// A value of ours, or one to be carried as it is.
PyObject* own(PythonPayload& payload, std::uint32_t i, PyObject* value) {
    Kept kept = keep_value(value, PyTuple_GET_ITEM(payload.names, i));
    if (kept.is_private) {
        payload.private_mask |= 1U << (i < 31 ? i : 31);
    }
    return kept.value.release();
}

// The values from `first` on, of any kind. Null, and no payload any more, on error.
[[gnu::noinline]] PythonPayload* fill_others(PythonPayload* payload, PyObject* const* values,
                                             std::uint32_t first) {
    for (std::uint32_t i = first; i < payload->size; ++i) {
        payload->values[i] = own(*payload, i, values[i]);
        if (payload->values[i] == nullptr) {
            payload->size = i;
            destroy(payload);
            return nullptr;
        }
    }
    return payload;
}

STOPLOG_INLINE void begin(PythonPayload& payload, std::uint32_t size, PyObject* names) {
    payload.kind = &kKind;
    payload.references.store(Payload::kGuarded, std::memory_order_relaxed);  // by the GIL
    payload.size = size;
    payload.private_mask = 0;
    payload.names = Py_NewRef(names);
}

STOPLOG_INLINE PythonPayload* fill(PythonPayload* payload, std::uint32_t size,
                                   PyObject* const* values, PyObject* names) {
    begin(*payload, size, names);
    for (std::uint32_t i = 0; i < size; ++i) {
        PyObject* const value = values[i];
        if (!is_plain_leaf(Py_TYPE(value))) [[unlikely]] {
            return fill_others(payload, values, i);
        }
        payload->values[i] = Py_NewRef(value);
    }
    return payload;
}

[[gnu::noinline]] PythonPayload* make_anew(PyObject* const* values, PyObject* names) {
    const auto size = static_cast<std::uint32_t>(PyTuple_GET_SIZE(names));
    PythonPayload* const payload = new_block(size);
    return payload == nullptr ? nullptr : fill(payload, size, values, names);
}

}  // namespace

// On a hop there is a block to use again and all values are leaves: no call, so no register is
// saved.
PythonPayload* make_payload(PyObject* const* values, PyObject* names) {
    const auto size = static_cast<std::uint32_t>(PyTuple_GET_SIZE(names));
    if (size > kSmall || free_count == 0) [[unlikely]] {
        return make_anew(values, names);
    }
    return fill(free_blocks[--free_count], size, values, names);
}

PythonPayload* carry_payload(PyObject* const* values, PyObject* names) {
    const auto size = static_cast<std::uint32_t>(PyTuple_GET_SIZE(names));
    PythonPayload* const payload = new_block(size);
    if (payload != nullptr) {
        begin(*payload, size, names);
        for (std::uint32_t i = 0; i < size; ++i) {
            payload->values[i] = Py_NewRef(values[i]);
        }
    }
    return payload;
}

PyObject* payload_value(const PythonPayload& payload, std::uint32_t i) {
    return payload.is_private(i) ? copy_value(payload.values[i]) : Py_NewRef(payload.values[i]);
}

Py_ssize_t find_field(const PythonPayload& payload, PyObject* name) {
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(payload.names); ++i) {
        PyObject* const field = PyTuple_GET_ITEM(payload.names, i);
        if (field == name || PyUnicode_Compare(field, name) == 0) {
            return i;
        }
    }
    return -1;
}

}  // namespace stoplog::python
