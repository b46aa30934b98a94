// What has no form of its own in a text comes back as it was, and nothing else is taken for it.
#include "stoplog/archive/spelling.hpp"

#include "stoplog/base/error.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace stoplog::archive {
namespace {

constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kGreatest = std::numeric_limits<std::int64_t>::max();

class WallTimes : public testing::TestWithParam<std::int64_t> {};

TEST_P(WallTimes, ComeBack) {
    EXPECT_EQ(read_wall_time(spell_wall_time(GetParam())), GetParam());
    EXPECT_EQ(read_span(spell_span(GetParam())), GetParam());
}

INSTANTIATE_TEST_SUITE_P(Spelling, WallTimes,
                         testing::Values(0, 1, -1, kLeast, kLeast + 1, kGreatest,
                                         1'700'000'000'000'000'500, -86'400'000'000'000));

TEST(Spelling, WritesTimesAsIso8601) {
    EXPECT_EQ(spell_wall_time(1'700'000'000'000'000'500), "2023-11-14T22:13:20.0000005Z");
    EXPECT_EQ(spell_wall_time(-1'000'000'000), "1969-12-31T23:59:59Z");
    EXPECT_EQ(spell_span(-1'500'000'000), "-PT1.5S");
    EXPECT_EQ(spell_offset(-1'800'000'001), "-00:30:00.000001");
}

class BadTimes : public testing::TestWithParam<std::string_view> {};

TEST_P(BadTimes, AreRefused) {
    EXPECT_THROW(static_cast<void>(read_wall_time(GetParam())), SerializationError);
}

INSTANTIATE_TEST_SUITE_P(Spelling, BadTimes,
                         testing::Values("", "2023-11-14", "2023-02-30T00:00:00Z",
                                         "2023-11-14T24:00:00Z", "2023-11-14T22:13:20",
                                         "2023-11-14T22:13:20.Z", "2300-01-01T00:00:00Z",
                                         "2023-11-14T22:13:20.1234567890Z",
                                         "2023-11-14T22:13:20Z "));

TEST(Spelling, CarriesBytesAsBase64) {
    for (const std::string_view bytes : {"", "a", "ab", "abc", "\xFF\xFE\xFD\xFC"}) {
        EXPECT_EQ(read_base64(spell_base64(bytes)), bytes);
    }
    for (const std::string_view wrong : {"a", "====", "ab=c", "a===", "ab!=", "ab==ab==", "ab=="}) {
        EXPECT_THROW(static_cast<void>(read_base64(wrong)), SerializationError) << wrong;
    }
}

TEST(Spelling, CarriesLongIntsOfBothSigns) {
    EXPECT_EQ(spell_big_int(read_big_int("123456789012345678901234567890")),
              "123456789012345678901234567890");
    EXPECT_EQ(spell_big_int(read_big_int("-256")), "-256");
    EXPECT_EQ(spell_big_int(std::string("\x00\xFF", 2)), "-256");
    EXPECT_EQ(spell_big_int(""), "0");
    const std::string very_long = "-0x1" + std::string(3000, '0');
    EXPECT_EQ(spell_big_int(read_big_int(very_long)), very_long);
    for (const std::string_view wrong : {"", "-", "0x", "1_0", "0xG", " 1", "1.5"}) {
        EXPECT_THROW(static_cast<void>(read_big_int(wrong)), SerializationError) << wrong;
    }
    EXPECT_THROW(static_cast<void>(read_big_int(std::string(100'000, '9'))), SerializationError);
}

TEST(Spelling, CarriesOddFloatsBitForBit) {
    for (const std::uint64_t bits : {0x7FF0000000000000U, 0xFFF0000000000000U, 0x7FF8000000000000U,
                                     0xFFF8000000000000U, 0x7FF0000000000001U}) {
        EXPECT_EQ(read_odd_float(spell_odd_float(bits)), bits);
    }
    EXPECT_EQ(spell_odd_float(0xFFF8000000000000U), "-nan");
    EXPECT_THROW(static_cast<void>(read_odd_float("NaN")), SerializationError);
}

TEST(Spelling, CarriesLoneSurrogates) {
    const std::string text = "a\\b\xED\xA0\x80\xE2\x82\xAC";
    EXPECT_EQ(spell_surrogates(text), "a\\\\b\\ud800\xE2\x82\xAC");
    EXPECT_EQ(read_surrogates(spell_surrogates(text)), text);
    for (const std::string_view wrong : {"\\", "\\x", "\\ud80", "\\u0041", "\\uD800"}) {
        EXPECT_THROW(static_cast<void>(read_surrogates(wrong)), SerializationError) << wrong;
    }
}

TEST(Spelling, ReadsWholeNumbersOnly) {
    EXPECT_EQ(read_int("-9223372036854775808"), kLeast);
    EXPECT_THROW(static_cast<void>(read_int("9223372036854775808")), SerializationError);
    EXPECT_THROW(static_cast<void>(read_natural("-1")), SerializationError);
    EXPECT_THROW(static_cast<void>(read_natural("1.0")), SerializationError);
}

}  // namespace
}  // namespace stoplog::archive
