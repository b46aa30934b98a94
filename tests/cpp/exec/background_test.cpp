// What threads of their own promise: each task runs at once, and none is left behind.
#include "stoplog/exec/background.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>
#include <thread>

namespace stoplog::test {
namespace {

void submit_many(Background& background, int count, std::atomic<int>& done) {
    for (int i = 0; i < count; ++i) background.submit([&done] { ++done; });
}

TEST(Background, RunsATaskOnAThreadOfItsOwn) {
    Background background;
    std::promise<std::thread::id> ran;

    background.submit([&ran] { ran.set_value(std::this_thread::get_id()); });

    EXPECT_NE(ran.get_future().get(), std::this_thread::get_id());
    background.join_all();
}

TEST(Background, TasksDoNotWaitForEachOther) {
    Background background;
    std::promise<void> second_ran;
    std::promise<void> first_ended;

    background.submit([&] {
        second_ran.get_future().wait();
        first_ended.set_value();
    });
    background.submit([&] { second_ran.set_value(); });

    first_ended.get_future().wait();
    background.join_all();
}

TEST(Background, JoinAllWaitsForEveryTask) {
    Background background;
    std::atomic<int> done = 0;

    submit_many(background, 20, done);
    background.join_all();

    EXPECT_EQ(done, 20);
}

TEST(Background, CanBeUsedAgainAfterJoinAll) {
    Background background;
    std::atomic<int> done = 0;
    submit_many(background, 1, done);
    background.join_all();

    submit_many(background, 1, done);
    background.join_all();

    EXPECT_EQ(done, 2);
}

TEST(Background, IsJoinedAtItsEnd) {
    std::atomic<int> done = 0;
    auto background = std::make_unique<Background>();
    submit_many(*background, 5, done);

    background.reset();

    EXPECT_EQ(done, 5);
}

TEST(Background, DropsATaskWhenItHasRun) {
    Background background;
    const auto held = std::make_shared<int>(1);

    background.submit([held] {});
    background.join_all();

    EXPECT_EQ(held.use_count(), 1);
}

}  // namespace
}  // namespace stoplog::test
