// What help in an error message promises: the names there are, and the near one.
#include "stoplog/base/suggest.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace stoplog::test {
namespace {

TEST(QuotedList, SaysNoneWhereThereAreNone) { EXPECT_EQ(quoted_list({}), "none"); }

TEST(QuotedList, QuotesEachNameInOrder) {
    EXPECT_EQ(quoted_list({"input", "control"}), "'input', 'control'");
}

TEST(QuotedList, ShowsTwentyAndCountsTheRest) {
    const std::vector<std::string> names(23, "a");

    const std::string text = quoted_list(names);

    EXPECT_TRUE(text.ends_with("'a' and 3 more"));
}

TEST(QuotedList, ShowsTwentyNamesWhole) {
    const std::vector<std::string> names(20, "a");

    const std::string text = quoted_list(names);

    EXPECT_TRUE(text.ends_with("'a'"));
}

TEST(DidYouMean, OffersABeginning) {
    EXPECT_EQ(did_you_mean("in", {"input", "control"}), " (did you mean 'input'?)");
}

TEST(DidYouMean, OffersAnEnd) {
    EXPECT_EQ(did_you_mean("put", {"control", "input"}), " (did you mean 'input'?)");
}

TEST(DidYouMean, OffersATypingMistake) {
    EXPECT_EQ(did_you_mean("contrl", {"input", "control"}), " (did you mean 'control'?)");
}

TEST(DidYouMean, OffersTheNearestOfSeveral) {
    EXPECT_EQ(did_you_mean("word", {"ward_x", "words", "world_map"}), " (did you mean 'words'?)");
}

TEST(DidYouMean, OffersTheFirstOfTwoThatAreEquallyNear) {
    EXPECT_EQ(did_you_mean("lane", {"line", "lone"}), " (did you mean 'line'?)");
}

TEST(DidYouMean, SaysNothingWhereNothingIsNear) {
    EXPECT_EQ(did_you_mean("elephant", {"input", "control"}), "");
}

TEST(DidYouMean, SaysNothingWhereThereAreNoNames) { EXPECT_EQ(did_you_mean("input", {}), ""); }

TEST(DidYouMean, AnEmptyNameBeginsNothing) {
    EXPECT_EQ(did_you_mean("", {"input", "control"}), "");
}

}  // namespace
}  // namespace stoplog::test
