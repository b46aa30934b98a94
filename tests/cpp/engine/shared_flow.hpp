// A flow of native handlers that many runners may run at once: tokens that are passed on.
//
// A token knows how often it is still passed on. Which way it goes depends on the token alone, so
// what is settled where in the end is the same in every order of the runners.
#pragma once

#include "stoplog/engine/handler.hpp"
#include "stoplog/engine/job.hpp"
#include "stoplog/exec/arena.hpp"
#include "stoplog/exec/own_threads.hpp"
#include "stoplog/graph/flow.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "engine/counted_payload.hpp"

namespace stoplog::test {

/// A job that says when the crew has left it at rest.
class SharedJob : public Job {
public:
    using Job::Job;

    /// Waits until it has ended or stands still. False after ten seconds.
    [[nodiscard]] bool wait() {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, std::chrono::seconds(10),
                                 [&] { return !has_work() && busy_ == 0; });
    }
    [[nodiscard]] bool wait_until_nothing_runs() {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, std::chrono::seconds(10), [&] { return !is_running(); });
    }

protected:
    void went_active() override {
        const std::lock_guard lock(mutex_);
        ++busy_;
    }
    void went_idle() override {
        const std::lock_guard lock(mutex_);
        --busy_;
        changed_.notify_all();
    }
    void came_to_rest() override {
        const std::lock_guard lock(mutex_);
        changed_.notify_all();
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    int busy_ = 0;
};

/// Calls `body` for each delivery, and notices two calls at once.
class SharedHandler final : public Handler {
public:
    using Body = std::function<Verdict(Call&)>;
    explicit SharedHandler(Body body) : body_(std::move(body)) {}

    Verdict invoke(Call& call) override {
        if (is_in_call_.exchange(true)) overlaps.fetch_add(1);
        const Verdict verdict = body_(call);
        is_in_call_.store(false);
        return verdict;
    }
    [[nodiscard]] const void* identity() const noexcept override { return this; }
    bool make_fields(const std::shared_ptr<CallLog>&, std::shared_ptr<Document>&,
                     Failure&) noexcept override {
        return false;
    }
    std::shared_ptr<Document> restore_fields(const std::shared_ptr<CallLog>&, const JobState&,
                                             const CellState&) override {
        return nullptr;
    }
    [[nodiscard]] std::shared_ptr<Document> initial_fields() noexcept override { return nullptr; }

    static inline std::atomic<int> overlaps{0};

private:
    Body body_;
    std::atomic<bool> is_in_call_{false};
};

class SharedFlow {
public:
    void add(const std::string& name, std::uint32_t events, SharedHandler::Body body,
             std::uint32_t capacity = 1000, ErrorPolicy on_error = ErrorPolicy::Stop,
             bool is_drained = false) {
        Declaration declared;
        declared.slots.push_back(
            {"in", true, is_drained, capacity, Overflow::Block, 0, on_error, {}});
        for (std::uint32_t i = 0; i < events; ++i) {
            declared.events.push_back({"out" + std::to_string(i), true, {}});
        }
        RoutineSpec spec;
        spec.name = name;
        spec.declared = std::make_shared<const Declaration>(std::move(declared));
        spec.behaviour = std::make_shared<SharedHandler>(std::move(body));
        flow.add(std::move(spec));
    }
    void connect(const std::string& source, const std::string& target) {
        flow.connect(source, target, {});
    }
    [[nodiscard]] std::uint32_t slot(const std::string& routine) const {
        const Flow::End end = flow.find_slot(routine + ".in");
        return flow.plan()->legend->routines[end.routine].first_slot + end.index;
    }
    [[nodiscard]] std::unique_ptr<SharedJob> job(std::shared_ptr<Crew> crew,
                                                 std::int64_t history = -1) const {
        return std::make_unique<SharedJob>(
            flow.plan(),
            JobOptions{.id = "", .retention = {.size = history}, .crew = std::move(crew)});
    }

    Flow flow{"shared", "1", ErrorPolicy::Stop};
};

/// So many workers, on threads of our own or on those of oneTBB.
struct Workers {
    std::uint32_t count;
    bool is_arena = false;
};

inline std::shared_ptr<Crew> crew_of(Workers workers) {
    if (workers.is_arena) {
        return std::make_shared<Crew>(std::make_unique<Arena>(workers.count), workers.count);
    }
    return std::make_shared<Crew>(std::make_unique<OwnThreads>(), workers.count);
}

inline std::int64_t hops_of(const Call& call) { return number_of(call.delivery().payload); }

/// Passes the token on, one way of `ways`, until it has no hops left.
inline SharedHandler::Body passing(std::uint32_t ways) {
    return [ways](Call& call) {
        const std::int64_t hops = hops_of(call);
        if (hops > 0) {
            call.note(payload(hops - 1), static_cast<std::uint32_t>(hops) % ways);
        }
        return Verdict::Done;
    };
}

/// Every token is at one place: what its records say it has done and what is queued fit together.
inline void expect_conserved(const JobState& state,
                             const std::map<std::uint64_t, std::int64_t>& sent) {
    std::map<std::uint64_t, std::int64_t> settled;
    std::map<std::uint64_t, std::vector<std::int64_t>> queued;
    std::uint64_t from_inside = 0;
    state.history.each([&](const Record& record) {
        if (record.outcome == Outcome::Failed && record.attempt == 0) return;
        ++settled[record.root];
        if (record.connection != kNone) ++from_inside;
    });
    std::uint64_t emitted = 0;
    std::uint64_t unsettled = 0;
    for (const CellState& cell : state.cells) {
        emitted += cell.emitted;
        unsettled += cell.mailbox.size();
        cell.mailbox.each([&](const Delivery& delivery) {
            queued[delivery.root].push_back(number_of(delivery.payload));
            if (delivery.connection != kNone) ++from_inside;
        });
    }
    EXPECT_EQ(state.unsettled, unsettled);
    EXPECT_EQ(emitted, from_inside);
    for (const auto& [root, hops] : sent) {
        if (root > state.sent) continue;
        const std::vector<std::int64_t>& places = queued[root];
        ASSERT_LE(places.size(), 1U) << "token " << root << " is at two places";
        EXPECT_EQ(settled[root], places.empty() ? hops + 1 : hops - places.front())
            << "token " << root;
    }
}

}  // namespace stoplog::test
