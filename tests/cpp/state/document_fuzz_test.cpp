// Random calls on a document beside a plain model: order, undo, commit, frozen versions,
// references.
//
// The seeds are fixed, so a failure is found again.

#include "stoplog/state/document.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <random>
#include <utility>
#include <vector>

#include "counted_leaf.hpp"

namespace stoplog::test {
namespace {

using Pairs = std::vector<std::pair<std::int64_t, std::int64_t>>;

/// An ordered map of the plainest kind.
struct Model {
    Pairs pairs;

    auto find(std::int64_t key) {
        auto at = pairs.begin();
        while (at != pairs.end() && at->first != key) ++at;
        return at;
    }
};

class Fuzz {
public:
    Fuzz(std::uint64_t seed, std::int64_t keys) : random_(seed), keys_(keys) {}
    ~Fuzz() { log_->undo(); }
    Fuzz(const Fuzz&) = delete;
    Fuzz& operator=(const Fuzz&) = delete;

    void call() {
        const std::int64_t steps = draw(40);
        for (std::int64_t i = 0; i < steps; ++i) step();
        if (draw(10) == 0) freeze();
        if (draw(2) == 0) {
            log_->keep();
            if (draw(10) == 0) freeze_kept();
            log_->drop_kept();
            kept_ = now_;
        } else {
            log_->undo();
            now_ = kept_;
        }
        if (draw(20) == 0) freeze();
        if (draw(10) == 0) compare();
        if (!frozen_.empty() && draw(8) == 0) end_one();
    }
    void compare() {
        ASSERT_EQ(read(document_.version()), now_.pairs);
        ASSERT_EQ(document_.size(), now_.pairs.size());
        for (const auto& [version, pairs] : frozen_) {
            ASSERT_EQ(read(version->version_of(document_)), pairs);
        }
    }

private:
    std::int64_t draw(std::int64_t below) {
        return static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(below));
    }
    static Pairs read(const Version& version) {
        Pairs pairs;
        version.each([&](const Entry& entry) {
            pairs.emplace_back(number_of(entry.key), number_of(entry.value));
            return true;
        });
        return pairs;
    }
    void step() {
        const std::int64_t key = draw(keys_);
        const std::int64_t kind = draw(100);
        if (kind < 55) {
            set(key, ++count_);
        } else if (kind < 90) {
            remove(key);
        } else if (kind < 97) {
            pop(kind % 2 == 0);
        } else if (kind == 99 && draw(20) == 0) {
            document_.clear();
            now_.pairs.clear();
        }
    }
    Position look(std::int64_t key) const {
        const Leaf asked = leaf(key);
        const Position at = document_.find(asked, hash_of(key));
        counted_verbs.release(asked);
        return at;
    }
    void set(std::int64_t key, std::int64_t value) {
        const Position at = look(key);
        const auto model = now_.find(key);
        ASSERT_EQ(at == kAbsent, model == now_.pairs.end());
        if (at == kAbsent) {
            document_.append(leaf(key), hash_of(key), leaf(value));
            now_.pairs.emplace_back(key, value);
        } else {
            document_.set_at(at, leaf(value));
            model->second = value;
        }
    }
    void remove(std::int64_t key) {
        const Position at = look(key);
        const auto model = now_.find(key);
        ASSERT_EQ(at == kAbsent, model == now_.pairs.end());
        if (at == kAbsent) return;
        document_.remove_at(at);
        now_.pairs.erase(model);
    }
    void pop(bool is_first) {
        const Position at = is_first ? document_.live_from(0) : document_.live_before(kAbsent);
        ASSERT_EQ(at == kAbsent, now_.pairs.empty());
        if (at == kAbsent) return;
        const auto model = is_first ? now_.pairs.begin() : now_.pairs.end() - 1;
        ASSERT_EQ(number_of(document_.key_at(at)), model->first);
        document_.remove_at(at);
        now_.pairs.erase(model);
    }
    void freeze() {
        frozen_.emplace_back(std::make_unique<Frozen>(family_), kept_.pairs);
        frozen_.back().first->save_running(*log_);
    }
    void freeze_kept() {
        frozen_.emplace_back(std::make_unique<Frozen>(family_), now_.pairs);
        frozen_.back().first->save_running(*log_);
    }
    void end_one() {
        const auto at = frozen_.begin() + draw(static_cast<std::int64_t>(frozen_.size()));
        ASSERT_EQ(read(at->first->version_of(document_)), at->second);
        frozen_.erase(at);
    }

    std::mt19937_64 random_;
    std::int64_t keys_;
    std::int64_t count_ = 0;
    std::shared_ptr<Family> family_ = std::make_shared<Family>();
    std::shared_ptr<CallLog> log_ = std::make_shared<CallLog>(family_, "count");
    Document document_{counted_verbs, log_, nullptr};
    std::vector<std::pair<std::unique_ptr<Frozen>, Pairs>> frozen_;
    Model now_;
    Model kept_;
};

class DocumentFuzz : public testing::TestWithParam<std::pair<std::uint64_t, std::int64_t>> {};

TEST_P(DocumentFuzz, AgreesWithAPlainModel) {
    held_references = 0;
    {
        Fuzz fuzz(GetParam().first, GetParam().second);
        for (int call = 0; call < 1500 && !HasFatalFailure(); ++call) fuzz.call();
        fuzz.compare();
    }
    EXPECT_EQ(held_references, 0);
}

INSTANTIATE_TEST_SUITE_P(Seeds, DocumentFuzz,
                         testing::Values(std::pair{1U, 10}, std::pair{2U, 10}, std::pair{3U, 100},
                                         std::pair{4U, 100}, std::pair{5U, 1000},
                                         std::pair{6U, 1000}, std::pair{7U, 6000},
                                         std::pair{8U, 6000}));

}  // namespace
}  // namespace stoplog::test
