// Bytes into a Python value. Requires: the GIL.
#pragma once

#include "stoplog/state/call_log.hpp"
#include "stoplog/value/wire.hpp"

#include "bindings/python_object.hpp"

#include <memory>

namespace stoplog::python {

/// The value as it is kept (`value_copy.hpp`). Throws SerializationError for everything that is not
/// right, errors of Python included; Refusal where a registered type does not take it, with the
/// path.
[[nodiscard]] Ref decode_value(wire::Reader& in);
/// The same for a value of the state: its sets are StateSets, which keep their order, of `log`.
[[nodiscard]] Ref decode_field(wire::Reader& in, const std::shared_ptr<CallLog>& log);

/// A str of UTF-8 with lone surrogates; kept by the reader where it is a name. Throws likewise.
[[nodiscard]] Ref decode_text(const wire::Reader& in, std::string_view text);

/// Takes over what Python made; throws with its error where it made nothing.
[[nodiscard]] Ref made(const wire::Reader& in, PyObject* object);

}  // namespace stoplog::python
