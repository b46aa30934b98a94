// Two states are compared by what they say, not by how they are numbered.
#include "stoplog/archive/comparison.hpp"

#include <gtest/gtest.h>

#include "archive/sample_state.hpp"

namespace stoplog::test {
namespace {

std::string all_of(const JobState& state) { return comparison_image(state, SmallCodec(), false); }
std::string outcome_of(const JobState& state) {
    return comparison_image(state, SmallCodec(), true);
}

TEST(Comparison, KnowsTheSameNamesUnderOtherNumbers) {
    const JobState state = sample_state();
    const JobState reordered =
        sample_state(reordered_legend(),
                     {.load = 1, .count = 0, .input = 1, .word = 0, .by_word = 1, .by_again = 0});

    EXPECT_EQ(all_of(state), all_of(reordered));
    EXPECT_EQ(outcome_of(state), outcome_of(reordered));
}

TEST(Comparison, SeesTheHistoryAndTheOutcomeDoesNot) {
    const JobState state = sample_state();
    JobState without = sample_state();
    without.history = {};

    EXPECT_NE(all_of(state), all_of(without));
    EXPECT_EQ(outcome_of(state), outcome_of(without));
}

TEST(Comparison, SeesTheStateAndTheQueueInTheOutcome) {
    const JobState state = sample_state();
    JobState other_field = sample_state();
    other_field.cells[0].fields = small_document({13});
    JobState other_queue = sample_state();
    other_queue.cells[0].mailbox = {};

    EXPECT_NE(outcome_of(state), outcome_of(other_field));
    EXPECT_NE(outcome_of(state), outcome_of(other_queue));
}

TEST(Comparison, ComparesTimesNotStamps) {
    JobState wall = sample_state();
    Chain<Record> history;
    history.push(record(delivery({}, 2, 2, 0), 1'700'000'000'000'000'500, 35));
    wall.history = history.view();
    JobState ticks = sample_state();
    Chain<Record> counted;
    counted.push(record(delivery({}, 2, 2, 0), 5000, 70));
    ticks.history = counted.view();
    ticks.timebase = {4000, 1'700'000'000'000'000'000, 0.5};

    EXPECT_EQ(all_of(wall), all_of(ticks));
}

}  // namespace
}  // namespace stoplog::test
