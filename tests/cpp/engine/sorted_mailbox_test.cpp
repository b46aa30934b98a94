// Lanes by themselves: who goes next, who starves not, and what a cut sees.
#include "stoplog/engine/sorted_mailbox.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>

namespace stoplog::test {
namespace {

constexpr std::uint32_t kFirst = 10;  // its slots are not the first of the plan

class SortedMailboxTest : public testing::Test {
protected:
    void push(std::uint32_t slot, std::uint64_t number) {
        mailbox.push({{}, number, number, kFirst + slot, kNone});
    }
    [[nodiscard]] std::string take_all() {
        std::string order;
        while (!mailbox.is_empty()) {
            order += std::to_string(mailbox.take_next().delivery.number) + " ";
        }
        return order;
    }
    [[nodiscard]] static std::string text_of(const SortedMailbox::Cut& cut) {
        std::string order;
        cut.each([&](const Delivery& delivery, Tries tries) {
            order += std::to_string(delivery.number);
            order += tries.failed == 0 ? " " : "' ";
        });
        return order;
    }

private:
    static std::array<SlotPlan, 3> plan() {
        std::array<SlotPlan, 3> slots;
        slots[1].priority = slots[2].priority = 5;
        return slots;
    }
    std::array<SlotPlan, 3> slots_ = plan();

protected:
    SortedMailbox mailbox{slots_.data(), kFirst, 3};
};

TEST_F(SortedMailboxTest, HigherFirstThenByArrivalOverTheSlotsOfALane) {
    push(0, 1);
    push(1, 2);
    push(2, 3);
    push(0, 4);
    push(1, 5);

    EXPECT_EQ(take_all(), "2 3 5 1 4 ");
}

TEST_F(SortedMailboxTest, WhatComesBackIsTheFirstOfItsLaneOnly) {
    push(0, 1);
    push(1, 2);
    mailbox.push_front({{}, 3, 3, kFirst, kNone}, {.failed = 1});
    mailbox.push_front({{}, 4, 4, kFirst + 1, kNone}, {.failed = 2});

    EXPECT_EQ(text_of(mailbox.cut()), "4' 2 3' 1 ");
    EXPECT_EQ(take_all(), "4 2 3 1 ");
}

TEST_F(SortedMailboxTest, LowerLaneHasEverySixtyFifthTurn) {
    for (std::uint64_t i = 0; i < 200; ++i) push(1, 1000 + i);
    push(0, 1);
    push(0, 2);

    const std::string order = take_all();

    const auto turn_of = [&](const std::string& number) {
        return std::count(order.begin(), order.begin() + static_cast<long>(order.find(number)),
                          ' ');
    };
    EXPECT_EQ(turn_of(" 1 "), 63);
    EXPECT_EQ(turn_of(" 2 "), 128);
}

TEST_F(SortedMailboxTest, OldestOfASlotIsTakenFromTheMiddle) {
    push(0, 1);
    push(1, 2);
    push(2, 3);
    push(1, 4);
    mailbox.push_front({{}, 5, 5, kFirst + 1, kNone}, {.failed = 1});

    EXPECT_EQ(mailbox.queued(kFirst + 1), 3U);
    EXPECT_EQ(mailbox.take_oldest(kFirst + 1).delivery.number, 5U);
    EXPECT_EQ(mailbox.take_oldest(kFirst + 1).delivery.number, 2U);
    EXPECT_EQ(take_all(), "3 4 1 ");
}

TEST_F(SortedMailboxTest, CutStaysAsItWas) {
    push(0, 1);
    push(1, 2);
    const SortedMailbox::Cut cut = mailbox.cut();
    push(1, 3);

    EXPECT_EQ(take_all(), "2 3 1 ");
    EXPECT_EQ(text_of(cut), "2 1 ");
}

TEST_F(SortedMailboxTest, TakenAllNothingIsLeft) {
    push(0, 1);
    mailbox.push_front({{}, 2, 2, kFirst, kNone}, {});

    const SortedMailbox::All all = mailbox.take_all();

    EXPECT_TRUE(mailbox.is_empty());
    EXPECT_EQ(all.queues[0].items.size() + all.returned.size(), 2U);
}

}  // namespace
}  // namespace stoplog::test
