// What a list document promises: undo from a log of splices, frozen versions, cheap steps on long
// lists, and that every reference is paid back.

#include "stoplog/state/list_document.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <numeric>
#include <vector>

#include "counted_leaf.hpp"

namespace stoplog::test {
namespace {

using Numbers = std::vector<std::int64_t>;

Numbers numbers_in(const LeafTree& tree) {
    Numbers numbers;
    tree.each([&](Leaf leaf) {
        numbers.push_back(number_of(leaf));
        return true;
    });
    return numbers;
}

Numbers numbers_until(std::int64_t until) {
    Numbers numbers(static_cast<std::size_t>(until));
    std::iota(numbers.begin(), numbers.end(), 0);
    return numbers;
}

class ListDocumentTest : public testing::Test {
protected:
    void SetUp() override { held_references = 0; }
    void TearDown() override {
        frozen.reset();
        log->undo();
        list.reset();
        EXPECT_EQ(held_references, 0);
    }

    void fill(std::int64_t until) {
        for (std::int64_t number = 0; number < until; ++number) list->append(leaf(number));
        commit();
    }
    void splice(Position at, Position removed, const Numbers& numbers) {
        std::vector<Leaf> leaves;
        for (const std::int64_t number : numbers) leaves.push_back(leaf(number));
        list->splice(at, removed, leaves);
    }
    void set_each(Position until, int times) {
        for (int i = 0; i < times; ++i) {
            for (Position at = 0; at < until; at += 2) list->set_at(at, leaf(i));
        }
    }
    void commit() {
        log->keep();
        log->drop_kept();
    }
    Numbers live() const { return numbers_in(list->version()); }
    Numbers past() const { return numbers_in(frozen->version_of(*list)); }
    void freeze() {
        frozen = std::make_unique<Frozen>(family);
        frozen->save_running(*log);
    }

    std::shared_ptr<Family> family = std::make_shared<Family>();
    std::shared_ptr<CallLog> log = std::make_shared<CallLog>(family, "count");
    std::unique_ptr<ListDocument> list =
        std::make_unique<ListDocument>(counted_verbs, log, nullptr);
    std::unique_ptr<Frozen> frozen;
};

TEST_F(ListDocumentTest, SplicesInTheMiddle) {
    fill(5);

    splice(1, 2, {10, 11, 12});

    EXPECT_EQ(live(), (Numbers{0, 10, 11, 12, 3, 4}));
}

TEST_F(ListDocumentTest, LogsASpliceAndNoImagePerMovedLeaf) {
    fill(100'000);
    const std::int64_t before = held_references;

    splice(0, 1, {});
    splice(50'000, 0, {7});

    EXPECT_EQ(list->splices().size(), 2U);
    EXPECT_LT(held_references, before + 1000);
}

TEST_F(ListDocumentTest, JoinsSplicesThatMeet) {
    fill(10);

    list->append(leaf(1));
    list->append(leaf(2));
    list->set_at(11, leaf(3));
    splice(9, 1, {});

    ASSERT_EQ(list->splices().size(), 2U);
    EXPECT_EQ(list->splices().front().inserted, 2U);
}

TEST_F(ListDocumentTest, UndoBringsLeavesAndOrderBack) {
    fill(300);
    splice(10, 20, {1, 2, 3});
    list->set_at(200, leaf(-1));
    splice(0, 1, {});
    list->append(leaf(9));
    counted_verbs.release(list->pop());
    counted_verbs.release(list->pop());

    log->undo();

    EXPECT_EQ(live(), numbers_until(300));
    EXPECT_FALSE(log->is_dirty());
}

TEST_F(ListDocumentTest, UndoOfAClearBringsAllBack) {
    fill(1000);
    splice(0, 1000, {});
    EXPECT_EQ(list->size(), 0U);

    log->undo();

    EXPECT_EQ(live(), numbers_until(1000));
}

TEST_F(ListDocumentTest, LogThatOutgrowsTheListGivesWayToTheOldTree) {
    fill(200);
    set_each(200, 50);
    EXPECT_TRUE(list->splices().empty());

    log->undo();

    EXPECT_EQ(live(), numbers_until(200));
}

TEST_F(ListDocumentTest, KeepReleasesNothing) {
    fill(10);
    list->set_at(3, leaf(-3));
    const std::int64_t before = held_references;

    log->keep();

    EXPECT_EQ(held_references, before);
    log->drop_kept();
    EXPECT_LT(held_references, before);
}

TEST_F(ListDocumentTest, FrozenVersionStaysWhileTheListGoesOn) {
    fill(500);
    freeze();

    list->set_at(7, leaf(-7));
    splice(100, 50, {1});
    list->append(leaf(1));
    commit();

    EXPECT_EQ(past(), numbers_until(500));
    EXPECT_NE(live(), numbers_until(500));
}

TEST_F(ListDocumentTest, FreezeInACallHoldsTheListFromBeforeIt) {
    fill(100);
    list->set_at(7, leaf(-7));
    splice(8, 1, {});

    freeze();
    list->append(leaf(1));
    commit();

    EXPECT_EQ(past(), numbers_until(100));
}

TEST_F(ListDocumentTest, FreezeBetweenKeepAndDropHoldsTheNewList) {
    fill(3);
    list->append(leaf(3));
    log->keep();

    freeze();
    log->drop_kept();

    EXPECT_EQ(past(), numbers_until(4));
}

TEST_F(ListDocumentTest, EndedVersionHandsItsPastToTheOlderOne) {
    fill(3);
    freeze();
    auto newer = std::make_unique<Frozen>(family);
    list->append(leaf(3));
    commit();

    newer.reset();

    EXPECT_EQ(past(), numbers_until(3));
}

TEST_F(ListDocumentTest, StepAfterAFreezeCopiesOneRun) {
    fill(100'000);
    freeze();
    const std::int64_t before = held_references;

    list->set_at(50'000, leaf(-1));

    EXPECT_LE(held_references, before + kRunLeaves + 1);
}

TEST_F(ListDocumentTest, LogAndFrozenVersionKeepTheOwnerAlive) {
    const Leaf owner = leaf(0);
    list = std::make_unique<ListDocument>(counted_verbs, log, owner);
    const auto& references = static_cast<CountedLeaf*>(owner)->references;
    list->append(leaf(1));
    EXPECT_EQ(references, 2);
    commit();
    EXPECT_EQ(references, 1);

    freeze();
    list->append(leaf(2));
    commit();
    EXPECT_EQ(references, 2);
    frozen.reset();

    EXPECT_EQ(references, 1);
    counted_verbs.release(owner);
}

TEST_F(ListDocumentTest, LoadedLeavesAreNoPartOfACall) {
    list->load(leaf(1));
    list->load(leaf(2));

    EXPECT_FALSE(log->is_dirty());
    EXPECT_EQ(live(), (Numbers{1, 2}));
}

}  // namespace
}  // namespace stoplog::test
