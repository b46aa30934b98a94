// A foreign side without Python: payloads are one named text, leaves are counted integers.
#pragma once

#include "stoplog/archive/codec.hpp"
#include "stoplog/base/error.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace stoplog::test {

struct SmallPayload : Payload {
    std::string name;
    std::string text;
};

inline std::int64_t living_payloads = 0;

inline const PayloadKind small_kind{[](Payload* payload) noexcept {
    --living_payloads;
    delete static_cast<SmallPayload*>(payload);
}};

inline PayloadRef small_payload(std::string name, std::string text) {
    ++living_payloads;
    auto made = std::make_unique<SmallPayload>();
    made->kind = &small_kind;
    made->references = 0;
    made->name = std::move(name);
    made->text = std::move(text);
    return PayloadRef(made.release());
}
inline const SmallPayload& as_small(const PayloadRef& payload) {
    return *static_cast<const SmallPayload*>(payload.get());
}

struct SmallLeaf {
    std::int64_t number;
    int references = 1;
};

inline std::int64_t living_leaves = 0;

inline Leaf small_leaf(std::int64_t number) {
    ++living_leaves;
    return new SmallLeaf{number};
}
inline std::int64_t number_of(Leaf leaf) { return static_cast<SmallLeaf*>(leaf)->number; }

inline const LeafVerbs small_verbs{
    [](Leaf leaf) noexcept { ++static_cast<SmallLeaf*>(leaf)->references; },
    [](Leaf leaf) noexcept {
        if (--static_cast<SmallLeaf*>(leaf)->references == 0) {
            --living_leaves;
            delete static_cast<SmallLeaf*>(leaf);
        }
    },
    [](Leaf stored, Leaf asked) { return number_of(stored) == number_of(asked) ? 1 : 0; },
};

inline std::shared_ptr<Document> small_document(const std::vector<std::int64_t>& numbers) {
    auto log = std::make_shared<CallLog>(std::make_shared<Family>(), "test");
    auto document = std::make_shared<Document>(small_verbs, std::move(log), nullptr);
    for (std::int64_t key = 0; const std::int64_t number : numbers) {
        document->load(small_leaf(key), key, small_leaf(number));
        ++key;
    }
    return document;
}

/// "!" as text and -1 as a number stand for what cannot be stored.
class SmallCodec : public ForeignCodec {
public:
    void encode_payload(const Payload& payload, wire::Writer& out) const override {
        const auto& small = static_cast<const SmallPayload&>(payload);
        if (small.text == "!") {
            throw SerializationError(join("field '", small.name, "': ! cannot be stored"));
        }
        wire::Writer names;
        names.text(small.name);
        out.name(names.view());
        out.tag(wire::Tag::Str);
        out.text(small.text);
    }
    PayloadRef decode_payload(wire::Reader& in) const override {
        wire::Reader names(in.name(), "names");
        std::string name(names.text());
        names.expect_end();
        expect(in, wire::Tag::Str);
        return small_payload(std::move(name), std::string(in.text()));
    }
    void encode_leaf(Leaf leaf, const Frozen*, wire::Writer& out) const override {
        if (number_of(leaf) == -1) {
            throw SerializationError(": -1 cannot be stored");
        }
        out.tag(wire::Tag::Int);
        out.zigzag(number_of(leaf));
    }
    std::shared_ptr<Document> decode_fields(const std::string&, std::span<const std::string* const>,
                                            std::span<wire::Reader> values) const override {
        std::vector<std::int64_t> numbers;
        for (wire::Reader& value : values) {
            numbers.push_back(whole(value));
        }
        return small_document(numbers);
    }

private:
    static void expect(wire::Reader& in, wire::Tag tag) {
        if (in.byte() != static_cast<std::uint8_t>(tag)) {
            in.fail("a value of another type");
        }
    }
    // From a text, a small number is a byte by itself.
    static std::int64_t whole(wire::Reader& in) {
        wire::Reader ahead = in;
        const std::uint8_t byte = ahead.byte();
        if (byte >= wire::kSmallInt) {
            in = ahead;
            return std::int64_t{byte} - wire::kSmallInt + wire::kLeastSmallInt;
        }
        expect(in, wire::Tag::Int);
        return in.zigzag();
    }
};

}  // namespace stoplog::test
