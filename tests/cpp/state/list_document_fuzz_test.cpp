// Random calls on a list beside a plain vector: splices of every size, undo, commit, frozen
// versions, references.
//
// The seeds are fixed, so a failure is found again.

#include "stoplog/state/list_document.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <random>
#include <utility>
#include <vector>

#include "counted_leaf.hpp"

namespace stoplog::test {
namespace {

using Numbers = std::vector<std::int64_t>;

class ListFuzz {
public:
    ListFuzz(std::uint64_t seed, std::int64_t largest) : random_(seed), largest_(largest) {}
    ~ListFuzz() { log_->undo(); }
    ListFuzz(const ListFuzz&) = delete;
    ListFuzz& operator=(const ListFuzz&) = delete;

    void call() {
        const std::int64_t steps = draw(draw(5) == 0 ? 300 : 20);
        for (std::int64_t i = 0; i < steps; ++i) step();
        if (draw(10) == 0) freeze(kept_);
        if (draw(2) == 0) {
            log_->keep();
            if (draw(10) == 0) freeze(now_);
            log_->drop_kept();
            kept_ = now_;
        } else {
            log_->undo();
            now_ = kept_;
        }
        if (draw(20) == 0) freeze(kept_);
        if (draw(10) == 0) compare();
        if (!frozen_.empty() && draw(8) == 0) end_one();
    }
    void compare() {
        ASSERT_EQ(read(document_.version()), now_);
        for (const auto& [frozen, numbers] : frozen_) {
            ASSERT_EQ(read(frozen->version_of(document_)), numbers);
        }
    }

private:
    std::int64_t draw(std::int64_t below) {
        return static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(below));
    }
    static Numbers read(const LeafTree& tree) {
        Numbers numbers;
        tree.each([&](Leaf leaf) {
            numbers.push_back(number_of(leaf));
            return true;
        });
        return numbers;
    }
    [[nodiscard]] std::int64_t size() const { return static_cast<std::int64_t>(now_.size()); }
    void step() {
        const std::int64_t kind = draw(100);
        if (kind < 40) {
            append();
        } else if (kind < 55) {
            pop();
        } else if (kind < 75) {
            set();
        } else if (kind < 80) {
            splice(0, std::min<std::int64_t>(1, size()), 0);
        } else if (kind < 97) {
            const std::int64_t at = draw(size() + 1);
            const std::int64_t removed = draw(std::min<std::int64_t>(size() - at, 4) + 1);
            splice(at, removed, draw(4));
        } else {
            const std::int64_t at = draw(size() + 1);
            splice(at, draw(size() - at + 1), size() < largest_ ? draw(largest_) : 0);
        }
        ASSERT_EQ(document_.size(), now_.size());
        look();
    }
    void look() {
        if (now_.empty()) return;
        const std::int64_t at = draw(size());
        ASSERT_EQ(number_of(document_.at(static_cast<Position>(at))), now_.at(at));
    }
    void append() {
        now_.push_back(++count_);
        document_.append(leaf(count_));
    }
    void pop() {
        if (now_.empty()) return;
        const Leaf popped = document_.pop();
        ASSERT_EQ(number_of(popped), now_.back());
        counted_verbs.release(popped);
        now_.pop_back();
    }
    void set() {
        if (now_.empty()) return;
        const std::int64_t at = draw(size());
        now_.at(at) = ++count_;
        document_.set_at(static_cast<Position>(at), leaf(count_));
    }
    void splice(std::int64_t at, std::int64_t removed, std::int64_t inserted) {
        Numbers numbers;
        std::vector<Leaf> leaves;
        for (std::int64_t i = 0; i < inserted; ++i) {
            numbers.push_back(++count_);
            leaves.push_back(leaf(count_));
        }
        now_.erase(now_.begin() + at, now_.begin() + at + removed);
        now_.insert(now_.begin() + at, numbers.begin(), numbers.end());
        document_.splice(static_cast<Position>(at), static_cast<Position>(removed), leaves);
    }
    void freeze(const Numbers& numbers) {
        frozen_.emplace_back(std::make_unique<Frozen>(family_), numbers);
        frozen_.back().first->save_running(*log_);
    }
    void end_one() {
        const auto at = frozen_.begin() + draw(static_cast<std::int64_t>(frozen_.size()));
        ASSERT_EQ(read(at->first->version_of(document_)), at->second);
        frozen_.erase(at);
    }

    std::mt19937_64 random_;
    std::int64_t largest_;
    std::int64_t count_ = 0;
    std::shared_ptr<Family> family_ = std::make_shared<Family>();
    std::shared_ptr<CallLog> log_ = std::make_shared<CallLog>(family_, "count");
    ListDocument document_{counted_verbs, log_, nullptr};
    std::vector<std::pair<std::unique_ptr<Frozen>, Numbers>> frozen_;
    Numbers now_;
    Numbers kept_;
};

class ListDocumentFuzz : public testing::TestWithParam<std::pair<std::uint64_t, std::int64_t>> {};

TEST_P(ListDocumentFuzz, AgreesWithAPlainVector) {
    held_references = 0;
    {
        ListFuzz fuzz(GetParam().first, GetParam().second);
        for (int call = 0; call < 1000 && !HasFatalFailure(); ++call) fuzz.call();
        fuzz.compare();
    }
    EXPECT_EQ(held_references, 0);
}

INSTANTIATE_TEST_SUITE_P(Seeds, ListDocumentFuzz,
                         testing::Values(std::pair{1U, 5}, std::pair{2U, 40}, std::pair{3U, 130},
                                         std::pair{4U, 300}, std::pair{5U, 1000},
                                         std::pair{6U, 5000}, std::pair{7U, 9000}));

}  // namespace
}  // namespace stoplog::test
