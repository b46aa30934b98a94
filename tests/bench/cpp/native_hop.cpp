// What the core alone costs, without Python: a hop of a native handler through the engine for many
// runners, beside a node of oneTBB's flow graph; how soon an idle crew begins; what cuts cost; a
// thousand jobs.
//
// Driven by ../python/bench_native.py: reads lines `CASE COUNT`, answers each with nanoseconds.
#include "stoplog/engine/handler.hpp"
#include "stoplog/engine/job.hpp"
#include "stoplog/exec/arena.hpp"
#include "stoplog/graph/flow.hpp"

#include <oneapi/tbb/flow_graph.h>
#include <oneapi/tbb/task_arena.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace stoplog;
using Clock = std::chrono::steady_clock;
constexpr int kRing = 10;

double nanoseconds(Clock::duration time) {
    return std::chrono::duration<double, std::nano>(time).count();
}

/// Goes round until no hop is left. One handler at a time holds it.
struct Token : Payload {
    std::int64_t left;
};
const PayloadKind token_kind{
    [](Payload* payload) noexcept { delete static_cast<Token*>(payload); }};
PayloadRef token(std::int64_t hops) { return PayloadRef(new Token{{&token_kind, 0}, hops}); }

class PassOn final : public Handler {
public:
    Verdict invoke(Call& call) override {
        const PayloadRef& payload = call.delivery().payload;
        if (--static_cast<Token*>(payload.get())->left > 0) {
            call.note(payload, 0);
        }
        return Verdict::Done;
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
};

std::shared_ptr<const Plan> ring() {
    Flow flow("ring", "1", ErrorPolicy::Stop);
    const auto name = [](int i) { return "r" + std::to_string(i % kRing); };
    const auto declared = std::make_shared<Declaration>();
    declared->slots.push_back({"in", true, false, 1000, Overflow::Block, 0, ErrorRule(), {}});
    declared->events.push_back({"out", true, {}});
    for (int i = 0; i < kRing; ++i) {
        RoutineSpec spec;
        spec.declared = declared;
        spec.name = name(i);
        spec.behaviour = std::make_shared<PassOn>();
        flow.add(std::move(spec));
    }
    for (int i = 0; i < kRing; ++i) {
        flow.connect(name(i) + ".out", name(i + 1) + ".in", {});
    }
    return flow.plan();
}

/// A job that can be waited for.
class RingJob final : public Job {
public:
    using Job::Job;
    void wait() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return is_ended() && busy_ == 0; });
    }

private:
    void went_active() override {
        const std::lock_guard lock(mutex_);
        ++busy_;
    }
    void went_idle() override {
        const std::lock_guard lock(mutex_);
        --busy_;
        changed_.notify_all();
    }
    std::mutex mutex_;
    std::condition_variable changed_;
    int busy_ = 0;
};

std::shared_ptr<Crew> crew_of(std::uint32_t workers) {
    return std::make_shared<Crew>(std::make_unique<Arena>(workers), workers);
}

/// What all cases use; a crew is idle between two of them.
class Bench {
public:
    double one_lane(std::int64_t hops) {
        RingJob job(plan_, JobOptions{});
        job.enter(0, token(hops));
        const auto start = Clock::now();
        job.run(UINT64_MAX);
        return nanoseconds(Clock::now() - start) / static_cast<double>(hops);
    }
    double one_runner(std::int64_t hops) { return run_ring(one_, hops, 1, 0); }
    double two_runners(std::int64_t hops) { return run_ring(two_, hops, kRing, 0); }
    double uncut(std::int64_t hops) { return run_ring(one_, hops, kRing, 0); }
    double cut_100_a_second(std::int64_t hops) { return run_ring(one_, hops, kRing, 100); }

    /// Four runners, three tokens a job; a hop.
    double thousand_jobs(std::int64_t hops) {
        constexpr int kJobs = 1000;
        constexpr int kTokens = 3;
        const std::int64_t each = hops / (kJobs * kTokens) + 1;
        std::vector<std::unique_ptr<RingJob>> jobs;
        for (int i = 0; i < kJobs; ++i) {
            jobs.push_back(std::make_unique<RingJob>(plan_, JobOptions{.id = "", .crew = four_}));
            for (int n = 0; n < kTokens; ++n) {
                jobs.back()->enter(static_cast<std::uint32_t>(n), token(each));
            }
        }
        const auto start = Clock::now();
        for (const auto& job : jobs) job->launch();
        for (const auto& job : jobs) job->wait();
        return nanoseconds(Clock::now() - start) / static_cast<double>(each * kJobs * kTokens);
    }

    /// From submit to the first instruction of the task, on a crew that is idle.
    double hand_over(std::int64_t times) {
        struct Timed : Task {
            std::atomic<Clock::rep> began{0};
        } task;
        task.run = [](Task& self) {
            static_cast<Timed&>(self).began = Clock::now().time_since_epoch().count();
        };
        std::vector<double> taken;
        for (std::int64_t i = 0; i < times; ++i) {
            one_->wait_idle(Clock::time_point::max());
            const auto start = Clock::now();
            task.began = 0;
            one_->submit(task);
            while (task.began == 0) std::this_thread::yield();
            taken.push_back(nanoseconds(Clock::duration(task.began) - start.time_since_epoch()));
        }
        one_->wait_idle(Clock::time_point::max());
        std::nth_element(taken.begin(), taken.begin() + times / 2, taken.end());
        return taken[static_cast<std::size_t>(times / 2)];
    }

    /// The same ring of oneTBB's nodes, in an arena of one thread. It keeps no history, has no
    /// capacities and cannot be cut.
    double flow_graph(std::int64_t hops) {
        namespace one = oneapi::tbb;
        using Node = one::flow::function_node<PayloadRef, one::flow::continue_msg>;
        double taken = 0;
        one::task_arena arena(1);
        arena.execute([&] {
            one::flow::graph graph;
            std::vector<std::unique_ptr<Node>> nodes;
            for (std::size_t i = 0; i < kRing; ++i) {
                nodes.push_back(std::make_unique<Node>(
                    graph, one::flow::serial, [&nodes, i](const PayloadRef& payload) {
                        if (--static_cast<Token*>(payload.get())->left > 0) {
                            nodes[(i + 1) % kRing]->try_put(payload);
                        }
                        return one::flow::continue_msg();
                    }));
            }
            const PayloadRef payload = token(hops);
            const auto start = Clock::now();
            nodes.front()->try_put(payload);
            graph.wait_for_all();
            taken = nanoseconds(Clock::now() - start) / static_cast<double>(hops);
        });
        return taken;
    }

    /// The same, as its users write it: nodes connected by edges, a node that ends the round.
    double flow_graph_edges(std::int64_t hops) {
        namespace one = oneapi::tbb;
        using Node = one::flow::multifunction_node<PayloadRef, std::tuple<PayloadRef>>;
        double taken = 0;
        one::task_arena arena(1);
        arena.execute([&] {
            one::flow::graph graph;
            std::vector<std::unique_ptr<Node>> nodes;
            for (int i = 0; i < kRing; ++i) {
                nodes.push_back(std::make_unique<Node>(
                    graph, one::flow::serial, [](const PayloadRef& payload, auto& ports) {
                        if (--static_cast<Token*>(payload.get())->left > 0) {
                            std::get<0>(ports).try_put(payload);
                        }
                    }));
            }
            for (std::size_t i = 0; i < kRing; ++i) {
                one::flow::make_edge(one::flow::output_port<0>(*nodes[i]), *nodes[(i + 1) % kRing]);
            }
            const PayloadRef payload = token(hops);
            const auto start = Clock::now();
            nodes.front()->try_put(payload);
            graph.wait_for_all();
            taken = nanoseconds(Clock::now() - start) / static_cast<double>(hops);
        });
        return taken;
    }

private:
    double run_ring(const std::shared_ptr<Crew>& crew, std::int64_t hops, int tokens,
                    int cuts_a_second) {
        RingJob job(plan_, JobOptions{.id = "", .crew = crew});
        const std::int64_t each = hops / tokens;
        for (int i = 0; i < tokens; ++i) {
            job.enter(static_cast<std::uint32_t>(i % kRing), token(each));
        }
        const auto start = Clock::now();
        job.launch();
        std::thread cutter([&] {
            for (int cut = 1; cuts_a_second != 0 && !job.is_ended(); ++cut) {
                const auto state = job.cut();
                std::this_thread::sleep_until(start + std::chrono::nanoseconds(1'000'000'000) *
                                                          cut / cuts_a_second);
            }
        });
        job.wait();
        const auto taken = Clock::now() - start;
        cutter.join();
        return nanoseconds(taken) / static_cast<double>(each * tokens);
    }

    std::shared_ptr<const Plan> plan_ = ring();
    std::shared_ptr<Crew> one_ = crew_of(1);
    std::shared_ptr<Crew> two_ = crew_of(2);
    std::shared_ptr<Crew> four_ = crew_of(4);
};

}  // namespace

int main() {
    Bench bench;
    const std::map<std::string, double (Bench::*)(std::int64_t)> cases{
        {"one_lane", &Bench::one_lane},
        {"one_runner", &Bench::one_runner},
        {"two_runners", &Bench::two_runners},
        {"uncut", &Bench::uncut},
        {"cut", &Bench::cut_100_a_second},
        {"jobs", &Bench::thousand_jobs},
        {"hand_over", &Bench::hand_over},
        {"flow_graph", &Bench::flow_graph},
        {"flow_graph_edges", &Bench::flow_graph_edges}};
    std::string name;
    std::int64_t count = 0;
    while (std::cin >> name >> count) {
        const auto found = cases.find(name);
        if (found == cases.end() || count < 1) {
            std::cerr << "native_hop: no case '" << name << ' ' << count << "'\n";
            return 1;
        }
        std::cout << (bench.*found->second)(count) << std::endl;
    }
    return 0;
}
