// What the ready list promises: first come, first served, whatever its length.
#include "stoplog/engine/ready.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace stoplog::test {
namespace {

using testing::ElementsAre;

std::vector<std::uint32_t> all_of(const ReadyList& ready) {
    std::vector<std::uint32_t> routines;
    for (std::uint32_t i = 0; i < ready.size(); ++i) routines.push_back(ready.at(i));
    return routines;
}

/// Each turn the front goes to the end.
void take_turns(ReadyList& ready, int turns) {
    for (int turn = 0; turn < turns; ++turn) {
        const std::uint32_t routine = ready.front();
        ready.pop();
        ready.push(routine);
    }
}

void push_many(ReadyList& ready, std::uint32_t from, std::uint32_t until) {
    for (std::uint32_t routine = from; routine < until; ++routine) ready.push(routine);
}

TEST(ReadyList, KeepsTheOrder) {
    ReadyList ready;

    push_many(ready, 5, 8);

    EXPECT_THAT(all_of(ready), ElementsAre(5U, 6U, 7U));
}

TEST(ReadyList, TakesTurnsForEver) {
    ReadyList ready;
    push_many(ready, 0, 3);

    take_turns(ready, 1000);

    EXPECT_THAT(all_of(ready), ElementsAre(1U, 2U, 0U));
}

TEST(ReadyList, KeepsTheOrderWhenItGrowsInTheMiddleOfTheRing) {
    ReadyList ready;
    push_many(ready, 0, 8);
    take_turns(ready, 3);

    push_many(ready, 8, 10);

    EXPECT_THAT(all_of(ready), ElementsAre(3U, 4U, 5U, 6U, 7U, 0U, 1U, 2U, 8U, 9U));
}

TEST(ReadyList, IsEmptyWhenCleared) {
    ReadyList ready;
    push_many(ready, 0, 3);

    ready.clear();

    EXPECT_TRUE(ready.is_empty());
    EXPECT_EQ(ready.size(), 0U);
}

}  // namespace
}  // namespace stoplog::test
