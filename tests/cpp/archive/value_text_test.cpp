// Every tag of the table goes into JSON and comes back in the same bytes, a new one too.
#include "stoplog/archive/value_text.hpp"

#include "stoplog/archive/json.hpp"
#include "stoplog/base/error.hpp"

#include <gtest/gtest.h>

#include <string>

namespace stoplog::archive {
namespace {

using wire::Part;
using wire::Tag;

std::string spelt(std::string_view value) {
    wire::Reader in(value, "a value");
    JsonWriter out(0);
    spell_value(in, out.begin_value("value"));
    in.expect_end();
    return out.finish();
}

std::string read(std::string_view json) {
    Tree tree{Limits()};
    parse_json(json, tree);
    Members members{View(tree)};
    EXPECT_TRUE(members.find("value"));
    ValueText text{Limits()};
    wire::Writer out;
    text.read_value(members.found(), out);
    return std::string(out.view());
}

void put_part(Part part, wire::Writer& out) {
    switch (part) {
        case Part::End:
            break;
        case Part::Byte:
        case Part::Varint:
            return out.varint(1);
        case Part::Zigzag:
            return out.zigzag(-1);
        case Part::Fixed64:
            return out.fixed64(0x3FF8000000000000U);
        case Part::Text:
            return out.text("UTC");
        case Part::Bytes:
            return out.text("0123456789abcdef");
        case Part::Name:
            return out.text("a.name");
        case Part::Value:
            return out.byte(wire::kSmallInt + 20);
        case Part::Items:
            out.varint(1);
            return out.byte(wire::kSmallInt + 20);
        case Part::Pairs:
            out.varint(1);
            out.byte(wire::kSmallInt + 20);
            return out.byte(wire::kSmallInt + 21);
    }
}

class EachTag : public testing::TestWithParam<wire::TagRow> {};

// What it is when it is spelt again does not change, whichever spelling it has.
TEST_P(EachTag, IsSpeltTheSameAfterItWasRead) {
    wire::Writer value;
    value.tag(GetParam().tag);
    for (const Part part : GetParam().parts) {
        put_part(part, value);
    }
    const bool has_clock = GetParam().tag == Tag::DateTime || GetParam().tag == Tag::Time;
    if (has_clock) {  // its zone is no zone
        value.clear();
        value.tag(GetParam().tag);
        for (int i = 0; i < (GetParam().tag == Tag::Time ? 5 : 8); ++i) {
            value.varint(1);
        }
        value.tag(Tag::None);
    }

    const std::string once = spelt(value.view());

    if (GetParam().tag != Tag::Coded && GetParam().tag != Tag::Name) {  // hold a number of a table
        EXPECT_EQ(spelt(read(once)), once);
    }
    EXPECT_NE(once.find("value"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(ValueText, EachTag, testing::ValuesIn(wire::kTagRows),
                         [](const auto& row) {
                             return std::string(row.param.name) +
                                    std::to_string(static_cast<int>(row.param.tag));
                         });

class BadValues : public testing::TestWithParam<std::string_view> {};

TEST_P(BadValues, AreRefused) {
    EXPECT_THROW(static_cast<void>(read("{\"value\": " + std::string(GetParam()) + "}")),
                 SerializationError);
}

INSTANTIATE_TEST_SUITE_P(
    ValueText, BadValues,
    testing::Values(R"({"$tuple": 1})", R"({"$nothing": 1})", R"({"$list": []})",
                    R"({"$tuple": [], "a": 1})", R"({"$tuple": [], "$set": []})", R"({"$int": 5})",
                    R"({"$int": "5x"})", R"({"$float": "1"})", R"({"$bytes": "a"})",
                    R"({"$complex": [1.5]})", R"({"$complex": [1, 2]})", R"({"$dict": [[1]]})",
                    R"({"$dict": {"a": 1}})", R"({"$none": null})", R"({"$date": "2026-03-01T"})",
                    R"({"$datetime": "2026-03-01"})", R"({"$time": "12:00:00", "zona": 1})",
                    R"({"$coded": "a"})", R"({"$uuid": [256, "0123456789abcdef"]})",
                    "9223372036854775808", "1e400", "1e-400", "01", "nan", "[1,]",
                    "{\"a\": 1, \"a\": 2}", "\"\\ud800\"", "\"a\x01\"", "\"\xC0\x80\""));

TEST(ValueText, WritesWhatJsonHasAsItIs) {
    wire::Writer value;
    value.tag(Tag::Dict);
    value.varint(2);
    value.tag(Tag::Str);
    value.text("a");
    value.tag(Tag::List);
    value.varint(1);
    value.tag(Tag::Float);
    value.fixed64(0x8000000000000000U);
    value.tag(Tag::True);
    value.tag(Tag::None);

    EXPECT_EQ(spelt(value.view()),
              "{\n\"value\": {\n\"a\": [\n-0.0\n],\n\"$dict\": [\n[\ntrue,\nnull\n]\n]\n}\n}");
}

TEST(ValueText, RefusesValuesThatAreNestedTooDeeply) {
    const std::string deep = std::string(201, '[') + std::string(201, ']');

    EXPECT_THROW(static_cast<void>(read("{\"value\": " + deep + "}")), SerializationError);
}

}  // namespace
}  // namespace stoplog::archive
