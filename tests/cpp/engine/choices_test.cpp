// Many runners where full slots drop, slots take turns, and what failed is tried again: whoever
// cuts sees every emission at one place.
#include "stoplog/exec/alarm.hpp"

#include <atomic>
#include <set>
#include <thread>

#include "engine/shared_flow.hpp"

namespace stoplog::test {
namespace {

using namespace std::chrono_literals;

/// Wakes up by itself when something is due.
class WakingJob final : public SharedJob {
public:
    using SharedJob::SharedJob;
    ~WakingJob() override { alarm_.stop(); }

    [[nodiscard]] bool wait_until_ended() {
        const auto end = std::chrono::steady_clock::now() + 20s;
        while (!is_ended() && std::chrono::steady_clock::now() < end) std::this_thread::yield();
        return is_ended() && wait();
    }

    void wake_later() { set_alarm(); }

protected:
    void fell_asleep() override { set_alarm(); }

private:
    void set_alarm() {
        if (const WallTime due = next_due(); due != 0) {
            alarm_.set(due, [this] {
                ring();
                set_alarm();
            });
        }
    }
    Alarm alarm_;
};

struct SlotOptions {
    std::uint32_t capacity = 1000;
    Overflow overflow = Overflow::Block;
    std::int32_t priority = 0;
    std::optional<ErrorRule> on_error = std::nullopt;
};

class ChoicesFlow {
public:
    void add(const std::string& name, const std::vector<std::pair<std::string, SlotOptions>>& slots,
             std::uint32_t events, SharedHandler::Body body) {
        Declaration declared;
        for (const auto& [slot, options] : slots) {
            declared.slots.push_back({slot,
                                      true,
                                      false,
                                      options.capacity,
                                      options.overflow,
                                      options.priority,
                                      options.on_error,
                                      {}});
        }
        for (std::uint32_t i = 0; i < events; ++i) {
            declared.events.push_back({"out" + std::to_string(i), true, {}});
        }
        RoutineSpec spec;
        spec.name = name;
        spec.declared = std::make_shared<const Declaration>(std::move(declared));
        spec.behaviour = std::make_shared<SharedHandler>(std::move(body));
        flow.add(std::move(spec));
    }
    [[nodiscard]] std::uint32_t slot(const std::string& path) const {
        const Flow::End end = flow.find_slot(path);
        return flow.plan()->legend->routines[end.routine].first_slot + end.index;
    }

    Flow flow{"choices", "1", ErrorPolicy::Stop};
};

std::shared_ptr<const Retry> soon(std::uint32_t attempts) {
    auto retry = std::make_shared<Retry>();
    retry->max_attempts = attempts;
    retry->initial = 0.0001;
    retry->then = ErrorPolicy::Skip;
    return retry;
}

SharedHandler::Body settling() {
    return [](Call&) { return Verdict::Done; };
}

SharedHandler::Body passing_on() {
    return [](Call& call) {
        call.note(payload(hops_of(call)), 0);
        return Verdict::Done;
    };
}

/// Emits one to each of its events; fails first where the number is odd.
SharedHandler::Body spreading(std::uint32_t events) {
    return [events](Call& call) {
        for (std::uint32_t event = 0; event < events; ++event) {
            call.note(payload(hops_of(call)), event);
        }
        if (hops_of(call) % 2 == 1 && call.attempt() < 3) {
            call.failure.error.type = "Failed";
            return Verdict::Failed;
        }
        return Verdict::Done;
    };
}

// Every emission is recorded as handled or dropped, queued, or due; drops are counted as recorded.
void expect_accounted_for(const JobState& state) {
    std::set<std::pair<std::uint32_t, std::uint64_t>> places;
    const Legend& legend = *state.legend;
    std::uint64_t dropped = 0;
    const auto stand = [&](const auto& one) {
        if (one.connection == kNone) return;
        EXPECT_TRUE(places.emplace(legend.source_of(one.connection), one.number).second);
    };
    state.history.each([&](const Record& record) {
        if (record.outcome == Outcome::Failed) return;  // it stands elsewhere, too
        dropped += record.outcome == Outcome::Dropped ? 1 : 0;
        stand(record);
    });
    std::uint64_t emitted = 0;
    std::uint64_t unsettled = state.due.size();
    for (const CellState& cell : state.cells) {
        emitted += cell.emitted;
        unsettled += cell.mailbox.size();
        cell.mailbox.each(stand);
    }
    for (const DueDelivery& due : state.due) stand(due.delivery);
    std::uint64_t counted = 0;
    for (const DroppedCount& one : state.dropped) counted += one.count;
    EXPECT_EQ(places.size(), emitted);
    EXPECT_EQ(state.unsettled, unsettled);
    EXPECT_EQ(counted, dropped);
}

std::uint64_t settled_in(const JobState& state, const std::string& path) {
    std::uint64_t count = 0;
    state.history.each([&](const Record& record) {
        count += record.outcome == Outcome::Finished && state.legend->slot_path(record.slot) == path
                     ? 1
                     : 0;
    });
    return count;
}

class Choices : public testing::TestWithParam<Workers> {
protected:
    void SetUp() override {
        flow.add("source", {{"in", {.on_error = ErrorRule(soon(4))}}}, 3, spreading(3));
        for (const char* name : {"left", "right"}) flow.add(name, {{"in", {}}}, 0, settling());
        flow.add("lossy", {{"in", {.capacity = 2, .overflow = Overflow::DropNewest}}}, 1,
                 passing_on());
        flow.add("fresh", {{"in", {.capacity = 2, .overflow = Overflow::DropOldest}}}, 1,
                 passing_on());
        flow.add("desk", {{"low", {.capacity = 3}}, {"high", {.capacity = 3, .priority = 1}}}, 0,
                 settling());
        flow.flow.connect_one_of("source.out0", {"left.in", "right.in"}, {});
        flow.flow.connect("source.out1", "lossy.in", {});
        flow.flow.connect("source.out2", "fresh.in", {});
        flow.flow.connect("lossy.out0", "desk.low", {});
        flow.flow.connect("fresh.out0", "desk.high", {});
    }
    ChoicesFlow flow;
};

// R5, R6, R11, R20.
TEST_P(Choices, EveryCutAccountsForEveryEmission) {
    constexpr std::int64_t kSent = 400;
    WakingJob job(flow.flow.plan(),
                  JobOptions{.id = "", .retention = {}, .crew = crew_of(GetParam())});
    for (std::int64_t i = 0; i < kSent; ++i) job.enter(flow.slot("source.in"), payload(i));
    std::vector<std::shared_ptr<JobState>> cuts;
    job.launch();

    while (!job.is_ended() && cuts.size() < 300) {
        cuts.push_back(job.cut());
        std::this_thread::yield();
    }
    ASSERT_TRUE(job.wait_until_ended());

    const auto last = job.cut();
    cuts.push_back(last);
    for (const auto& cut : cuts) expect_accounted_for(*cut);
    EXPECT_EQ(job.status(), JobStatus::Completed);
    EXPECT_EQ(settled_in(*last, "source.in"), kSent);
    EXPECT_EQ(settled_in(*last, "left.in"), kSent / 2);
    EXPECT_EQ(settled_in(*last, "right.in"), kSent / 2);
    EXPECT_EQ(settled_in(*last, "lossy.in") + job.dropped()["lossy.in"], kSent);
    EXPECT_EQ(settled_in(*last, "fresh.in") + job.dropped()["fresh.in"], kSent);
}

// R11: what a cut holds is enough to go on from.
TEST_P(Choices, ACutGoesOnInAnotherJob) {
    WakingJob job(flow.flow.plan(),
                  JobOptions{.id = "", .retention = {}, .crew = crew_of(GetParam())});
    for (std::int64_t i = 0; i < 100; ++i) job.enter(flow.slot("source.in"), payload(i));
    job.launch();
    const auto cut = job.cut();
    ASSERT_TRUE(job.wait_until_ended());

    WakingJob again(flow.flow.plan(), *cut, JobOptions{.id = "", .crew = crew_of(GetParam())});
    again.launch();
    again.wake_later();

    ASSERT_TRUE(again.wait_until_ended());
    expect_accounted_for(*again.cut());
    EXPECT_EQ(settled_in(*again.cut(), "source.in"), 100U);
}

// R12: a cancel settles what waits in lanes and what is due.
TEST_P(Choices, CancelSettlesAll) {
    auto tomorrow = std::make_shared<Retry>();
    tomorrow->initial = tomorrow->cap = 86400.0;
    std::atomic<bool> is_cancelled = false;
    ChoicesFlow waiting;
    waiting.add("source", {{"now", {.priority = 1}}, {"later", {.on_error = ErrorRule(tomorrow)}}},
                0, [&](Call& call) {
                    if (hops_of(call) == 0) return Verdict::Failed;
                    while (!is_cancelled) std::this_thread::yield();
                    return Verdict::Done;
                });
    WakingJob job(waiting.flow.plan(),
                  JobOptions{.id = "", .retention = {}, .crew = crew_of(GetParam())});
    job.enter(waiting.slot("source.later"), payload(0));
    job.launch();
    while (job.next_due() == 0) std::this_thread::yield();
    for (std::int64_t i = 1; i < 10; ++i) job.send(waiting.slot("source.now"), payload(i));
    while (job.running_handlers().empty()) std::this_thread::yield();

    job.cancel("enough");
    is_cancelled = true;

    ASSERT_TRUE(job.wait());
    const auto cut = job.cut();
    EXPECT_EQ(cut->unsettled, 0U);
    EXPECT_EQ(cut->history.size(), 1U + 10U);
    expect_accounted_for(*cut);
}

INSTANTIATE_TEST_SUITE_P(Threads, Choices,
                         testing::Values(Workers{1}, Workers{3}, Workers{3, true}),
                         [](const auto& how) {
                             return (how.param.is_arena ? "Arena" : "Own") +
                                    std::to_string(how.param.count);
                         });

}  // namespace
}  // namespace stoplog::test
