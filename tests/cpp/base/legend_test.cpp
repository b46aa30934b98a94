// What a legend promises: paths and counts from numbers.
#include "stoplog/base/legend.hpp"

#include "stoplog/base/error.hpp"

#include <gtest/gtest.h>

namespace stoplog::test {
namespace {

Legend two_routines() {
    Legend legend;
    legend.routines = {{"extract", 0, 0}, {"load", 2, 1}};
    legend.slots = {{"file", 0}, {"stop", 0}, {"input", 1}};
    legend.fields = {{"seen", 0}, {"total", 1}, {"last", 1}};
    legend.connections = {{"rows", 0, 2, {}}};
    return legend;
}

TEST(Legend, NamesASlotByItsPath) { EXPECT_EQ(two_routines().slot_path(2), "load.input"); }

TEST(Legend, NamesAConnectionByItsEvent) {
    EXPECT_EQ(two_routines().event_path(0), "extract.rows");
}

TEST(Legend, KnowsWhoEmitsByAConnection) {
    const Legend legend = two_routines();

    EXPECT_EQ(legend.source_of(0), 0U);
    EXPECT_EQ(legend.source_of(kNone), kNone);
}

TEST(Legend, CountsTheSlotsOfEachRoutine) {
    const Legend legend = two_routines();

    EXPECT_EQ(legend.slot_count(0), 2U);
    EXPECT_EQ(legend.slot_count(1), 1U);
}

TEST(Legend, CountsTheFieldsOfEachRoutine) {
    const Legend legend = two_routines();

    EXPECT_EQ(legend.field_count(0), 1U);
    EXPECT_EQ(legend.field_count(1), 2U);
}

TEST(Error, JoinsPartsOfAllKindsOfText) {
    const std::string owned = "b";

    EXPECT_EQ(join("a", owned, std::string_view("c")), "abc");
}

}  // namespace
}  // namespace stoplog::test
