// Names for numbers, each the only one of its kind.
#include "stoplog/archive/labels.hpp"

#include "stoplog/base/error.hpp"

#include <gtest/gtest.h>

#include "archive/sample_state.hpp"

namespace stoplog::test {
namespace {

using archive::Labels;

TEST(Labels, NameWhatAPersonKnows) {
    const Labels labels(*sample_legend());

    EXPECT_EQ(labels.routines().of(1), "count");
    EXPECT_EQ(labels.slots().of(1), "load.control");
    EXPECT_EQ(labels.connections().of(0), "load.word -> count.word");
}

TEST(Labels, FindTheNumberAgain) {
    const Labels labels(*sample_legend());

    EXPECT_EQ(labels.slots().number_of("count.word", "slot"), 2U);
    EXPECT_THROW(static_cast<void>(labels.slots().number_of("count.wort", "slot")),
                 SerializationError);
}

TEST(Labels, TellApartWhatIsCalledAlike) {
    Legend legend = *sample_legend();
    legend.connections = {{"word", 0, 2, {}}, {"word", 0, 2, {{"a", "b"}}}, {"word", 0, 2, {}}};
    const Labels labels(legend);

    EXPECT_EQ(labels.connections().of(1), "load.word -> count.word #2");
    EXPECT_EQ(labels.connections().number_of("load.word -> count.word #3", "connection"), 2U);
}

}  // namespace
}  // namespace stoplog::test
