// How the foreign side writes and reads what the core only carries.
#pragma once

#include "stoplog/state/document.hpp"
#include "stoplog/value/payload.hpp"
#include "stoplog/value/wire.hpp"

#include <memory>
#include <span>
#include <string>

namespace stoplog {

/// Every function throws SerializationError and leaves nothing behind. The path inside the value is
/// told, the caller puts the place before it: "queued delivery to 'load.input': field 'order'.id",
/// "state field 'count.totals'" and ".items[3]: function cannot be stored".
class ForeignCodec {
public:
    ForeignCodec() = default;
    ForeignCodec(const ForeignCodec&) = delete;
    ForeignCodec& operator=(const ForeignCodec&) = delete;
    virtual ~ForeignCodec() = default;

    /// A payload's bytes: a name whose text is its fields' names, each as a wire text, one after
    /// the other; then a value for each, as the table of tags has it. A leaf's: one such value.
    virtual void encode_payload(const Payload& payload, wire::Writer& out) const = 0;
    [[nodiscard]] virtual PayloadRef decode_payload(wire::Reader& in) const = 0;

    /// A value of declared state, as of `frozen` (null: as it is).
    virtual void encode_leaf(Leaf leaf, const Frozen* frozen, wire::Writer& out) const = 0;
    /// The declared state of a routine: `names[i]` is what `values[i]` holds.
    [[nodiscard]] virtual std::shared_ptr<Document> decode_fields(
        const std::string& routine, std::span<const std::string* const> names,
        std::span<wire::Reader> values) const = 0;
};

}  // namespace stoplog
