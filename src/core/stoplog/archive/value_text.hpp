// A value between its tagged bytes and the plain objects of a text format.
//
// What JSON has is written as it is. All else is an object with one key that begins with '$', which
// says the type: {"$tuple": [1, 2]}. The table of tags alone decides, so a type that is added
// there is carried by every format.
#pragma once

#include "stoplog/archive/text_sink.hpp"
#include "stoplog/archive/tree.hpp"
#include "stoplog/value/wire.hpp"

#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace stoplog::archive {

/// One value. Throws SerializationError.
void spell_value(wire::Reader& in, TextSink& out);
/// One payload, as ForeignCodec has it: an object of its fields.
void spell_payload(wire::Reader& in, TextSink& out);

/// Reads values back; what they share lives as long as this.
class ValueText {
public:
    explicit ValueText(const Limits& limits) : strings_(limits) {}

    /// Each appends to `out`, which has no table of strings. Throws SerializationError.
    void read_value(const View& from, wire::Writer& out);
    void read_payload(const View& from, wire::Writer& out);
    /// What a payload, or declared state, has by name.
    using Fields = std::vector<std::pair<std::string, View>>;
    [[nodiscard]] static Fields fields_of(const View& from);
    /// Of bytes that were read here and outlive it.
    [[nodiscard]] wire::Reader reader(const wire::Writer& bytes) {
        return {bytes.view(), "a value", &strings_};
    }

private:
    class Tagged;
    [[nodiscard]] std::uint32_t number_of(std::string_view text);
    void read_number(std::string_view text, wire::Writer& out);
    void read_object(const View& from, wire::Writer& out);
    void read_dict(const View& from, wire::Writer& out);
    void read_items(const View& from, wire::Writer& out);

    std::unordered_map<std::string, std::uint32_t> numbers_;
    wire::LoadedStrings strings_;
};

}  // namespace stoplog::archive
