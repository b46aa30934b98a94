// What a history promises: its bounds, each alone and together, to the tick; and that no reader
// sees what is too old.
#include "stoplog/engine/history.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine/counted_payload.hpp"

namespace stoplog::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

using Numbers = std::vector<std::int64_t>;

constexpr std::int64_t kRecord = sizeof(Record);

// A tick is a nanosecond; the history begins at 1000.
Timebase at(Stamp now) { return {.origin = now, .origin_wall = now}; }

class HistoryTest : public testing::Test {
protected:
    void SetUp() override { live_payloads = 0; }
    void TearDown() override { EXPECT_EQ(live_payloads, 0); }

    /// The attempt takes five ticks; the payload weighs its number.
    static void write(History& history, std::int64_t number, Stamp ended,
                      Outcome outcome = Outcome::Finished) {
        const Delivery delivery{payload(number), static_cast<std::uint64_t>(number), 1, 0, kNone};
        Attempt attempt{ended - 5, ended, outcome, 1};
        attempt.bytes = history.bytes_of(delivery.payload);
        Evicted evicted;
        if (outcome == Outcome::Finished) {
            history.write(delivery, delivery.payload, attempt, evicted);
        } else {
            history.write_otherwise(delivery, delivery.payload, attempt, ErrorText("why"), evicted);
        }
    }
    static Numbers seen(History& history, Stamp now) {
        Evicted evicted;
        Numbers numbers;
        history.view(at(now), evicted).each([&](const Record& record) {
            numbers.push_back(static_cast<std::int64_t>(record.number));
        });
        return numbers;
    }
    static std::vector<std::string> errors_in(const Chain<Record>::View& view) {
        std::vector<std::string> errors;
        view.each(
            [&](const Record& record) { errors.push_back(record.error ? *record.error : "none"); });
        return errors;
    }
};

TEST_F(HistoryTest, KeepsTheNewest) {
    History history({.size = 2}, at(1000));

    for (const std::int64_t number : {1, 2, 3, 4}) write(history, number, 1000 + number);

    EXPECT_THAT(seen(history, 9999), ElementsAre(3, 4));
    EXPECT_EQ(live_payloads, 2);
}

TEST_F(HistoryTest, KeepsNothingWhereNothingIsWanted) {
    History history({.size = 0}, at(1000));

    write(history, 1, 1001);

    EXPECT_THAT(seen(history, 1001), IsEmpty());
    EXPECT_EQ(live_payloads, 0);
}

TEST_F(HistoryTest, ARecordIsSeenUntilTheVeryTick) {
    History history({.ttl = 100}, at(1000));
    write(history, 1, 1010);
    write(history, 2, 1011);

    EXPECT_THAT(seen(history, 1109), ElementsAre(1, 2));
    EXPECT_THAT(seen(history, 1110), ElementsAre(2));
    EXPECT_THAT(seen(history, 1111), IsEmpty());
}

TEST_F(HistoryTest, WhoWritesLetsGoOfWhatIsTooOld) {
    History history({.size = 1000, .ttl = 100}, at(1000));
    for (const std::int64_t number : {1, 2, 3}) write(history, number, 1000 + number);

    write(history, 4, 1102);

    EXPECT_EQ(live_payloads, 2);
}

TEST_F(HistoryTest, WhoReadsLetsGoOfWhatIsTooOld) {
    History history({.ttl = 100}, at(1000));
    write(history, 1, 1001);

    seen(history, 2000);

    EXPECT_EQ(live_payloads, 0);
}

// A call that parked is written when there is room, with the time at which its handler returned.
TEST_F(HistoryTest, ALateRecordBehindAYoungerOneIsNotSeenWhenItIsTooOld) {
    History history({.ttl = 100}, at(1000));
    write(history, 1, 1090);
    history.note_late(1010);
    write(history, 2, 1010);
    write(history, 3, 1091);

    EXPECT_THAT(seen(history, 1109), ElementsAre(1, 2, 3));
    EXPECT_THAT(seen(history, 1110), ElementsAre(1, 3));
    EXPECT_THAT(seen(history, 1190), ElementsAre(3));
    EXPECT_THAT(seen(history, 1191), IsEmpty());
}

TEST_F(HistoryTest, AgesAreMeasuredByTheClockOfWhoReads) {
    History history({.ttl = 100}, at(1000));
    write(history, 1, 1010);
    Timebase slow = at(1060);
    slow.nanoseconds_per_tick = 2.0;
    Evicted evicted;

    EXPECT_EQ(history.view(slow, evicted).size(), 0U);
}

TEST_F(HistoryTest, AViewStaysAsItWas) {
    History history({.ttl = 100}, at(1000));
    write(history, 1, 1010);
    Evicted evicted;
    const auto view = history.view(at(1020), evicted);

    seen(history, 5000);

    EXPECT_EQ(view.size(), 1U);
    EXPECT_EQ(live_payloads, 1);
}

TEST_F(HistoryTest, KeepsTheNewestThatFitTheBytes) {
    History history({.bytes = 3 * kRecord + 60}, at(1000));

    for (const std::int64_t number : {10, 20, 30}) write(history, number, 1000 + number);
    EXPECT_THAT(seen(history, 2000), ElementsAre(10, 20, 30));
    write(history, 1, 1040);

    EXPECT_THAT(seen(history, 2000), ElementsAre(20, 30, 1));
    EXPECT_EQ(live_payloads, 3);
}

TEST_F(HistoryTest, ARecordThatDoesNotFitPushesOutAll) {
    History history({.bytes = 3 * kRecord + 60}, at(1000));
    for (const std::int64_t number : {10, 20}) write(history, number, 1000 + number);

    write(history, 1'000'000, 1030);

    EXPECT_THAT(seen(history, 2000), IsEmpty());
    EXPECT_EQ(live_payloads, 0);
}

TEST_F(HistoryTest, WeighsTheTextOfAnError) {
    History history({.bytes = kRecord + 12}, at(1000));

    write(history, 10, 1001, Outcome::Failed);

    EXPECT_THAT(seen(history, 2000), IsEmpty());
}

TEST_F(HistoryTest, WeighsNothingUnlessItMust) {
    const History history({.size = 10}, at(1000));

    EXPECT_EQ(history.bytes_of(payload(7)), 0);
}

TEST_F(HistoryTest, AFailureSurvivesTheOtherBounds) {
    History history({.size = 1, .ttl = 50, .bytes = 1000, .failures_ttl = 100}, at(1000));
    write(history, 1, 1001, Outcome::Failed);
    for (const std::int64_t number : {2, 3, 4}) write(history, number, 1000 + number);

    EXPECT_THAT(seen(history, 1010), ElementsAre(1, 4));
    EXPECT_THAT(seen(history, 1100), ElementsAre(1));
    EXPECT_THAT(seen(history, 1101), IsEmpty());
    EXPECT_EQ(live_payloads, 0);
}

TEST_F(HistoryTest, AFailureStaysInTheOrderInWhichItCame) {
    History history({.size = 2, .failures_ttl = 100}, at(1000));
    write(history, 1, 1001, Outcome::Failed);
    write(history, 2, 1002);
    write(history, 3, 1003, Outcome::Failed);

    write(history, 4, 1004);
    write(history, 5, 1005);

    EXPECT_THAT(seen(history, 1010), ElementsAre(1, 3, 4, 5));
}

TEST_F(HistoryTest, AFailureThatNoBoundReachesStaysLonger) {
    History history({.size = 10, .failures_ttl = 100}, at(1000));

    write(history, 1, 1001, Outcome::Failed);

    EXPECT_THAT(seen(history, 9999), ElementsAre(1));
}

TEST_F(HistoryTest, ASkippedOneIsNoFailure) {
    History history({.size = 0, .failures_ttl = 100}, at(1000));

    write(history, 1, 1001, Outcome::Skipped);

    EXPECT_THAT(seen(history, 1010), IsEmpty());
}

TEST_F(HistoryTest, AFailureKeepsItsErrorThoughACutHoldsIt) {
    History history({.size = 1, .failures_ttl = 100}, at(1000));
    write(history, 1, 1001, Outcome::Failed);
    Evicted evicted;
    const auto cut = history.view(at(1002), evicted);

    write(history, 2, 1003);

    EXPECT_THAT(errors_in(history.view(at(1004), evicted)), ElementsAre("why", "none"));
    EXPECT_THAT(errors_in(cut), ElementsAre("why"));
}

TEST_F(HistoryTest, WithoutPayloadsNoneStays) {
    History history({.size = 10, .keeps_payloads = false}, at(1000));

    write(history, 1, 1001);
    write(history, 2, 1002, Outcome::Failed);

    EXPECT_EQ(live_payloads, 0);
    EXPECT_THAT(seen(history, 1003), ElementsAre(1, 2));
}

TEST_F(HistoryTest, WhatIsRestoredIsBoundAsItIsNow) {
    History history({.size = 2, .ttl = 100}, at(2000));

    for (const std::int64_t number : {1, 2, 3, 4}) {
        Record record;
        record.number = static_cast<std::uint64_t>(number);
        record.began = 1897 + number;
        history.restore(record, 2000);
    }

    EXPECT_THAT(seen(history, 2000), ElementsAre(4));
    EXPECT_THAT(seen(history, 2001), IsEmpty());
}

TEST_F(HistoryTest, TimesThatNobodyCanMeanAreLivedWith) {
    constexpr Stamp kMost = INT64_MAX;
    History history({.ttl = 100}, at(1000));
    for (const Stamp began : {-kMost, kMost, Stamp{0}}) {
        Record record;
        record.number = static_cast<std::uint64_t>(began);
        record.began = began;
        record.ticks = began;
        history.restore(record, 2000);
    }

    EXPECT_THAT(seen(history, 2000), ElementsAre(kMost));
}

TEST_F(HistoryTest, AThinnedStateKeepsTheRest) {
    History history({.ttl = 1000}, at(1000));
    for (const std::int64_t number : {1, 2, 3}) write(history, number, 1000 + number);
    JobState state;
    state.taken_at = 1053;
    Evicted evicted;
    state.history = history.view(at(1053), evicted);

    const auto thinned = retained(state, {.ttl = 52});

    EXPECT_EQ(thinned->history.size(), 2U);
    EXPECT_EQ(thinned->retention, Retention{.ttl = 52});
    EXPECT_EQ(state.history.size(), 3U);
}

}  // namespace
}  // namespace stoplog::test
