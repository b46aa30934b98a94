// What a chain promises: order, views that stay as they were, and that every item is paid back.
#include "stoplog/base/chain.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <utility>
#include <vector>

namespace stoplog::test {
namespace {

using Item = std::shared_ptr<int>;
using Items = Chain<Item>;

std::vector<int> numbers_of(const Items::View& view) {
    std::vector<int> numbers;
    view.each([&](const Item& item) { numbers.push_back(item ? *item : -1); });
    return numbers;
}

void push_all(Items& chain, int from, int until) {
    for (int number = from; number < until; ++number) chain.push(std::make_shared<int>(number));
}

std::vector<int> pop_many(Items& chain, int count) {
    std::vector<int> numbers;
    for (int i = 0; i < count; ++i) numbers.push_back(*chain.pop());
    return numbers;
}

std::vector<int> range(int from, int until) {
    std::vector<int> numbers;
    for (int number = from; number < until; ++number) numbers.push_back(number);
    return numbers;
}

/// Pushes three and takes two, again and again: the head walks through many segments.
std::vector<int> taken_while_growing(Items& chain, int rounds) {
    std::vector<int> taken;
    for (int round = 0; round < rounds; ++round) {
        push_all(chain, round * 3, round * 3 + 3);
        const std::vector<int> two = pop_many(chain, 2);
        taken.insert(taken.end(), two.begin(), two.end());
    }
    return taken;
}

TEST(Chain, IsEmptyAtFirst) {
    const Items chain;

    EXPECT_TRUE(chain.is_empty());
    EXPECT_EQ(chain.view().size(), 0U);
}

TEST(Chain, KeepsOrderOverManySegments) {
    Items chain;

    push_all(chain, 0, 500);

    EXPECT_EQ(chain.size(), 500U);
    EXPECT_EQ(pop_many(chain, 500), range(0, 500));
}

TEST(Chain, KeepsOrderWhileItGrowsAndShrinks) {
    Items chain;

    const std::vector<int> taken = taken_while_growing(chain, 1000);

    EXPECT_EQ(taken, range(0, 2000));
    EXPECT_EQ(chain.size(), 1000U);
}

TEST(Chain, FrontIsTheOldest) {
    Items chain;
    push_all(chain, 7, 10);

    chain.pop();

    EXPECT_EQ(*chain.front(), 8);
}

TEST(Chain, CanBeFilledAgainAfterItWasEmptied) {
    Items chain;
    push_all(chain, 0, 4);
    pop_many(chain, 4);

    push_all(chain, 10, 20);

    EXPECT_EQ(numbers_of(chain.view()), range(10, 20));
}

TEST(Chain, MovesItemsOutWhenNobodyElseHoldsThem) {
    Items chain;
    push_all(chain, 0, 3);

    const Item taken = chain.pop();

    EXPECT_EQ(taken.use_count(), 1);
}

TEST(Chain, LeavesItemsInPlaceWhileAViewHoldsThem) {
    Items chain;
    push_all(chain, 0, 3);
    const Items::View view = chain.view();

    const Item taken = chain.pop();

    EXPECT_EQ(taken.use_count(), 2);
    EXPECT_EQ(numbers_of(view), range(0, 3));
}

TEST(Chain, MovesItemsAgainOnceTheViewIsGone) {
    Items chain;
    push_all(chain, 0, 3);
    {
        const Items::View view = chain.view();
    }

    const Item taken = chain.pop();

    EXPECT_EQ(taken.use_count(), 1);
}

TEST(Chain, ViewStaysTheSameWhileTheChainMovesOn) {
    Items chain;
    push_all(chain, 0, 300);
    pop_many(chain, 10);
    const Items::View view = chain.view();

    push_all(chain, 300, 600);
    pop_many(chain, 400);

    EXPECT_EQ(view.size(), 290U);
    EXPECT_EQ(numbers_of(view), range(10, 300));
    EXPECT_EQ(numbers_of(chain.view()), range(410, 600));
}

TEST(Chain, ViewDoesNotSeeWhatIsPushedIntoItsLastSegment) {
    Items chain;
    push_all(chain, 0, 2);
    const Items::View view = chain.view();

    push_all(chain, 2, 4);

    EXPECT_EQ(numbers_of(view), range(0, 2));
}

TEST(Chain, ViewOfAPartlyEmptiedSegmentBeginsAtTheHead) {
    Items chain;
    push_all(chain, 0, 4);
    pop_many(chain, 3);

    const Items::View view = chain.view();

    EXPECT_EQ(numbers_of(view), range(3, 4));
}

TEST(Chain, GoesOnInASegmentThatIsSharedAndEmpty) {
    Items chain;
    push_all(chain, 0, 2);
    const Items::View view = chain.view();
    pop_many(chain, 2);

    push_all(chain, 2, 6);

    EXPECT_EQ(numbers_of(view), range(0, 2));
    EXPECT_EQ(pop_many(chain, 4), range(2, 6));
}

TEST(Chain, GoesOnAfterASharedSegmentWasUsedUp) {
    Items chain;
    push_all(chain, 0, 4);
    const Items::View view = chain.view();
    pop_many(chain, 4);

    push_all(chain, 4, 9);

    EXPECT_EQ(numbers_of(view), range(0, 4));
    EXPECT_EQ(pop_many(chain, 5), range(4, 9));
}

TEST(Chain, ViewOutlivesTheChain) {
    auto chain = std::make_unique<Items>();
    push_all(*chain, 0, 100);
    const Items::View view = chain->view();

    chain.reset();

    EXPECT_EQ(numbers_of(view), range(0, 100));
}

TEST(Chain, FilteredViewPassesOverItems) {
    Items chain;
    push_all(chain, 0, 200);
    const Items::View view = chain.view();

    const Items::View kept = view.filtered([](const Item& item) { return *item % 50 == 7; });
    chain = Items();

    EXPECT_EQ(numbers_of(kept), (std::vector<int>{7, 57, 107, 157}));
    EXPECT_EQ(kept.size(), 4U);
}

TEST(Chain, AppendedViewComesBehind) {
    Items first;
    Items second;
    push_all(first, 0, 10);
    push_all(second, 10, 80);
    Items::View both = first.view();

    both.append(second.view());
    first = Items();
    second = Items();

    EXPECT_EQ(numbers_of(both), range(0, 80));
    EXPECT_EQ(both.size(), 80U);
}

TEST(Chain, CopiedViewHoldsItsOwnShare) {
    Items chain;
    push_all(chain, 0, 5);
    auto view = std::make_unique<Items::View>(chain.view());
    const Items::View copy = *view;

    view.reset();
    pop_many(chain, 5);

    EXPECT_EQ(numbers_of(copy), range(0, 5));
}

TEST(Chain, AssignedViewLetsGoOfWhatItHeld) {
    Items chain;
    const Item item = std::make_shared<int>(1);
    chain.push(item);
    Items::View view = chain.view();
    chain = Items();

    view = Items::View();

    EXPECT_EQ(item.use_count(), 1);
    EXPECT_EQ(view.size(), 0U);
}

TEST(Chain, DropsAnItemThatWasTakenUnderAViewWithTheView) {
    Items chain;
    const Item item = std::make_shared<int>(1);
    chain.push(item);
    auto view = std::make_unique<Items::View>(chain.view());
    chain.pop();

    chain = Items();
    view.reset();

    EXPECT_EQ(item.use_count(), 1);
}

TEST(Chain, DestroysWhatIsLeft) {
    const Item item = std::make_shared<int>(1);
    auto chain = std::make_unique<Items>();
    chain->push(item);

    chain.reset();

    EXPECT_EQ(item.use_count(), 1);
}

TEST(Chain, MovedChainTakesEverythingAlong) {
    Items chain;
    push_all(chain, 0, 10);

    const Items moved = std::move(chain);

    EXPECT_EQ(numbers_of(moved.view()), range(0, 10));
}

TEST(Chain, AssignedChainDropsWhatItHeld) {
    const Item item = std::make_shared<int>(1);
    Items chain;
    chain.push(item);
    Items other;
    push_all(other, 0, 2);

    chain = std::move(other);

    EXPECT_EQ(item.use_count(), 1);
    EXPECT_EQ(numbers_of(chain.view()), range(0, 2));
}

}  // namespace
}  // namespace stoplog::test
