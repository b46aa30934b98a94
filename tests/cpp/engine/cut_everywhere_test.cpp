// Cut at every place, resume, run to the end: the same order, state and history as uninterrupted.
#include <algorithm>
#include <ostream>

#include "engine/native_flow.hpp"
#include "engine/reading.hpp"

namespace stoplog::test {
namespace {

/// A small flow and what is sent to it.
struct Graph {
    std::string name;
    std::function<void(NativeFlow&)> fill;
    Entries entries;
    Entries answers;  // sent one by one, each time the job stands still
};

void PrintTo(const Graph& graph, std::ostream* out) { *out << graph.name; }

/// Where a run is cut: before its n-th call, or within it.
enum class Place : std::uint8_t { Between, AtBegin, AtEnd };

class Session {
public:
    explicit Session(const Graph& graph) : graph_(graph) { graph.fill(flow); }

    NativeFlow flow;

    std::unique_ptr<Job> start() const {
        return flow.start(graph_.entries, {.id = "job", .retention = {}});
    }
    /// Runs until nothing moves, answering what the job waits for.
    Lines finish(Job& job) const {
        job.run(kToTheEnd);
        while (job.status() == JobStatus::Waiting) {
            const auto answered = static_cast<std::size_t>(job.cut()->sent) - graph_.entries.size();
            const auto& [path, number] = graph_.answers.at(answered);
            job.send(flow.slot(path), payload(number));
            job.run(kToTheEnd);
        }
        return everything_of(*job.cut());
    }
    /// Null: the run was over before.
    std::shared_ptr<JobState> cut(Place place, std::uint64_t n) {
        std::shared_ptr<JobState> state;
        const auto look = [&state, n, calls = std::uint64_t{0}](Call& call) mutable {
            if (calls++ == n) state = call.job().cut();
        };
        (place == Place::AtEnd ? flow.watch->after : flow.watch->before) =
            place == Place::Between ? Body([](Call&) {}) : Body(look);
        const auto job = start();
        const bool is_there = job->run(n) == n && !job->is_ended();
        if (place == Place::Between) {
            state = is_there ? job->cut() : nullptr;
        } else {
            finish(*job);
        }
        flow.watch->before = flow.watch->after = [](Call&) {};
        return state;
    }

private:
    const Graph& graph_;
};

/// How many places there were; each is checked.
std::uint64_t check_everywhere(const Graph& graph, Place place) {
    Session session(graph);
    const Lines whole = session.finish(*session.start());
    std::uint64_t n = 0;
    for (; const auto state = session.cut(place, n); ++n) {
        const auto again = session.flow.resume(*state);
        EXPECT_EQ(everything_of(*again->cut()).size(), everything_of(*state).size());
        EXPECT_EQ(session.finish(*again), whole) << graph.name << ", cut " << n;
    }
    return n;
}

/// The same with a cut after each delivery of one run, every time in a new job.
Lines hopping_from_cut_to_cut(const Session& session) {
    std::unique_ptr<Job> job = session.start();
    while (job->run(1) != 0 && !job->is_ended()) {
        job = session.flow.resume(*job->cut());
    }
    return session.finish(*job);
}

// ---- the graphs

Graph fan_out_and_in() {
    return {"fan out and in",
            [](NativeFlow& flow) {
                flow.add("a",
                         {{.name = "in",
                           .body =
                               [](Call& call) {
                                   add_to_total(call, number_of(call));
                                   emit(call, total_of(call), 0);
                                   emit(call, number_of(call), 1);
                               }}},
                         {"left", "right"}, true);
                flow.add("b", {{.name = "in", .body = forward()}}, {"out"});
                flow.add("c", {{.name = "in", .body = emitting({1, 2})}}, {"out"});
                flow.add("d", {{.name = "in", .body = adding()}}, {}, true);
                flow.connect("a.left", "b.in");
                flow.connect("a.left", "c.in");
                flow.connect("a.right", "b.in");
                flow.connect("b.out", "d.in");
                flow.connect("c.out", "d.in");
            },
            {{"a.in", 3}, {"a.in", 4}, {"d.in", 5}, {"a.in", 6}},
            {}};
}

Graph loop() {
    return {"loop",
            [](NativeFlow& flow) {
                const Body body = [](Call& call) {
                    add_to_total(call, 1);
                    counting_down()(call);
                };
                flow.add("a", {{.name = "in", .body = body, .capacity = 1}}, {"out"}, true);
                flow.add("b", {{.name = "in", .body = counting_down(), .capacity = 2}}, {"out"});
                flow.connect("a.out", "b.in");
                flow.connect("b.out", "a.in");
            },
            {{"a.in", 9}},
            {}};
}

Graph narrow() {
    return {"narrow",
            [](NativeFlow& flow) {
                const Body body = [](Call& call) {
                    add_to_total(call, 1);
                    emit(call, 10 * number_of(call));
                    emit(call, 10 * number_of(call) + 1);
                };
                flow.add("p", {{.name = "in", .body = body}}, {"out"}, true);
                flow.add("q", {{.name = "in", .body = body}}, {"out"}, true);
                flow.add("s", {{.name = "in", .body = forward(), .capacity = 1}}, {"out"});
                flow.add("t", {{.name = "in", .body = adding(), .capacity = 1}}, {}, true);
                flow.connect("p.out", "s.in");
                flow.connect("q.out", "s.in");
                flow.connect("q.out", "t.in");
                flow.connect("s.out", "t.in");
            },
            {{"p.in", 1}, {"q.in", 2}, {"p.in", 3}, {"q.in", 4}, {"p.in", 5}, {"q.in", 6}},
            {}};
}

Graph failing_some() {
    return {"failing some",
            [](NativeFlow& flow) {
                const Body body = [](Call& call) {
                    add_to_total(call, number_of(call));
                    emit(call, number_of(call));
                    if (number_of(call) % 2 == 0) throw Failing{"even"};
                };
                flow.add("a", {{.name = "in", .body = body, .on_error = ErrorPolicy::Continue}},
                         {"out"}, true);
                flow.add(
                    "b",
                    {{.name = "in", .body = body, .capacity = 1, .on_error = ErrorPolicy::Skip}},
                    {"out"}, true);
                flow.connect("a.out", "b.in");
            },
            {{"a.in", 1}, {"a.in", 2}, {"b.in", 4}, {"a.in", 3}, {"a.in", 5}},
            {}};
}

Graph drained() {
    return {"drained",
            [](NativeFlow& flow) {
                flow.add("last",
                         {{.name = "in", .body = adding()}, {.name = "end", .is_drained = true}},
                         {}, true);
                flow.add("first",
                         {{.name = "in", .body = adding()},
                          {.name = "end",
                           .body = [](Call& call) { emit(call, total_of(call)); },
                           .is_drained = true}},
                         {"out"}, true);
                flow.add("between", {{.name = "in", .body = forward()}}, {"out"});
                flow.connect("first.out", "between.in");
                flow.connect("first.out", "last.in");
                flow.connect("between.out", "last.in");
            },
            {{"first.in", 1}, {"between.in", 2}, {"first.in", 3}},
            {}};
}

Graph approval() {
    return {"approval",
            [](NativeFlow& flow) {
                flow.add("ask",
                         {{.name = "in",
                           .body =
                               [](Call& call) {
                                   add_to_total(call, 1);
                                   if (number_of(call) != 8) call.note_expectation(1);
                                   emit(call, number_of(call));
                               }}},
                         {"out"}, true);
                flow.add("answer", {{.name = "in", .body = forward()}}, {"out"});
                flow.add("log",
                         {{.name = "in", .body = adding(), .capacity = 1},
                          {.name = "end", .is_drained = true}},
                         {}, true);
                flow.connect("ask.out", "log.in");
                flow.connect("answer.out", "log.in");
                flow.connect("answer.out", "ask.in");
            },
            {{"ask.in", 1}, {"ask.in", 2}},
            {{"answer.in", 5}, {"answer.in", 6}, {"answer.in", 7}, {"answer.in", 8}}};
}

Graph deadlock() {
    return {"deadlock",
            [](NativeFlow& flow) {
                flow.add("a", {{.name = "in", .body = forward(), .capacity = 1}}, {"out"});
                flow.add("b", {{.name = "in", .body = emitting({1, 2}), .capacity = 2}}, {"out"});
                flow.add("rest", {{.name = "in", .body = adding()}}, {}, true);
                flow.connect("a.out", "b.in");
                flow.connect("b.out", "a.in");
                flow.connect("b.out", "rest.in");
            },
            {{"a.in", 1}},
            {}};
}

}  // namespace

class CutEverywhere : public EngineTest, public testing::WithParamInterface<Graph> {};

TEST_P(CutEverywhere, BetweenDeliveries) {
    const std::uint64_t places = check_everywhere(GetParam(), Place::Between);

    EXPECT_GE(places, 5U);
}

TEST_P(CutEverywhere, WhereAHandlerBegins) {
    const std::uint64_t places = check_everywhere(GetParam(), Place::AtBegin);

    EXPECT_GE(places, 5U);
}

TEST_P(CutEverywhere, WhereAHandlerHasDoneEverything) {
    const std::uint64_t places = check_everywhere(GetParam(), Place::AtEnd);

    EXPECT_GE(places, 4U);
}

TEST_P(CutEverywhere, AfterEachDeliveryInTurn) {
    Session session(GetParam());
    const Lines whole = session.finish(*session.start());

    const Lines hopped = hopping_from_cut_to_cut(session);

    EXPECT_EQ(hopped, whole);
}

INSTANTIATE_TEST_SUITE_P(Graphs, CutEverywhere,
                         testing::Values(fan_out_and_in(), loop(), narrow(), failing_some(),
                                         drained(), approval(), deadlock()),
                         [](const testing::TestParamInfo<Graph>& graph) {
                             std::string name = graph.param.name;
                             std::ranges::replace(name, ' ', '_');
                             return name;
                         });

}  // namespace stoplog::test
