// One list of fields serves the text formats too: a type gains a field by one line.
#include "stoplog/archive/interchange.hpp"
#include "stoplog/archive/json.hpp"
#include "stoplog/archive/row_reader.hpp"
#include "stoplog/archive/row_writer.hpp"
#include "stoplog/base/error.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "archive/small_codec.hpp"
#include "archive/trips.hpp"

namespace stoplog::test {
namespace {

/// How a type goes into a text and comes out of it again.
struct JsonText {
    template <class Saved>
    static std::string write(const Saved& saved) {
        const SmallCodec codec;
        const Legend legend;
        archive::JsonWriter out(1);
        archive::RowWriter(codec, Timebase(), legend, nullptr, out).write(saved);
        return out.finish();
    }
    static void parse(const std::string& text, archive::Tree& tree) {
        archive::parse_json(text, tree);
    }
};

template <auto make_writer, auto parse_rows>
struct Interchange {
    template <class Saved>
    static std::string write(const Saved& saved) {
        const SmallCodec codec;
        const Legend legend;
        const auto out = make_writer(archive::ShapeWriter::shapes_of<Saved>());
        archive::RowWriter(codec, Timebase(), legend, nullptr, *out).write(saved);
        return out->finish();
    }
    static void parse(const std::string& text, archive::Tree& tree) { parse_rows(text, tree); }
};
using XmlText = Interchange<archive::make_xml_writer, archive::parse_xml>;
using PlainText = Interchange<archive::make_text_writer, archive::parse_text>;

template <class Text>
class Rows : public testing::Test {
protected:
    template <class Loaded>
    static Loaded read(const std::string& text, bool is_strict = false) {
        const SmallCodec codec;
        archive::Tree tree{Limits()};
        Text::parse(text, tree);
        Loaded loaded;
        archive::RowReader(codec, Limits(), is_strict).read(archive::View(tree), loaded);
        return loaded;
    }
};

using Texts = testing::Types<JsonText, XmlText, PlainText>;
TYPED_TEST_SUITE(Rows, Texts);

Trip a_trip() { return {"east", -5, {{"Ulm", 80}, {"Wien", 500}}}; }
LongerTrip a_longer_trip() { return {"east", -5, {{"Ulm", 80}}, 3}; }

TYPED_TEST(Rows, CarryEveryField) {
    const auto trip = this->template read<Trip>(TypeParam::write(a_trip()));

    EXPECT_EQ(trip.name, "east");
    EXPECT_EQ(trip.began, -5);
    ASSERT_EQ(trip.legs.size(), 2U);
    EXPECT_EQ(trip.legs[1].to, "Wien");
    EXPECT_EQ(trip.legs[1].miles, 500U);
}

TYPED_TEST(Rows, CarryAFieldThatWasAddedByOneLine) {
    const auto trip = this->template read<LongerTrip>(TypeParam::write(a_longer_trip()));

    EXPECT_EQ(trip.travellers, 3U);
}

TYPED_TEST(Rows, LeaveAMissingFieldAsItIsBorn) {
    const auto trip = this->template read<LongerTrip>(TypeParam::write(a_trip()));

    EXPECT_EQ(trip.travellers, 1U);
    EXPECT_EQ(trip.legs.at(1).to, "Wien");
}

TYPED_TEST(Rows, SkipAFieldThatNobodyKnows) {
    const auto trip = this->template read<Trip>(TypeParam::write(a_longer_trip()));

    EXPECT_EQ(trip.legs.at(0).miles, 80U);
}

TYPED_TEST(Rows, RefuseAFieldThatNobodyKnowsWhereAPersonMayHaveMisspeltIt) {
    const std::string text = TypeParam::write(a_longer_trip());

    EXPECT_THROW(static_cast<void>(this->template read<Trip>(text, true)), SerializationError);
}

}  // namespace
}  // namespace stoplog::test
