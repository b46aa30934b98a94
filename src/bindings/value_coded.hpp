// Values under a registered name: a tag, the name, a version, and a plain value.
//
// An enum's plain value is the name of its member (of a combination of flags, the number), that of
// a dataclass the dict of its fields, that of another type what its codec says. Requires: the GIL.
#pragma once

#include "bindings/storable.hpp"
#include "bindings/value_encoder.hpp"

namespace stoplog::python {

/// What stands for a value in a file. Throws Refusal, PendingError.
[[nodiscard]] Ref encode_plain(PyObject* value, const Storable& type);
/// What the codec makes of it; `plain` is given away. Throws Refusal, PendingError.
[[nodiscard]] Ref decode_plain(PyObject* plain, std::uint32_t version, const Storable& codec);

/// A field of a dataclass; throws Refusal where it has none. Requires: the kind is Dataclass.
[[nodiscard]] Ref field_of(PyObject* value, const Storable& type, PyObject* name);

/// False: it is no value of these kinds, nothing is written.
[[nodiscard]] bool encode_coded(PyObject* value, ValueEncoder& encoder);
/// What follows the tag, as it is kept. Throws Refusal where it does not fit the type.
[[nodiscard]] Ref decode_coded(wire::Reader& in);

}  // namespace stoplog::python
