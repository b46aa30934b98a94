// Every interleaving that a seed names: whole cuts, no lost wake-up, and the same again from the
// same seed.
#include "stoplog/exec/seeded.hpp"

#include <algorithm>

#include "engine/shared_flow.hpp"

namespace stoplog::test {
namespace {

/// Runs a job to its end under one seed, with a cut now and then; returns who was called, in order.
class SeededRun {
public:
    SeededRun(SharedFlow& flow, std::uint64_t seed, std::uint32_t workers) {
        auto threads = std::make_unique<Seeded>(seed);
        seeded = threads.get();
        crew = std::make_shared<Crew>(std::move(threads), workers);
        job = flow.job(crew);
    }
    void run(const std::map<std::uint64_t, std::int64_t>& sent) {
        seeded->begin();
        job->launch();
        while (job->has_work() || job->is_running()) {
            if (seeded->draw() % 4 == 0) {
                expect_conserved(*job->cut(), sent);
                ++cuts;
            }
            seeded->yield();
        }
        seeded->end();
    }
    Seeded* seeded;
    std::shared_ptr<Crew> crew;
    std::unique_ptr<SharedJob> job;
    int cuts = 0;
};

std::vector<std::uint32_t> order_of(const JobState& state) {
    std::vector<std::uint32_t> order;
    state.history.each([&](const Record& record) { order.push_back(record.slot); });
    return order;
}

void fill(SharedFlow& flow, std::uint32_t capacity) {
    flow.add("a", 2, passing(2), capacity);
    flow.add("b", 2, passing(2), capacity);
    flow.add("c", 2, passing(2), capacity);
    flow.connect("a.out0", "b.in");
    flow.connect("a.out1", "c.in");
    flow.connect("b.out0", "c.in");
    flow.connect("b.out1", "a.in");
    flow.connect("c.out0", "a.in");
    flow.connect("c.out1", "b.in");
}

std::map<std::uint64_t, std::int64_t> send_some(const SharedFlow& flow, Job& job) {
    std::map<std::uint64_t, std::int64_t> sent;
    const std::vector<std::pair<std::string, std::int64_t>> tokens{{"a", 5}, {"b", 4}, {"c", 6}};
    for (const auto& [routine, hops] : tokens) {
        sent[job.enter(flow.slot(routine), payload(hops))] = hops;
    }
    return sent;
}

TEST(SeededRuns, EverySeedConserves) {
    SharedFlow flow;
    fill(flow, 1000);
    int cuts = 0;
    for (std::uint64_t seed = 0; seed < 300 && !HasFailure(); ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        SeededRun run(flow, seed, 3);
        run.run(send_some(flow, *run.job));
        EXPECT_EQ(run.job->status(), JobStatus::Completed);
        EXPECT_EQ(run.job->cut()->history.size(), 18U);
        cuts += run.cuts;
    }
    EXPECT_GT(cuts, 300);
}

TEST(SeededRuns, NarrowMailboxesLoseNoWakeUp) {
    SharedFlow flow;
    flow.add("many", 1, passing(1));
    flow.add("narrow", 1, passing(1), 1);
    flow.add("end", 0, passing(1), 1);
    flow.connect("many.out0", "narrow.in");
    flow.connect("narrow.out0", "end.in");
    for (std::uint64_t seed = 0; seed < 300 && !HasFailure(); ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        SeededRun run(flow, seed, 3);
        std::map<std::uint64_t, std::int64_t> sent;
        for (int i = 0; i < 4; ++i) sent[run.job->enter(flow.slot("many"), payload(2))] = 2;
        run.run(sent);
        EXPECT_EQ(run.job->status(), JobStatus::Completed);
        EXPECT_EQ(run.job->cut()->history.size(), 12U);
    }
}

TEST(SeededRuns, SameSeedSameOrder) {
    SharedFlow flow;
    fill(flow, 1000);
    std::vector<std::vector<std::uint32_t>> orders;
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        std::vector<std::uint32_t> first;
        for (int again = 0; again < 2; ++again) {
            SeededRun run(flow, seed, 3);
            run.run(send_some(flow, *run.job));
            const auto order = order_of(*run.job->cut());
            if (again == 0) first = order;
            EXPECT_EQ(order, first) << "seed " << seed;
        }
        orders.push_back(first);
    }
    std::ranges::sort(orders);
    const auto repeated = std::ranges::unique(orders);
    orders.erase(repeated.begin(), repeated.end());
    EXPECT_GT(orders.size(), 5U) << "seeds hardly differ";
}

}  // namespace
}  // namespace stoplog::test
