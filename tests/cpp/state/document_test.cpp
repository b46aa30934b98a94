// What a state document promises: order, undo, frozen versions, and that every reference is paid
// back.

#include "stoplog/state/document.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "counted_leaf.hpp"

namespace stoplog::test {
namespace {

using Pairs = std::vector<std::pair<std::int64_t, std::int64_t>>;

Pairs pairs_of(const Version& version) {
    Pairs pairs;
    version.each([&](const Entry& entry) {
        pairs.emplace_back(number_of(entry.key), number_of(entry.value));
        return true;
    });
    return pairs;
}

class DocumentTest : public testing::Test {
protected:
    void SetUp() override { held_references = 0; }
    void TearDown() override {
        during_equal = nullptr;
        frozen.reset();
        log->undo();
        document.reset();
        EXPECT_EQ(held_references, 0);
    }

    Position find(std::int64_t number) const {
        const Leaf key = leaf(number);
        const Position found = document->find(key, hash_of(number));
        counted_verbs.release(key);
        return found;
    }
    void set(std::int64_t key, std::int64_t value) {
        const Position found = find(key);
        if (found == kAbsent) {
            document->append(leaf(key), hash_of(key), leaf(value));
        } else {
            document->set_at(found, leaf(value));
        }
    }
    void fill(std::int64_t from, std::int64_t until) {
        for (std::int64_t key = from; key < until; ++key) set(key, key);
    }
    void remove_all(std::int64_t from, std::int64_t until) {
        for (std::int64_t key = from; key < until; ++key) remove(key);
    }
    void remove(std::int64_t key) { document->remove_at(find(key)); }
    void commit() {
        log->keep();
        log->drop_kept();
    }
    Pairs live() const { return pairs_of(document->version()); }
    Pairs past() const { return pairs_of(frozen->version_of(*document)); }
    void freeze() {
        frozen = std::make_unique<Frozen>(family);
        frozen->save_running(*log);
    }

    std::shared_ptr<Family> family = std::make_shared<Family>();
    std::shared_ptr<CallLog> log = std::make_shared<CallLog>(family, "count");
    std::unique_ptr<Document> document = std::make_unique<Document>(counted_verbs, log, nullptr);
    std::unique_ptr<Frozen> frozen;
};

TEST_F(DocumentTest, KeepsOrderOfInsertion) {
    set(3, 30);
    set(1, 10);
    set(2, 20);
    set(1, 11);

    EXPECT_EQ(live(), (Pairs{{3, 30}, {1, 11}, {2, 20}}));
}

TEST_F(DocumentTest, PutsAKeyThatCameBackAtTheEnd) {
    set(1, 10);
    set(2, 20);
    commit();

    remove(1);
    set(1, 11);

    EXPECT_EQ(live(), (Pairs{{2, 20}, {1, 11}}));
}

TEST_F(DocumentTest, TellsKeysOfOneHashApart) {
    set(1, 10);
    set(513, 20);

    EXPECT_EQ(document->value_at(find(1)), document->value_at(0));
    EXPECT_EQ(number_of(document->value_at(find(513))), 20);
    EXPECT_EQ(find(1025), kAbsent);
}

TEST_F(DocumentTest, UndoBringsValuesKeysAndOrderBack) {
    set(1, 10);
    set(2, 20);
    set(3, 30);
    commit();
    remove(2);
    set(4, 40);
    set(1, 11);
    set(2, 21);

    log->undo();

    EXPECT_EQ(live(), (Pairs{{1, 10}, {2, 20}, {3, 30}}));
    EXPECT_EQ(number_of(document->value_at(find(2))), 20);
    EXPECT_EQ(find(4), kAbsent);
    EXPECT_FALSE(log->is_dirty());
}

TEST_F(DocumentTest, UndoOfAGrowthOverPagesLeavesNothing) {
    set(1, 10);
    commit();
    fill(100, 100 + 3 * kPageEntries);

    log->undo();

    EXPECT_EQ(live(), (Pairs{{1, 10}}));
}

TEST_F(DocumentTest, UndoOfAClearBringsAllBack) {
    fill(0, 200);
    commit();
    const Pairs before = live();
    document->clear();
    EXPECT_EQ(document->size(), 0U);

    log->undo();

    EXPECT_EQ(live(), before);
}

TEST_F(DocumentTest, KeepReleasesNothing) {
    set(1, 10);
    commit();
    set(1, 11);
    const std::int64_t before = held_references;

    log->keep();

    EXPECT_EQ(held_references, before);
    log->drop_kept();
    EXPECT_LT(held_references, before);
}

TEST_F(DocumentTest, FrozenVersionStaysWhileTheDocumentGoesOn) {
    fill(0, 300);
    commit();
    const Pairs before = live();
    freeze();

    set(7, -7);
    remove(250);
    set(1000, 1);
    commit();

    EXPECT_EQ(past(), before);
    EXPECT_NE(live(), before);
}

TEST_F(DocumentTest, FreezeInACallHoldsTheStateFromBeforeIt) {
    fill(0, 100);
    commit();
    const Pairs before = live();
    set(7, -7);
    remove(8);
    set(1000, 1);

    freeze();
    set(9, -9);
    commit();

    EXPECT_EQ(past(), before);
}

TEST_F(DocumentTest, FreezeBetweenKeepAndDropHoldsTheNewState) {
    set(1, 10);
    commit();
    set(1, 11);
    log->keep();

    freeze();
    log->drop_kept();

    EXPECT_EQ(past(), (Pairs{{1, 11}}));
}

TEST_F(DocumentTest, EndedVersionHandsItsPastToTheOlderOne) {
    set(1, 10);
    commit();
    freeze();
    auto newer = std::make_unique<Frozen>(family);
    set(1, 11);
    commit();

    newer.reset();

    EXPECT_EQ(past(), (Pairs{{1, 10}}));
}

TEST_F(DocumentTest, EndedOlderVersionLeavesTheNewerOne) {
    set(1, 10);
    commit();
    auto older = std::make_unique<Frozen>(family);
    set(1, 11);
    commit();
    freeze();
    set(1, 12);
    commit();

    older.reset();

    EXPECT_EQ(past(), (Pairs{{1, 11}}));
    EXPECT_EQ(live(), (Pairs{{1, 12}}));
}

TEST_F(DocumentTest, VersionReadStaysThroughLaterWrites) {
    set(1, 10);
    commit();
    const Version version = document->version();

    set(1, 11);
    commit();

    EXPECT_EQ(pairs_of(version), (Pairs{{1, 10}}));
}

TEST_F(DocumentTest, SparseDocumentIsMovedTogetherAfterTheCall) {
    fill(0, 1000);
    commit();
    remove_all(0, 990);

    commit();

    EXPECT_EQ(document->version().end, 10U);
    EXPECT_EQ(number_of(document->value_at(find(995))), 995);
}

TEST_F(DocumentTest, ComparisonThatFailsIsPassedOn) {
    set(0, 10);

    EXPECT_EQ(document->find(document->key_at(0), 0), 0U);
    EXPECT_EQ(find(-512), kFailed);
}

TEST_F(DocumentTest, LookUpStartsAgainWhenTheComparisonChangedTheDocument) {
    set(1, 10);
    set(513, 20);
    during_equal = [this] {
        during_equal = nullptr;
        document->remove_at(0);
        document->append(leaf(1), 1, leaf(11));
    };

    const Position found = find(1);

    EXPECT_EQ(number_of(document->value_at(found)), 11);
}

TEST_F(DocumentTest, RunningCallTakesLiveEntriesFromBothEnds) {
    fill(0, 100);
    remove(0);
    remove(99);

    EXPECT_EQ(document->live_from(0), 1U);
    EXPECT_EQ(document->live_before(kAbsent), 98U);
    EXPECT_EQ(document->live_before(1), kAbsent);
    EXPECT_EQ(document->live_from(99), kAbsent);
}

TEST_F(DocumentTest, LoadedEntriesAreNoPartOfACall) {
    document->reserve(2);
    document->load(leaf(1), 1, leaf(10));
    document->load(leaf(2), 2, leaf(20));

    EXPECT_FALSE(log->is_dirty());
    EXPECT_EQ(live(), (Pairs{{1, 10}, {2, 20}}));
}

TEST_F(DocumentTest, RootThatDiesInACallTakesItsImagesAlong) {
    log->set_root(document.get());
    set(1, 10);
    commit();
    set(1, 11);

    document.reset();

    EXPECT_FALSE(log->is_dirty());
    EXPECT_EQ(log->root(), nullptr);
}

TEST_F(DocumentTest, LogAndFrozenVersionKeepTheOwnerAlive) {
    const Leaf owner = leaf(0);
    document = std::make_unique<Document>(counted_verbs, log, owner);
    const auto& references = static_cast<CountedLeaf*>(owner)->references;
    set(1, 10);
    EXPECT_EQ(references, 2);
    commit();
    EXPECT_EQ(references, 1);

    freeze();
    set(1, 11);
    commit();
    EXPECT_EQ(references, 2);
    frozen.reset();

    EXPECT_EQ(references, 1);
    counted_verbs.release(owner);
}

}  // namespace
}  // namespace stoplog::test
