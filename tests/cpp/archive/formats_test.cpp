// Every format: equal states, and what is refused, in front of the checksum and behind it.
#include "stoplog/archive/formats.hpp"

#include "stoplog/archive/comparison.hpp"
#include "stoplog/base/error.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "archive/sample_state.hpp"

namespace stoplog::test {
namespace {

using testing::HasSubstr;

constexpr Loading kEdited{{}, true};

std::string saved(const JobState& state, Format format) {
    return to_bytes(state, format, SmallCodec());
}
std::string all_of(const JobState& state) { return comparison_image(state, SmallCodec(), false); }

std::string loading(std::string_view bytes, const Loading& how = {}) {
    try {
        static_cast<void>(from_bytes(bytes, how, SmallCodec()));
    } catch (const SerializationError& error) {
        return error.what();
    }
    return "loaded";
}

std::string flipped(std::string bytes, std::size_t bit) {
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << bit % 8));
    return bytes;
}

std::size_t accepted_flips(const std::string& bytes, const Loading& how, std::size_t step = 1) {
    std::size_t accepted = 0;
    for (std::size_t bit = 0; bit < bytes.size() * 8; bit += step) {
        accepted += loading(flipped(bytes, bit), how) == "loaded" ? 1U : 0U;
    }
    return accepted;
}

std::size_t accepted_truncations(const std::string& bytes, const Loading& how) {
    const std::size_t end = bytes.find_last_not_of('\n') + 1;
    std::size_t accepted = 0;
    for (std::size_t size = 0; size < end; ++size) {
        accepted += loading(std::string_view(bytes).substr(0, size), how) == "loaded" ? 1U : 0U;
    }
    return accepted;
}

std::string with(std::string text, std::string_view what, std::string_view instead) {
    const std::size_t at = text.find(what);
    EXPECT_NE(at, std::string::npos) << what;
    return at == std::string::npos ? text : text.replace(at, what.size(), instead);
}

class EachFormat : public testing::TestWithParam<Format> {};
class EachText : public testing::TestWithParam<Format> {};

TEST_P(EachFormat, LoadsAnEqualState) {
    const JobState state = sample_state();

    const auto loaded = from_bytes(saved(state, GetParam()), {}, SmallCodec());

    EXPECT_EQ(all_of(*loaded), all_of(state));
}

TEST_P(EachFormat, SavesALoadedStateInTheSameBytes) {
    const std::string bytes = saved(sample_state(), GetParam());

    EXPECT_EQ(saved(*from_bytes(bytes, {}, SmallCodec()), GetParam()), bytes);
}

TEST_P(EachFormat, RefusesEveryTruncation) {
    EXPECT_EQ(accepted_truncations(saved(sample_state(), GetParam()), {}), 0U);
}

TEST_P(EachFormat, RefusesEveryFlippedBit) {
    EXPECT_EQ(accepted_flips(saved(sample_state(), GetParam()), {}), 0U);
}

TEST_P(EachFormat, RefusesWhatFollowsTheEnd) {
    EXPECT_NE(loading(saved(sample_state(), GetParam()) + "x"), "loaded");
}

TEST_P(EachFormat, NamesTheDeliveryThatCannotBeStored) {
    JobState state = sample_state();
    Chain<Delivery> mailbox;
    mailbox.push(delivery(small_payload("order", "!"), 7, 0, kNone));
    state.cells[0].mailbox = mailbox.view();

    EXPECT_THROW(
        try {
            static_cast<void>(saved(state, GetParam()));
        } catch (const SerializationError& error) {
            EXPECT_STREQ(error.what(),
                         "queued delivery to 'load.input': field 'order': ! cannot be stored");
            throw;
        },
        SerializationError);
}

TEST_P(EachFormat, NamesTheStateFieldThatCannotBeStored) {
    JobState state = sample_state();
    state.cells[1].fields = small_document({1, -1});

    EXPECT_THROW(
        try {
            static_cast<void>(saved(state, GetParam()));
        } catch (const SerializationError& error) {
            EXPECT_STREQ(error.what(), "state field 'count.most': -1 cannot be stored");
            throw;
        },
        SerializationError);
}

TEST_P(EachFormat, RefusesMoreBytesThanAreAllowed) {
    const std::string bytes = saved(sample_state(), GetParam());

    EXPECT_THAT(loading(bytes, {{.max_bytes = bytes.size() - 1}, false}),
                HasSubstr("Limits(max_bytes=...)"));
}

TEST_P(EachFormat, RefusesMoreItemsThanAreAllowed) {
    EXPECT_THAT(loading(saved(sample_state(), GetParam()), {{.max_items = 5}, false}),
                HasSubstr("Limits(max_items=...)"));
}

TEST_P(EachFormat, ChecksTheStateAsAWhole) {
    JobState state = sample_state();
    state.unsettled = 4;

    EXPECT_THAT(loading(saved(state, GetParam())),
                HasSubstr("4 deliveries are unsettled, queued are 3"));
}

INSTANTIATE_TEST_SUITE_P(Formats, EachFormat,
                         testing::Values(Format::Binary, Format::Json, Format::Xml, Format::Text));

TEST_P(EachText, SurvivesEveryFlippedBitBehindTheChecksum) {
    const std::string bytes = saved(sample_state(), GetParam());

    EXPECT_LT(accepted_flips(bytes, kEdited), bytes.size() * 7);
}

TEST_P(EachText, RefusesEveryTruncationBehindTheChecksum) {
    EXPECT_EQ(accepted_truncations(saved(sample_state(), GetParam()), kEdited), 0U);
}

TEST_P(EachText, LeavesNothingBehindWhereItRefuses) {
    const std::int64_t payloads = living_payloads;
    const std::int64_t leaves = living_leaves;

    static_cast<void>(accepted_flips(saved(sample_state(), GetParam()), kEdited, 9));

    EXPECT_EQ(living_payloads, payloads);
    EXPECT_EQ(living_leaves, leaves);
}

TEST_P(EachText, IsRefusedWhenChangedByHandUnlessThatIsAccepted) {
    const std::string changed = with(saved(sample_state(), GetParam()), "a.txt", "b.txt");

    EXPECT_THAT(loading(changed), HasSubstr("accept_edited=True"));
    const auto loaded = from_bytes(changed, kEdited, SmallCodec());
    EXPECT_EQ(as_small(items<Delivery>(loaded->cells[0].mailbox)[0].payload).text, "b.txt");
}

TEST_P(EachText, NamesTheFieldThatAPersonMisspelt) {
    const std::string changed = with(saved(sample_state(), GetParam()), "has_begun", "has_begon");

    EXPECT_THAT(loading(changed, kEdited), HasSubstr("has_begon"));
}

INSTANTIATE_TEST_SUITE_P(Formats, EachText,
                         testing::Values(Format::Json, Format::Xml, Format::Text));

TEST(Json, NamesTheWayToWhatIsWrong) {
    const std::string changed =
        with(saved(sample_state(), Format::Json), R"("number": 3)", R"("number": "3")");

    EXPECT_THAT(loading(changed, kEdited),
                HasSubstr("cells[0].mailbox[1].number: damaged: expected is a number"));
}

TEST(Json, RefusesAKeyThatIsThereTwice) {
    const std::string changed =
        with(saved(sample_state(), Format::Json), "\"is_open\"", "\"has_begun\"");

    EXPECT_THAT(loading(changed, kEdited), HasSubstr("the key 'has_begun' is there twice"));
}

TEST(Json, RefusesAFormatOfAnotherVersion) {
    const std::string changed =
        with(saved(sample_state(), Format::Json), "\"format\": 1", "\"format\": 2");

    EXPECT_THAT(loading(changed, kEdited), HasSubstr("format 2 of a saved job is unknown here"));
}

TEST(Json, RefusesDeepNestingBeforeItIsParsed) {
    const std::string deep(1'000'000, '[');

    EXPECT_THAT(loading("{\"stoplog\": " + deep, kEdited), HasSubstr("nested more than 616 deep"));
}

TEST(Json, TakesTheMembersInAnyOrder) {
    std::string text = saved(sample_state(), Format::Json);
    const std::size_t legend = text.find("  \"legend\"");
    const std::size_t status = text.find("  \"status\"");
    const std::size_t history = text.find("  \"history\"");
    const std::string moved = text.substr(legend, status - legend);
    text.insert(history, moved);
    text.erase(legend, status - legend);

    EXPECT_EQ(all_of(*from_bytes(text, kEdited, SmallCodec())), all_of(sample_state()));
}

}  // namespace
}  // namespace stoplog::test
