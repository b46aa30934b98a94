// Values carried by their tags alone: whole, by themselves, and never beyond what is there.
#include "stoplog/value/transcode.hpp"

#include "stoplog/base/error.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace stoplog::wire {
namespace {

using testing::HasSubstr;

void put_name(Writer& out, std::string_view text) {
    out.tag(Tag::Name);
    out.name(text);
}

// {"b": [1, -2.5], "a": ("b", coded "point" 3 of {"a"})}, as far as the writer's mode has it so.
void put_sample(Writer& out) {
    out.tag(Tag::Dict);
    out.varint(2);
    put_name(out, "b");
    out.tag(Tag::List);
    out.varint(2);
    out.byte(kSmallInt + 17);
    out.tag(Tag::Float);
    out.fixed64(0xC004000000000000U);
    put_name(out, "a");
    out.tag(Tag::Tuple);
    out.varint(2);
    put_name(out, "b");
    out.tag(Tag::Coded);
    out.name("point");
    out.varint(3);
    out.tag(Tag::Set);
    out.varint(1);
    put_name(out, "a");
}

std::string carried(const Writer& from, LoadedStrings* strings, Writer& out) {
    Reader in(from.view(), "a test", strings);
    transcode(in, out);
    in.expect_end();
    return std::string(out.view());
}

std::string refusal(std::string_view bytes) {
    Reader in(bytes, "a test");
    Writer out;
    try {
        transcode(in, out);
    } catch (const SerializationError& error) {
        return error.what();
    }
    return "carried";
}

std::string repeated(const std::string& part, int count) {
    std::string all;
    for (int i = 0; i < count; ++i) {
        all += part;
    }
    return all;
}

std::string byte_of(Tag tag) { return {static_cast<char>(tag)}; }

TEST(Transcode, CarriesAValueOutOfAFileAndIntoAnother) {
    StringTable table;
    Writer saved(&table);
    put_sample(saved);
    const std::string table_bytes = table.bytes();
    LoadedStrings strings(table_bytes);

    Writer alone;
    carried(saved, &strings, alone);
    StringTable other;
    static_cast<void>(other.number_of("something else"));
    Writer moved(&other);
    carried(alone, nullptr, moved);
    const std::string other_bytes = other.bytes();
    LoadedStrings other_strings(other_bytes);
    Writer again;

    EXPECT_NE(moved.view(), saved.view());
    EXPECT_EQ(carried(moved, &other_strings, again), alone.view());
    EXPECT_EQ(other_strings.size(), 4U);
}

TEST(Transcode, WritesTheSameBytesIntoTheSameTable) {
    StringTable table;
    Writer saved(&table);
    put_sample(saved);
    const std::string table_bytes = table.bytes();
    LoadedStrings strings(table_bytes);
    Writer alone;
    carried(saved, &strings, alone);

    StringTable fresh;
    Writer again(&fresh);
    carried(alone, nullptr, again);

    EXPECT_EQ(again.view(), saved.view());
    EXPECT_EQ(fresh.bytes(), table_bytes);
}

TEST(Transcode, GivesEqualValuesEqualBytesInAComparison) {
    Writer one;
    Writer other;
    for (Writer* out : {&one, &other}) {
        out->tag(Tag::Dict);
        out->varint(2);
        for (const char* key : {out == &one ? "a" : "b", out == &one ? "b" : "a"}) {
            put_name(*out, key);
            out->tag(Tag::True);
        }
    }
    Writer of_one(nullptr, {.is_canonical = true});
    Writer of_other(nullptr, {.is_canonical = true});

    EXPECT_NE(one.view(), other.view());
    EXPECT_EQ(carried(one, nullptr, of_one), carried(other, nullptr, of_other));
    EXPECT_EQ(static_cast<Tag>(of_one.view()[2]), Tag::Str);
}

TEST(Transcode, RefusesWhatIsNoTag) {
    EXPECT_THAT(refusal(byte_of(Tag::Opaque) + std::string(8, '\0')),
                HasSubstr("there is no type 127"));
    EXPECT_THAT(refusal("\x7e"), HasSubstr("there is no type 126"));
}

TEST(Transcode, RefusesCountsBeyondItsEnd) {
    EXPECT_THAT(refusal(byte_of(Tag::List) + "\xff\xff\xff\xff\x0f"),
                HasSubstr("items are announced"));
    EXPECT_THAT(refusal(byte_of(Tag::Dict) + std::string("\x02\x00\x00", 3)),
                HasSubstr("items are announced"));
    EXPECT_THAT(refusal(byte_of(Tag::Bytes) + "\x05"
                                              "abc"),
                HasSubstr("bytes are announced"));
}

TEST(Transcode, RefusesValuesInValuesWithoutAnEnd) {
    EXPECT_THAT(refusal(repeated(byte_of(Tag::Fraction), 100'000)), HasSubstr("without an end"));
    EXPECT_THAT(refusal(repeated(byte_of(Tag::List) + "\x01", 100'000)), HasSubstr("200 deep"));
    EXPECT_THAT(refusal(repeated(byte_of(Tag::Coded) + std::string("\x00\x01", 2), 100'000)),
                HasSubstr("200 deep"));
}

TEST(TagRows, AreFoundByTheirTag) {
    EXPECT_EQ(row_of(Tag::Coded)->name, "coded");
    EXPECT_EQ(row_of(Tag::DateTime)->parts.back(), Part::Value);
    EXPECT_EQ(row_of(Tag::Opaque), nullptr);
}

TEST(SerializationError, KeepsItsCauseBehindAnotherPlace) {
    const auto cause = std::make_shared<int>(1);
    const SerializationError error("no", cause);

    const SerializationError placed = error.at("there: ");

    EXPECT_STREQ(placed.what(), "there: no");
    EXPECT_EQ(placed.cause(), cause);
}

}  // namespace
}  // namespace stoplog::wire
