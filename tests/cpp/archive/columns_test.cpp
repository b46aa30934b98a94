// One list of fields serves all: a type gains a field by one line, and other versions still read.
#include "stoplog/archive/columns.hpp"

#include "stoplog/archive/binary.hpp"
#include "stoplog/archive/column_reader.hpp"
#include "stoplog/archive/column_writer.hpp"
#include "stoplog/base/error.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>

#include "archive/small_codec.hpp"
#include "archive/trips.hpp"

namespace stoplog::test {
namespace {

struct OddTrip {
    static constexpr std::string_view kTypeName = "Trip";
    std::uint64_t name = 0;
};

template <class Visitor, class Self>
    requires archive::Of<Self, OddTrip>
void visit_fields(Visitor& ar, Self& trip) {
    ar("name", trip.name);
}

using testing::HasSubstr;

template <class Saved>
archive::Image image_of(const Saved& saved) {
    const SmallCodec codec;
    const Legend legend;
    archive::ColumnWriter writer(codec, Timebase(), legend, nullptr);
    writer.write(saved);
    return writer.finish();
}

template <class Loaded>
Loaded read(const archive::Image& image) {
    const SmallCodec codec;
    archive::ColumnReader reader(image, codec);
    Loaded loaded;
    reader.read(loaded);
    reader.finish();
    return loaded;
}

template <class Loaded>
std::string refusal(const archive::Image& image) {
    try {
        static_cast<void>(read<Loaded>(image));
    } catch (const SerializationError& error) {
        return error.what();
    }
    return "read";
}

Trip a_trip() { return {"east", -5, {{"Ulm", 80}, {"Wien", 500}}}; }
LongerTrip a_longer_trip() { return {"east", -5, {{"Ulm", 80}}, 3}; }

TEST(Columns, CarryEveryField) {
    const auto read_trip = read<Trip>(archive::unpack(archive::pack(image_of(a_trip()))));

    EXPECT_EQ(read_trip.name, "east");
    EXPECT_EQ(read_trip.began, -5);
    ASSERT_EQ(read_trip.legs.size(), 2U);
    EXPECT_EQ(read_trip.legs[1].to, "Wien");
    EXPECT_EQ(read_trip.legs[1].miles, 500U);
}

TEST(Columns, CarryAFieldThatWasAddedByOneLine) {
    EXPECT_EQ(read<LongerTrip>(image_of(a_longer_trip())).travellers, 3U);
}

TEST(Columns, LeaveAMissingFieldAsItIsBorn) {
    const auto read_trip = read<LongerTrip>(image_of(a_trip()));

    EXPECT_EQ(read_trip.travellers, 1U);
    EXPECT_EQ(read_trip.legs.at(1).to, "Wien");
}

TEST(Columns, SkipAFieldThatNobodyKnows) {
    const auto read_trip = read<Trip>(image_of(a_longer_trip()));

    EXPECT_EQ(read_trip.began, -5);
    EXPECT_EQ(read_trip.legs.at(0).miles, 80U);
}

TEST(Columns, RefuseAFieldOfAnotherKind) {
    EXPECT_THAT(refusal<OddTrip>(image_of(a_trip())), HasSubstr("Trip.name is a column of kind 4"));
}

TEST(Columns, RefuseAnImageOfSomethingElse) {
    EXPECT_THAT(refusal<Trip>(image_of(a_trip().legs[0])), HasSubstr("no Trip is in it"));
}

TEST(Columns, RefuseRowsThatBelongToNothing) {
    archive::Image image = image_of(a_trip());
    const std::size_t legs = image.columns.find('\x02');
    ASSERT_NE(legs, std::string::npos);
    image.columns[legs] = '\x01';

    EXPECT_THAT(refusal<Trip>(image), HasSubstr("1 rows of Leg belong to nothing"));
}

TEST(Columns, RefuseMoreRowsThanThereAre) {
    archive::Image image = image_of(a_trip());
    const std::size_t legs = image.columns.find('\x02');
    ASSERT_NE(legs, std::string::npos);
    image.columns[legs] = '\x03';

    EXPECT_THAT(refusal<Trip>(image), HasSubstr("the number of rows is 3, at most 2 can be"));
}

TEST(Arena, HoldsEachPayloadOnce) {
    wire::StringTable strings;
    archive::SavedArena arena(strings);
    const int payloads[300] = {};

    const auto number = [&](const int& payload) {
        std::uint64_t& known = *arena.find_or_add(&payload);
        if (known == archive::SavedArena::kNew) {
            arena.out().byte(7);
            known = arena.end();
        }
        return known;
    };
    std::vector<std::uint64_t> first;
    std::vector<std::uint64_t> again;
    std::ranges::transform(payloads, std::back_inserter(first), number);
    std::ranges::transform(payloads, std::back_inserter(again), number);

    EXPECT_EQ(first, again);
    EXPECT_EQ(first.back(), 299U);
}

}  // namespace
}  // namespace stoplog::test
