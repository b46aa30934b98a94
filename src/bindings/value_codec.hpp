// Python's values in a saved job: which types are stored, and exactly how they come back.
//
// Raw C-API. Requires: the GIL. Loading makes values of the types below and nothing else: it
// imports no module that the data names and runs nothing of it.
#pragma once

#include "stoplog/archive/codec.hpp"

namespace stoplog::python {

class PythonCodec : public ForeignCodec {
public:
    void encode_payload(const Payload& payload, wire::Writer& out) const override;
    [[nodiscard]] PayloadRef decode_payload(wire::Reader& in) const override;
    void encode_leaf(Leaf leaf, const Frozen* frozen, wire::Writer& out) const override;
    [[nodiscard]] std::shared_ptr<Document> decode_fields(
        const std::string& routine, std::span<const std::string* const> names,
        std::span<wire::Reader> values) const override;
};

}  // namespace stoplog::python
