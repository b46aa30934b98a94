// Arrays and scalars of numpy, where numpy is loaded: its dtype in words of ours, then the bytes.
//
// numpy is never imported to keep or to save a value, only to load one that was stored; where it
// cannot be, the value stays Stored. Requires: the GIL.
#pragma once

#include "bindings/value_encoder.hpp"

#include <cstdint>

namespace stoplog::python {

/// What a value is to numpy. None also for what it could not store: objects, types of others.
enum class NumpyKind : std::uint8_t {
    None = 0,
    Array = 1,
    Scalar = 2,  // cannot change
    Record = 3,  // a scalar of fields, which can be set
};
/// Throws PendingError.
[[nodiscard]] NumpyKind numpy_kind(PyObject* value);

/// The array itself where nobody can write it, else a copy that nobody can. Throws PendingError.
[[nodiscard]] Ref unwritable(PyObject* array);

/// False: it is none of these, nothing is written. Throws Refusal, PendingError.
[[nodiscard]] bool encode_numpy(PyObject* value, ValueEncoder& encoder);

// What follows the tag. Each throws SerializationError.
[[nodiscard]] Ref decode_array(wire::Reader& in);
[[nodiscard]] Ref decode_scalar(wire::Reader& in);

}  // namespace stoplog::python
