// The types that users gave a name under which their values are stored: enums, frozen dataclasses,
// types with a codec.
//
// Requires: the GIL. What was registered lives as long as the process: an older class of the same
// name can still be stored.
#pragma once

#include "bindings/python_object.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace stoplog::python {

struct Storable {
    enum class Kind : std::uint8_t { Enum, Flag, Dataclass, Codec };
    Kind kind;
    std::string name;
    std::uint32_t version;
    Ref type;
    Ref parts;   // of an enum: its members by name, a dict; of a dataclass: its fields, a tuple
    Ref encode;  // of a codec
    Ref decode;
};

/// Under which name values of exactly this type are stored; null: under none.
[[nodiscard]] const Storable* storable_of(const PyTypeObject* type);
/// What makes values of those that were stored under this name; null: nobody here.
[[nodiscard]] const Storable* storable_named(std::string_view name);

/// What would let a value be stored that cannot be: "; ..." or nothing.
[[nodiscard]] std::string storing_advice(PyObject* value);

/// `_core.register_type(kind, name, version, type, parts, encode, decode, replace)`: checked by the
/// face. Raises ConfigurationError where the name or the type is taken and `replace` is false.
PyObject* register_type(PyObject* module, PyObject* const* arguments, Py_ssize_t count);

}  // namespace stoplog::python
