// The numbers and near-numbers of the standard library: complex, Decimal, Fraction, UUID, range.
//
// Exactly these types. Requires: the GIL.
#pragma once

#include "bindings/value_encoder.hpp"

namespace stoplog::python {

[[nodiscard]] bool is_number(PyObject* value);

/// False: it is none of these, nothing is written. Throws Refusal.
[[nodiscard]] bool encode_number(PyObject* value, ValueEncoder& encoder);

// What follows the tag. Each throws SerializationError.
[[nodiscard]] Ref decode_complex(wire::Reader& in);
[[nodiscard]] Ref decode_decimal(wire::Reader& in);
[[nodiscard]] Ref decode_fraction(wire::Reader& in);
[[nodiscard]] Ref decode_uuid(wire::Reader& in);
[[nodiscard]] Ref decode_range(wire::Reader& in);

}  // namespace stoplog::python
