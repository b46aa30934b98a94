// What a crew promises: every task runs once, no more runners than workers, one on its way.
#include "stoplog/exec/crew.hpp"

#include "stoplog/exec/own_threads.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "exec/crew_tasks.hpp"

namespace stoplog::test {
namespace {

// Runners that come when the test says so, on its own thread.
class Reluctant final : public Threads {
public:
    struct Sent {
        std::vector<std::function<void()>> runners;
        bool is_refusing = false;
        std::size_t count = 0;  // that ever were sent for
    };
    explicit Reluctant(std::shared_ptr<Sent> sent) : sent_(std::move(sent)) {}
    void start(std::function<void()> run) override {
        if (sent_->is_refusing) {
            throw std::system_error(
                std::make_error_code(std::errc::resource_unavailable_try_again));
        }
        sent_->runners.push_back(std::move(run));
        ++sent_->count;
    }

private:
    std::shared_ptr<Sent> sent_;
};

class CrewTest : public testing::Test {
protected:
    std::shared_ptr<Crew> make(std::uint32_t workers, RunnerHooks hooks = {}) {
        return std::make_shared<Crew>(std::make_unique<Reluctant>(sent), workers, hooks);
    }
    Work& work(const std::string& name) {
        return work(std::function<void()>([this, name] { ran.push_back(name); }));
    }
    Work& work(std::function<void()> body) {
        works_.push_back(std::make_unique<Work>(std::move(body)));
        return *works_.back();
    }
    /// The first that was sent for arrives, and runs until it goes.
    void let_one_come() {
        if (sent->runners.empty()) {
            ADD_FAILURE() << "nobody was sent for";
            return;
        }
        const std::function<void()> run = std::move(sent->runners.front());
        sent->runners.erase(sent->runners.begin());
        run();
    }

    std::shared_ptr<Reluctant::Sent> sent = std::make_shared<Reluctant::Sent>();
    std::vector<std::string> ran;

private:
    std::vector<std::unique_ptr<Work>> works_;
};

using Names = std::vector<std::string>;

TEST_F(CrewTest, RunsWhatIsReadyInOrder) {
    const auto crew = make(1);
    crew->submit(work("a"));
    crew->submit(work("b"));

    let_one_come();

    EXPECT_EQ(ran, (Names{"a", "b"}));
    EXPECT_TRUE(crew->is_idle());
}

TEST_F(CrewTest, AtMostOneIsOnItsWay) {
    const auto crew = make(4);
    std::size_t sent_for_by_then = 0;
    crew->submit(work([&] { sent_for_by_then = sent->count; }));
    for (int i = 0; i < 10; ++i) crew->submit(work("x"));
    EXPECT_EQ(sent->count, 1U);

    let_one_come();  // sends for the next, for more is ready

    EXPECT_EQ(sent_for_by_then, 2U);
    EXPECT_EQ(sent->runners.size(), 1U);
    let_one_come();
    EXPECT_EQ(ran.size(), 10U);
    EXPECT_TRUE(crew->is_idle());
}

TEST_F(CrewTest, NeverSendsForMoreThanItsWorkers) {
    const auto crew = make(2);
    std::size_t most = 0;
    crew->submit(work([&] {  // the second arrives while the first runs
        for (int i = 0; i < 5; ++i) crew->submit(work("x"));
        const std::function<void()> second = std::move(sent->runners.back());
        sent->runners.clear();
        crew->submit(work([&] { most = sent->count; }));
        second();
    }));
    crew->submit(work("y"));

    let_one_come();

    EXPECT_EQ(most, 2U);
    EXPECT_EQ(sent->count, 2U);
    EXPECT_TRUE(crew->is_idle());
}

TEST_F(CrewTest, RunnersComeAndGo) {
    const auto crew = make(1);
    for (int i = 0; i < 3; ++i) {
        EXPECT_TRUE(crew->is_idle());
        crew->submit(work("x"));
        EXPECT_FALSE(crew->is_idle());
        let_one_come();
    }

    EXPECT_EQ(ran.size(), 3U);
    EXPECT_EQ(sent->count, 3U);
}

TEST_F(CrewTest, WaitIdleGivesUpAtTheDeadline) {
    const auto crew = make(1);
    crew->submit(work("x"));

    EXPECT_FALSE(crew->wait_idle(std::chrono::steady_clock::now()));
    let_one_come();
    EXPECT_TRUE(crew->wait_idle(std::chrono::steady_clock::now()));
}

TEST_F(CrewTest, HandsOverAfterItsSlice) {
    const auto crew = make(2, {.slice = std::chrono::microseconds(0)});
    for (const char* const name : {"a", "b", "c"}) crew->submit(work(name));

    let_one_come();  // another is on its way: it goes after one task
    EXPECT_EQ(ran, (Names{"a"}));
    let_one_come();
    EXPECT_EQ(ran, (Names{"a", "b"}));
    let_one_come();

    EXPECT_EQ(ran, (Names{"a", "b", "c"}));
    EXPECT_TRUE(crew->is_idle());
}

TEST_F(CrewTest, StaysAfterItsSliceWhereNobodyComes) {
    const auto crew = make(1, {.slice = std::chrono::microseconds(0)});
    for (const char* const name : {"a", "b", "c"}) crew->submit(work(name));

    let_one_come();

    EXPECT_EQ(ran, (Names{"a", "b", "c"}));
}

TEST_F(CrewTest, NextGoesBeforeWhatIsReady) {
    const auto crew = make(1);
    Work& next = work("next");
    crew->submit(work([&] { crew->submit_next(next); }));
    crew->submit(work("other"));

    let_one_come();

    EXPECT_EQ(ran, (Names{"next", "other"}));
}

TEST_F(CrewTest, OnlyOneIsNext) {
    const auto crew = make(1);
    Work& first = work("first");
    Work& second = work("second");
    crew->submit(work([&] {
        crew->submit_next(first);
        crew->submit_next(second);
    }));
    crew->submit(work("other"));

    let_one_come();

    EXPECT_EQ(ran, (Names{"first", "other", "second"}));
}

TEST_F(CrewTest, NextOfAStrangerIsSubmitted) {
    const auto crew = make(1);
    const auto other = make(1);
    Work& next = work("next");
    crew->submit(work([&] { other->submit_next(next); }));

    let_one_come();

    EXPECT_TRUE(ran.empty());
    let_one_come();
    EXPECT_EQ(ran, (Names{"next"}));
}

TEST_F(CrewTest, RowOfNextsEnds) {
    const auto crew = make(1);
    int row = 0;
    int row_before_other = 0;
    Work* self = nullptr;
    self = &work([&] {
        if (++row < 1000) crew->submit_next(*self);
    });
    crew->submit(*self);
    crew->submit(work([&] { row_before_other = row; }));

    let_one_come();

    EXPECT_EQ(row, 1000);
    EXPECT_LE(row_before_other, 65) << "who hands itself work must not starve the others";
}

TEST_F(CrewTest, HooksSurroundARunner) {
    static Names said;
    said.clear();
    const auto crew = make(1, {.arrive = [] { said.emplace_back("arrive"); },
                               .leave = [] { said.emplace_back("leave"); }});
    crew->submit(work([] { said.emplace_back("task"); }));

    let_one_come();

    EXPECT_EQ(said, (Names{"arrive", "task", "leave"}));
}

TEST_F(CrewTest, TaskThatComesWhileARunnerLeavesIsRun) {
    static std::function<void()> on_leaving;
    const auto crew = make(1, {.leave = [] { std::exchange(on_leaving, [] {})(); }});
    on_leaving = [&] { crew->submit(work("late")); };
    crew->submit(work("early"));

    let_one_come();
    ASSERT_EQ(sent->runners.size(), 1U) << "the one that leaves takes no task any more";
    let_one_come();

    EXPECT_EQ(ran, (Names{"early", "late"}));
}

TEST_F(CrewTest, WhatARefusedThreadShouldRunComesWithTheNext) {
    const auto crew = make(1);
    sent->is_refusing = true;
    EXPECT_THROW(crew->submit(work("a")), std::system_error);
    EXPECT_TRUE(crew->is_idle());
    sent->is_refusing = false;

    crew->submit(work("b"));
    let_one_come();

    EXPECT_EQ(ran, (Names{"a", "b"}));
}

TEST_F(CrewTest, RunnerTakesItselfWhatARefusedThreadShouldRun) {
    const auto crew = make(2);
    Work& second = work("second");
    crew->submit(work([&] {
        sent->is_refusing = true;
        crew->submit(second);
    }));

    let_one_come();

    EXPECT_EQ(ran, (Names{"second"}));
}

TEST_F(CrewTest, RunnerOfAnotherCrewIsToldOfARefusedThread) {
    const auto crew = make(1);
    const auto other = make(1);
    Work& left = work("left");
    bool is_told = false;
    crew->submit(work([&] {
        sent->is_refusing = true;
        try {
            other->submit(left);
        } catch (const std::system_error&) {
            is_told = true;
        }
    }));

    let_one_come();

    EXPECT_TRUE(is_told) << "no runner of that crew is there to take it later";
}

TEST_F(CrewTest, LivesUntilItsRunnersHaveGone) {
    auto crew = make(1);
    const std::weak_ptr<Crew> seen = crew;
    crew->submit(work([&] { crew.reset(); }));

    let_one_come();

    EXPECT_EQ(seen.lock(), nullptr);
}

using CrewDeathTest = CrewTest;

TEST_F(CrewDeathTest, NothingEscapesATask) {
    const auto crew = make(1);
    crew->submit(work([]() { throw std::bad_alloc(); }));

    EXPECT_DEATH(let_one_come(), "");
    sent->runners.clear();  // here it never comes
}

std::shared_ptr<Crew> own(std::uint32_t workers) {
    return std::make_shared<Crew>(std::make_unique<OwnThreads>(), workers);
}

TEST(CrewOnThreads, LosesNoTask) {
    std::uint32_t most = 0;
    const auto crew = own(3);

    expect_none_lost(*crew, 400, most);

    EXPECT_LE(most, 3U);
}

TEST(CrewOnThreads, LosesNoTaskToItsOnlyRunner) {
    std::uint32_t most = 0;
    const auto crew = own(1);

    expect_none_lost(*crew, 400, most);

    EXPECT_EQ(most, 1U);
}

TEST(CrewOnThreads, ThirtyTwoMeetOnWhateverCores) { EXPECT_TRUE(all_meet(*own(32), 32)); }

TEST(CrewOnThreads, MayBeDroppedByItsOwnRunner) {
    expect_dropped_by_its_own_runner(std::make_unique<OwnThreads>());
}

}  // namespace
}  // namespace stoplog::test
