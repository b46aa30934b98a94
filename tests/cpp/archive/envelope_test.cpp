// What stands around a saved job: whose it is can be read alone, no change goes unseen.
#include "stoplog/archive/envelope.hpp"

#include "stoplog/base/error.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace stoplog {
namespace {

using testing::HasSubstr;

const FlowIdentity kFlow{"etl", "3", "fedcba"};

std::string refusal(std::string_view bytes) {
    try {
        static_cast<void>(open_envelope(bytes));
    } catch (const SerializationError& error) {
        return error.what();
    }
    return "opened";
}

// Each of the words one after the other set to something else.
std::size_t unseen_changes(std::string bytes) {
    std::size_t unseen = 0;
    const std::uint64_t sum = checksum(bytes);
    for (std::size_t at = 32; at + 8 <= bytes.size(); at += 8) {
        const std::string before = bytes.substr(at, 8);
        bytes.replace(at, 8, "changed!");
        unseen += checksum(bytes) == sum ? 1 : 0;
        bytes.replace(at, 8, before);
    }
    return unseen;
}

TEST(Envelope, GivesBackWhatItHolds) {
    const std::string bytes = seal(kFlow, "the body");

    const Envelope envelope = open_envelope(bytes);

    EXPECT_EQ(envelope.flow, kFlow);
    EXPECT_EQ(envelope.body, "the body");
}

TEST(Envelope, TellsWhoseItIsWithoutTheRest) {
    const std::string bytes = seal(kFlow, std::string(1000, 'x'));

    EXPECT_EQ(read_identity(std::string_view(bytes).substr(0, 100)), kFlow);
    EXPECT_THROW(static_cast<void>(read_identity(std::string_view(bytes).substr(0, 40))),
                 SerializationError);
}

TEST(Envelope, SaysThatTheFormatMayChange) { EXPECT_EQ(seal(kFlow, "").substr(0, 8), "stoplog~"); }

TEST(Envelope, RefusesWhatIsNoSavedJob) {
    EXPECT_THAT(refusal(""), HasSubstr("it is empty"));
    EXPECT_THAT(refusal("{\"a\": 1}"), HasSubstr("does not begin with 'stoplog'"));
}

TEST(Envelope, RefusesAnUnknownFormat) {
    std::string bytes = seal(kFlow, "the body");
    bytes[8] = '\x02';

    EXPECT_THAT(refusal(bytes), HasSubstr("format 2"));
}

TEST(Envelope, TellsATruncatedFileFromAChangedOne) {
    std::string bytes = seal(kFlow, "the body");

    EXPECT_THAT(refusal(bytes.substr(0, 20)), HasSubstr("truncated: 20 bytes"));
    EXPECT_THAT(refusal(bytes.substr(0, bytes.size() - 1)), HasSubstr("truncated"));
    bytes.back() = 'Y';
    EXPECT_THAT(refusal(bytes), HasSubstr("the checksum does not fit"));
}

TEST(Checksum, SeesEveryChangedWord) { EXPECT_EQ(unseen_changes(std::string(4096, '\0')), 0U); }

TEST(Checksum, SeesWordsThatChangedPlaces) {
    const std::string bytes = std::string(32, '\0') + "12345678" + "abcdefgh" + "87654321";
    const std::string moved = std::string(32, '\0') + "abcdefgh" + "12345678" + "87654321";

    EXPECT_NE(checksum(bytes), checksum(moved));
}

TEST(Checksum, SeesZerosAtTheEnd) {
    EXPECT_NE(checksum(std::string(40, '\0')), checksum(std::string(41, '\0')));
}

}  // namespace
}  // namespace stoplog
