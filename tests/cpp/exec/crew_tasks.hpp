// Tasks that count their runs, and say how many ran at once.
#pragma once

#include "stoplog/exec/crew.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace stoplog::test {

inline std::chrono::steady_clock::time_point soon() {
    return std::chrono::steady_clock::now() + std::chrono::seconds(20);
}

/// A task made of a function.
struct Work : Task {
    explicit Work(std::function<void()> what) : body(std::move(what)) {
        run = [](Task& task) { static_cast<Work&>(task).body(); };
    }
    std::function<void()> body;
};

/// How many are in it, and how many were at most.
class Counter {
public:
    void enter() {
        const std::uint32_t now = inside_.fetch_add(1) + 1;
        std::uint32_t seen = most_;
        while (seen < now && !most_.compare_exchange_weak(seen, now)) {
        }
    }
    void leave() { --inside_; }
    [[nodiscard]] std::uint32_t most() const { return most_; }

private:
    std::atomic<std::uint32_t> inside_{0};
    std::atomic<std::uint32_t> most_{0};
};

/// Many threads submit, each waits now and then until all runners have gone: every task runs once.
inline void expect_none_lost(Crew& crew, int per_thread, std::uint32_t& most_at_once) {
    constexpr int kSubmitters = 3;
    Counter counter;
    std::atomic<int> ran = 0;
    std::vector<std::unique_ptr<Work>> tasks;
    for (int i = 0; i < kSubmitters * per_thread; ++i) {
        tasks.push_back(std::make_unique<Work>([&] {
            counter.enter();
            ++ran;
            counter.leave();
        }));
    }
    std::vector<std::thread> submitters;
    for (int i = 0; i < kSubmitters; ++i) {
        submitters.emplace_back([&, i] {
            for (int n = 0; n < per_thread; ++n) {
                crew.submit(*tasks[static_cast<std::size_t>(i * per_thread + n)]);
                if (n % 7 == 0) std::this_thread::yield();
                if (n % 20 == 0) static_cast<void>(crew.wait_idle(soon()));
            }
        });
    }
    for (std::thread& submitter : submitters) submitter.join();
    EXPECT_TRUE(crew.wait_idle(soon()));
    EXPECT_EQ(ran, kSubmitters * per_thread);
    most_at_once = counter.most();
}

/// True: so many tasks were in the crew at once, and met.
inline bool all_meet(Crew& crew, std::uint32_t count) {
    std::mutex mutex;
    std::condition_variable all_came;
    std::uint32_t came = 0;
    std::uint32_t met = 0;
    const auto end = soon();
    std::vector<std::unique_ptr<Work>> tasks;
    for (std::uint32_t i = 0; i < count; ++i) {
        tasks.push_back(std::make_unique<Work>([&] {
            std::unique_lock lock(mutex);
            ++came;
            all_came.notify_all();
            met += all_came.wait_until(lock, end, [&] { return came == count; }) ? 1 : 0;
        }));
    }
    for (const auto& task : tasks) crew.submit(*task);
    const bool is_done = crew.wait_idle(end + std::chrono::seconds(5));
    const std::lock_guard lock(mutex);
    return is_done && met == count;
}

/// Threads that say when their crew has been destroyed, after all that came before.
class Watched final : public Threads {
public:
    Watched(std::unique_ptr<Threads> threads, std::atomic<bool>& is_gone)
        : threads_(std::move(threads)), is_gone_(is_gone) {}
    Watched(const Watched&) = delete;
    Watched& operator=(const Watched&) = delete;
    ~Watched() override {
        threads_.reset();
        is_gone_ = true;
    }

    void start(std::function<void()> run) override { threads_->start(std::move(run)); }

private:
    std::unique_ptr<Threads> threads_;
    std::atomic<bool>& is_gone_;
};

/// The last who holds the crew is a runner at work.
inline void expect_dropped_by_its_own_runner(std::unique_ptr<Threads> threads) {
    std::atomic<bool> is_dropped = false;
    std::atomic<bool> is_gone = false;
    auto crew = std::make_shared<Crew>(std::make_unique<Watched>(std::move(threads), is_gone), 1);
    Work last([&] { is_dropped.wait(false); });
    crew->submit(last);

    crew.reset();
    is_dropped = true;
    is_dropped.notify_all();
    const auto end = soon();
    while (!is_gone && std::chrono::steady_clock::now() < end) std::this_thread::yield();

    EXPECT_TRUE(is_gone);
}

}  // namespace stoplog::test
