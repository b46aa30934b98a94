// What a function's parameters say about fields: of a typed event, or of a slot's handler.
#pragma once

#include "stoplog/graph/routine.hpp"

#include "bindings/python_object.hpp"

#include <string>
#include <vector>

namespace stoplog::python {

struct Parameter {
    Ref name;           // interned str
    Ref default_value;  // null: required
    bool is_positional = true;
    bool is_whole = false;  // annotated `Payload`: takes the record itself
};

struct Signature {
    std::vector<Parameter> parameters;  // without the routine itself
    bool takes_rest = false;            // `**rest`
    bool may_yield = false;             // a generator may serve: its caller runs it

    [[nodiscard]] std::vector<FieldSpec> fields() const;
    [[nodiscard]] Py_ssize_t find(PyObject* name) const;
};

/// Reads a plain function, of which `first` parameters are no fields. False, with a
/// ConfigurationError set, where it cannot serve: `what` begins the message.
bool read_signature(PyObject* function, const std::string& what, Signature& signature,
                    Py_ssize_t first = 1);

}  // namespace stoplog::python
