// What a loaded state must satisfy: each rule, broken once in a file whose checksum fits.
#include "stoplog/archive/consistency.hpp"

#include "stoplog/archive/binary.hpp"
#include "stoplog/base/error.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "archive/sample_state.hpp"

namespace stoplog::test {
namespace {

using testing::HasSubstr;

std::string loading(const JobState& state) {
    try {
        static_cast<void>(from_binary(to_binary(state, SmallCodec()), SmallCodec()));
    } catch (const SerializationError& error) {
        return error.what();
    }
    return "loaded";
}

TEST(Consistency, RefusesAWrongCountOfUnsettledDeliveries) {
    JobState state = sample_state();
    state.unsettled = 4;

    EXPECT_THAT(loading(state), HasSubstr("4 deliveries are unsettled, queued are 3"));
}

TEST(Consistency, RefusesARoutineThatIsReadyTwice) {
    JobState state = sample_state();
    state.ready = {1, 1};

    EXPECT_THAT(loading(state), HasSubstr("routine 'count' is ready or waiting twice"));
}

TEST(Consistency, RefusesAQueueThatNobodyWouldRun) {
    JobState state = sample_state();
    state.ready = {};

    EXPECT_THAT(loading(state), HasSubstr("the turn of routine 'count' and its mailbox"));
}

TEST(Consistency, RefusesACallWithNothing) {
    JobState state = sample_state();
    state.cells[0].mailbox = {};
    state.cells[0].is_in_call = true;

    EXPECT_THAT(loading(state), HasSubstr("routine 'load' is in call with nothing"));
}

TEST(Consistency, RefusesADeliveryInTheMailboxOfAnother) {
    JobState state = sample_state();
    std::swap(state.cells[0].mailbox, state.cells[1].mailbox);

    EXPECT_THAT(loading(state), HasSubstr("is queued for routine 'load'"));
}

TEST(Consistency, RefusesAConnectionThatLeadsElsewhere) {
    JobState state = sample_state();
    Chain<Record> history;
    history.push(record(delivery({}, 2, 1, 0), 5000, 70));
    state.history = history.view();

    EXPECT_THAT(loading(state), HasSubstr("came by a connection that leads elsewhere"));
}

TEST(Consistency, RefusesAnAwaitedSlotThatIsNone) {
    JobState state = sample_state();
    state.awaited = {3};

    EXPECT_THAT(loading(state), HasSubstr("an awaited or drained slot is none"));
}

TEST(Consistency, RefusesARoutineThatIsThereTwice) {
    JobState state = sample_state();
    auto legend = std::make_shared<Legend>(*state.legend);
    legend->routines[1].name = "load";
    state.legend = legend;

    EXPECT_THAT(loading(state), HasSubstr("a routine is in it twice"));
}

TEST(Consistency, RefusesASlotOfAnotherRoutine) {
    JobState state = sample_state();
    auto legend = std::make_shared<Legend>(*state.legend);
    legend->slots[1].routine = 1;
    state.legend = legend;

    EXPECT_THAT(loading(state), HasSubstr("the slots of routine 'count' are not where"));
}

}  // namespace
}  // namespace stoplog::test
