// Bytes of single values: what is written is read, and nothing else is.
#include "stoplog/value/wire.hpp"

#include "stoplog/base/error.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace stoplog::wire {
namespace {

using testing::HasSubstr;

std::uint64_t varint_again(std::uint64_t value) {
    Writer out;
    out.varint(value);
    Reader in(out.view(), "a test");
    const std::uint64_t read = in.varint();
    in.expect_end();
    return read;
}

std::int64_t zigzag_again(std::int64_t value) {
    Writer out;
    out.zigzag(value);
    Reader in(out.view(), "a test");
    return in.zigzag();
}

std::size_t varint_size(std::uint64_t value) {
    Writer out;
    out.varint(value);
    return out.size();
}

template <class Read>
std::string refusal(std::string_view bytes, const Read& read) {
    Reader in(bytes, "a test");
    try {
        read(in);
    } catch (const SerializationError& error) {
        return error.what();
    }
    return "read";
}

template <class Nested>
void descend(Nested& nested, std::uint32_t depth) {
    const typename Nested::Level level(nested);
    if (depth > 1) {
        descend(nested, depth - 1);
    }
}

std::vector<std::uint32_t> numbers_of_many(StringTable& table, int count) {
    std::vector<std::uint32_t> numbers;
    numbers.reserve(static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i) {
        numbers.push_back(table.number_of("text " + std::to_string(i)));
    }
    return numbers;
}

TEST(Wire, ReadsTheVarintsThatItWrites) {
    EXPECT_EQ(varint_again(0), 0U);
    EXPECT_EQ(varint_again(127), 127U);
    EXPECT_EQ(varint_again(128), 128U);
    EXPECT_EQ(varint_again(std::uint64_t{1} << 63U), std::uint64_t{1} << 63U);
    EXPECT_EQ(varint_again(std::numeric_limits<std::uint64_t>::max()),
              std::numeric_limits<std::uint64_t>::max());
}

TEST(Wire, WritesSmallNumbersInOneByte) {
    EXPECT_EQ(varint_size(127), 1U);
    EXPECT_EQ(varint_size(128), 2U);
    EXPECT_EQ(varint_size(std::numeric_limits<std::uint64_t>::max()), 10U);
}

TEST(Wire, ReadsTheZigzagsThatItWrites) {
    EXPECT_EQ(zigzag_again(0), 0);
    EXPECT_EQ(zigzag_again(-1), -1);
    EXPECT_EQ(zigzag_again(std::numeric_limits<std::int64_t>::min()),
              std::numeric_limits<std::int64_t>::min());
    EXPECT_EQ(zigzag_again(std::numeric_limits<std::int64_t>::max()),
              std::numeric_limits<std::int64_t>::max());
}

TEST(Wire, WritesFixedNumbersLittleEndian) {
    Writer out;

    out.fixed64(0x0102030405060708U);

    EXPECT_EQ(out.view(), "\x08\x07\x06\x05\x04\x03\x02\x01");
    EXPECT_EQ(Reader(out.view(), "a test").fixed64(), 0x0102030405060708U);
}

TEST(Wire, KeepsTextsWithZeros) {
    Writer out;
    const std::string text("a\0b", 3);

    out.text(text);
    out.text("");

    Reader in(out.view(), "a test");
    EXPECT_EQ(in.text(), text);
    EXPECT_EQ(in.text(), "");
    EXPECT_EQ(in.left(), 0U);
}

TEST(Wire, TellsTheByteThatIsMissing) {
    EXPECT_EQ(refusal("\x01\x80",
                      [](Reader& in) {
                          static_cast<void>(in.varint());
                          static_cast<void>(in.varint());
                      }),
              "damaged at byte 2 of a test: it ends too early");
}

TEST(Wire, RefusesATextLongerThanWhatIsLeft) {
    EXPECT_THAT(refusal("\x05"
                        "abc",
                        [](Reader& in) { static_cast<void>(in.text()); }),
                HasSubstr("5 bytes are announced, 3 are left"));
}

TEST(Wire, RefusesACountThatCannotBe) {
    EXPECT_THAT(refusal("\xff\xff\xff\xff\x0f"
                        "abc",
                        [](Reader& in) { static_cast<void>(in.count()); }),
                HasSubstr("4294967295 items are announced, 3 bytes are left"));
    EXPECT_THAT(refusal("\x02"
                        "abc",
                        [](Reader& in) { static_cast<void>(in.count(2)); }),
                HasSubstr("2 items are announced"));
    EXPECT_EQ(refusal("\x03"
                      "abc",
                      [](Reader& in) { static_cast<void>(in.count()); }),
              "read");
}

TEST(Wire, RefusesNumbersOfMoreThan64Bits) {
    EXPECT_THAT(refusal("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02",
                        [](Reader& in) { static_cast<void>(in.varint()); }),
                HasSubstr("more than 64 bits"));
}

TEST(Wire, RefusesNumbersThatAreTooGreat) {
    EXPECT_THAT(refusal("\x04", [](Reader& in) { static_cast<void>(in.bounded(3, "the choice")); }),
                HasSubstr("the choice is 4, at most 3 can be"));
}

TEST(Wire, RefusesWhatFollowsTheEnd) {
    EXPECT_THAT(refusal("abc", [](Reader& in) { in.expect_end(); }), HasSubstr("3 bytes too many"));
}

TEST(Wire, RefusesToGoTooDeep) {
    Writer out;
    Reader in("", "a test");

    EXPECT_NO_THROW(descend(out, kMaxDepth));
    EXPECT_THROW(descend(out, kMaxDepth + 1), SerializationError);
    EXPECT_NO_THROW(descend(in, kMaxDepth));
    EXPECT_THROW(descend(in, kMaxDepth + 1), SerializationError);
}

TEST(Wire, KnowsUtf8) {
    EXPECT_TRUE(is_utf8(""));
    EXPECT_TRUE(is_utf8("a\u00e4\u20ac\U0001f600\U0010ffff"));
    EXPECT_FALSE(is_utf8("\x80"));
    EXPECT_FALSE(is_utf8("\xc3"));
    EXPECT_FALSE(is_utf8("\xc0\xaf"));
    EXPECT_FALSE(is_utf8("\xe0\x9f\xbf"));
    EXPECT_FALSE(is_utf8("\xed\xa0\x80"));
    EXPECT_FALSE(is_utf8("\xf4\x90\x80\x80"));
    EXPECT_FALSE(is_utf8("\xff"));
}

TEST(StringTable, HoldsEachTextOnce) {
    StringTable table;

    const auto first = numbers_of_many(table, 1000);
    const auto again = numbers_of_many(table, 1000);

    EXPECT_EQ(first, again);
    EXPECT_EQ(LoadedStrings(table.bytes()).size(), 1000U);
}

TEST(StringTable, IsReadAsItWasWritten) {
    StringTable table;
    static_cast<void>(table.number_of("one"));
    static_cast<void>(table.number_of(""));
    static_cast<void>(table.number_of("two"));
    const std::string bytes = table.bytes();

    const LoadedStrings strings(bytes);

    EXPECT_EQ(strings.at(0), "one");
    EXPECT_EQ(strings.at(1), "");
    EXPECT_EQ(strings.at(2), "two");
}

TEST(StringTable, RefusesSizesBeyondItsEnd) {
    EXPECT_THROW(LoadedStrings("\x02\x01\x05"
                               "abc"),
                 SerializationError);
    EXPECT_THROW(LoadedStrings("\x7f\x01"), SerializationError);
    EXPECT_THROW(LoadedStrings("\x01\x01"
                               "ab"),
                 SerializationError);
}

TEST(Names, AreWrittenByNumber) {
    StringTable table;
    Writer out(&table);

    out.name("word");
    out.name("word");

    LoadedStrings strings;
    const std::string bytes = table.bytes();
    strings = LoadedStrings(bytes);
    Reader in(out.view(), "a test", &strings);
    EXPECT_EQ(out.size(), 2U);
    EXPECT_EQ(in.name(), "word");
    EXPECT_EQ(in.name(), "word");
}

TEST(Names, AreRecalledByTheirObject) {
    StringTable table;
    Writer out(&table);
    const int object = 0;

    EXPECT_FALSE(out.recalled_name(&object));
    out.name("word", &object);

    EXPECT_TRUE(out.recalled_name(&object));
    EXPECT_EQ(out.size(), 2U);
}

TEST(Names, AreTextsWhereBytesAreCompared) {
    Writer out(nullptr, {.is_canonical = true});

    out.name("word");

    EXPECT_EQ(Reader(out.view(), "a test").text(), "word");
}

TEST(Names, AreRefusedWhereThereIsNoSuchString) {
    LoadedStrings strings;
    Reader in("\x01", "a test", &strings);

    EXPECT_THROW(static_cast<void>(in.name()), SerializationError);
}

}  // namespace
}  // namespace stoplog::wire
