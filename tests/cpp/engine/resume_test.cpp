// What resuming promises: the same job under today's plan, by name, or a refusal that says why.
#include "stoplog/base/error.hpp"

#include "engine/native_flow.hpp"
#include "engine/reading.hpp"

namespace stoplog::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

template <class Error, class Act>
std::string message_of(Act&& act) {
    try {
        act();
    } catch (const Error& error) {
        return error.what();
    }
    return "(no such error)";
}

class ResumeTest : public EngineTest {
protected:
    /// a feeds b, and b adds what comes; declared in that order, or the other way round.
    static void fill(NativeFlow& into, bool is_reversed) {
        const auto add_a = [&] {
            into.add("a", {{.name = "in", .body = emitting({1, 2, 3})}}, {"other", "out"});
        };
        const auto add_b = [&] {
            into.add("b", {{.name = "unused"}, {.name = "in", .body = adding(), .capacity = 4}}, {},
                     true);
        };
        const auto emit_out = [](Call& call) {
            emit(call, 1, 1);
            emit(call, 2, 1);
            emit(call, 3, 1);
        };
        const auto add_c = [&] {
            into.add("c", {{.name = "in", .body = emit_out}}, {"other", "out"});
        };
        is_reversed ? (add_c(), add_b(), add_a()) : (add_a(), add_b(), add_c());
        is_reversed ? into.connect("c.out", "b.in") : into.connect("a.other", "b.in");
        is_reversed ? into.connect("a.other", "b.in") : into.connect("c.out", "b.in");
    }
    static std::unique_ptr<Job> started(const NativeFlow& from) {
        return from.start({{"a.in", 0}, {"c.in", 0}, {"a.in", 0}, {"c.in", 0}});
    }
};

TEST_F(ResumeTest, ACutOfTheResumedJobIsTheSameCut) {
    fill(flow, false);
    const auto job = started(flow);
    job->run(4);
    const auto state = job->cut();

    const auto again = flow.resume(*state);

    EXPECT_EQ(everything_of(*again->cut()), everything_of(*state));
}

TEST_F(ResumeTest, KeepsWhatTheJobIs) {
    fill(flow, false);
    const auto job = flow.start(
        {}, {.id = "mine", .is_open = true, .is_paused = false, .retention = {.size = 7}});
    const auto state = job->cut();

    const auto again = flow.resume(*state)->cut();

    EXPECT_EQ(again->id, "mine");
    EXPECT_EQ(again->created_at, state->created_at);
    EXPECT_EQ(again->retention.size, 7);
    EXPECT_EQ(again->status, JobStatus::Idle);
}

TEST_F(ResumeTest, APlanThatIsNumberedDifferentlyGivesTheSameOrderAndState) {
    fill(flow, false);
    NativeFlow reversed;
    fill(reversed, true);
    const auto whole = started(flow);
    whole->run(kToTheEnd);
    const auto job = started(flow);
    job->run(3);

    const auto again = reversed.resume(*job->cut());
    again->run(kToTheEnd);

    EXPECT_EQ(whole_history_of(*again->cut()), whole_history_of(*whole->cut()));
    EXPECT_EQ(total_of(*again->cut(), 1), total_of(*whole->cut(), 1));
}

TEST_F(ResumeTest, WaitingAndReadyListsAreTranslatedToo) {
    fill(flow, false);
    NativeFlow reversed;
    fill(reversed, true);
    const auto job = flow.start({{"a.in", 0}, {"c.in", 0}, {"a.in", 0}, {"c.in", 0}});
    job->enter(flow.slot("b.in"), payload(5));
    job->enter(flow.slot("b.in"), payload(6));
    job->run(2);
    job->enter(flow.slot("b.in"), payload(7));
    job->run(3);
    const auto state = job->cut();

    const auto again = reversed.resume(*state)->cut();

    EXPECT_EQ(ready_of(*again), ready_of(*state));
    EXPECT_EQ(waiting_of(*again), waiting_of(*state));
    EXPECT_EQ(mailbox_of(*again, 1), mailbox_of(*state, 1));
}

TEST_F(ResumeTest, ResumesPausedWhenAsked) {
    fill(flow, false);
    const auto job = started(flow);

    const auto again = flow.resume(*job->cut(), true);

    EXPECT_EQ(again->status(), JobStatus::Paused);
    EXPECT_EQ(again->run(kToTheEnd), 0U);
}

TEST_F(ResumeTest, APausedCutGoesOn) {
    fill(flow, false);
    const auto job = started(flow);
    job->ask_pause();

    const auto again = flow.resume(*job->cut());
    again->run(kToTheEnd);

    EXPECT_EQ(again->status(), JobStatus::Completed);
}

TEST_F(ResumeTest, OneCutCanBeResumedTwice) {
    fill(flow, false);
    const auto job = started(flow);
    job->run(3);
    const auto state = job->cut();
    const auto one = flow.resume(*state);
    const auto other = flow.resume(*state);

    one->run(kToTheEnd);
    other->run(1);
    job->run(kToTheEnd);

    EXPECT_EQ(everything_of(*one->cut()), everything_of(*job->cut()));
    EXPECT_EQ(total_of(*state, 1), 1);
}

TEST_F(ResumeTest, AnExpectationIsStillThere) {
    flow.add("ask", {{.name = "in", .body = expecting("answer.in")}});
    flow.add("answer", {{.name = "in"}});
    const auto job = flow.start({{"ask.in", 1}});
    job->run(kToTheEnd);
    const auto again = flow.resume(*job->cut());
    EXPECT_EQ(again->status(), JobStatus::Waiting);

    send(*again, "answer.in", 2);
    again->run(kToTheEnd);

    EXPECT_EQ(again->status(), JobStatus::Completed);
}

TEST_F(ResumeTest, AClosedJobStaysClosed) {
    fill(flow, false);
    const auto job = flow.start({{"a.in", 1}}, opened());
    job->finish();

    const auto again = flow.resume(*job->cut());

    EXPECT_THROW(send(*again, "a.in", 1), StateError);
}

TEST_F(ResumeTest, DrainedSlotsThatFiredDoNotFireAgain) {
    flow.add(
        "a",
        {{.name = "in"}, {.name = "one", .is_drained = true}, {.name = "two", .is_drained = true}});
    const auto job = flow.start({{"a.in", 1}});
    job->run(2);

    const auto again = flow.resume(*job->cut());
    again->run(kToTheEnd);

    EXPECT_THAT(trace(), ElementsAre("a.in 1", "a.one 0", "a.two 0"));
}

TEST_F(ResumeTest, RefusesAJobThatCompleted) {
    flow.add("a", {{.name = "in"}});
    const auto job = flow.start({{"a.in", 1}}, {.id = "mine"});
    job->run(kToTheEnd);

    const std::string message = message_of<StateError>([&] { (void)flow.resume(*job->cut()); });

    EXPECT_EQ(message, "job mine: it cannot be resumed: it is COMPLETED");
}

TEST_F(ResumeTest, RefusesAJobThatWasCancelled) {
    flow.add("a", {{.name = "in"}});
    const auto job = flow.start({{"a.in", 1}});
    job->cancel("");

    EXPECT_THROW((void)flow.resume(*job->cut()), StateError);
}

TEST_F(ResumeTest, RefusesADeliveryThatHasNowhereToGo) {
    flow.add("a", {{.name = "in"}});
    flow.add("b", {{.name = "in"}});
    const auto job = flow.start({{"b.in", 1}});
    NativeFlow without;
    without.add("a", {{.name = "in"}});

    const std::string message =
        message_of<DefinitionMismatchError>([&] { (void)without.resume(*job->cut()); });

    EXPECT_THAT(message, HasSubstr("'b'"));
}

TEST_F(ResumeTest, RefusesASlotThatIsGone) {
    flow.add("a", {{.name = "in"}, {.name = "old"}});
    const auto job = flow.start({{"a.old", 1}});
    NativeFlow without;
    without.add("a", {{.name = "in"}});

    const std::string message =
        message_of<DefinitionMismatchError>([&] { (void)without.resume(*job->cut()); });

    EXPECT_THAT(message, HasSubstr("'a.old'"));
}

TEST_F(ResumeTest, ARefusalLeavesNothingBehind) {
    flow.add("a", {{.name = "in", .body = adding()}}, {}, true);
    flow.add("b", {{.name = "in"}});
    auto job = flow.start({{"a.in", 1}, {"a.in", 2}, {"b.in", 3}});
    job->run(1);
    NativeFlow without;
    without.add("a", {{.name = "in"}}, {}, true);
    EXPECT_THROW((void)without.resume(*job->cut()), DefinitionMismatchError);

    job.reset();

    EXPECT_EQ(live_payloads, 0);
    EXPECT_EQ(held_references, 0);
}

TEST_F(ResumeTest, ARoutineThatIsGoneMayHaveBeenUsed) {
    flow.add("a", {{.name = "in"}});
    flow.add("b", {{.name = "in"}});
    const auto job = flow.start({{"b.in", 1}, {"a.in", 2}});
    job->run(1);
    NativeFlow without;
    without.add("a", {{.name = "in"}});

    const auto again = without.resume(*job->cut());
    again->run(kToTheEnd);

    EXPECT_THAT(history_of(*again), ElementsAre("a.in 2 finished"));
}

TEST_F(ResumeTest, ANewRoutineIsThereWithItsInitialState) {
    flow.add("a", {{.name = "in"}});
    const auto job = flow.start({{"a.in", 1}});
    NativeFlow more;
    more.add("new", {{.name = "in"}}, {}, true);
    more.add("a", {{.name = "in"}});

    const auto again = more.resume(*job->cut());
    again->run(kToTheEnd);

    EXPECT_EQ(again->status(), JobStatus::Completed);
    EXPECT_EQ(total_of(*again->cut(), 0), 0);
}

TEST_F(ResumeTest, ARaisedCapacityWakesWhoWaited) {
    flow.add("p", {{.name = "in", .body = forward()}}, {"out"});
    flow.add("s", {{.name = "in", .capacity = 1}});
    flow.connect("p.out", "s.in");
    const auto job = flow.start({{"p.in", 1}, {"s.in", 2}});
    job->run(1);
    NativeFlow wider;
    wider.add("p", {{.name = "in", .body = forward()}}, {"out"});
    wider.add("s", {{.name = "in", .capacity = 2}});
    wider.connect("p.out", "s.in");

    const auto again = wider.resume(*job->cut());

    EXPECT_THAT(ready_of(*again->cut()), ElementsAre("s", "p"));
    EXPECT_THAT(waiting_of(*again->cut()), IsEmpty());
}

TEST_F(ResumeTest, AParkedCallRunsAgainAtItsPlace) {
    flow.add("p", {{.name = "in", .body = forward()}}, {"out"});
    flow.add("s", {{.name = "in", .capacity = 1}});
    flow.connect("p.out", "s.in");
    const auto job = flow.start({{"p.in", 1}, {"s.in", 2}});
    job->run(1);

    const auto again = flow.resume(*job->cut());
    again->run(kToTheEnd);

    EXPECT_THAT(trace(), ElementsAre("p.in 1", "s.in 2", "p.in 1", "s.in 1"));
    EXPECT_THAT(history_of(*again),
                ElementsAre("s.in 2 finished", "p.in 1 finished", "s.in 1 finished"));
}

TEST_F(ResumeTest, TheDeliveryInCallGoesFirst) {
    flow.add("a", {{.name = "in"}});
    flow.add("b", {{.name = "in"}});
    const auto job = flow.start({{"a.in", 1}, {"b.in", 2}});
    std::shared_ptr<JobState> state;
    flow.watch->after = [&](Call& call) {
        if (!state) {
            send(call.job(), "b.in", 3);
            state = call.job().cut();
        }
    };
    job->run(1);

    const auto again = flow.resume(*state);
    again->run(kToTheEnd);

    EXPECT_THAT(history_of(*again),
                ElementsAre("a.in 1 finished", "b.in 2 finished", "b.in 3 finished"));
}

TEST_F(ResumeTest, ARecordKeepsItsWallTime) {
    flow.add("a", {{.name = "in"}});
    const auto job = flow.start({{"a.in", 1}, {"a.in", 2}});
    job->run(1);
    const auto state = job->cut();
    const auto wall_of = [](const JobState& of) {
        WallTime wall = 0;
        of.history.each([&](const Record& record) { wall = of.timebase.wall(record.began); });
        return wall;
    };

    const auto again = flow.resume(*state)->cut();

    EXPECT_NEAR(static_cast<double>(wall_of(*again) - wall_of(*state)), 0.0, 1e6);
}

TEST_F(ResumeTest, AParkedDeliveryCountsForAnExpectationAsItWouldHave) {
    flow.add("p", {{.name = "answer", .body = forward()}}, {"out"});
    const Body expecting_once = [&](Call& call) {
        if (number_of(call) == 2) expecting("p.answer")(call);
    };
    flow.add("s", {{.name = "in", .body = expecting_once, .capacity = 1}});
    flow.connect("p.out", "s.in");
    const auto whole = flow.start({{"p.answer", 1}, {"s.in", 2}});
    whole->run(1);
    const auto again = flow.resume(*whole->cut());

    whole->run(kToTheEnd);
    again->run(kToTheEnd);

    EXPECT_EQ(everything_of(*again->cut()), everything_of(*whole->cut()));
}

TEST_F(ResumeTest, WaitingListsOfSeveralSlotsStandInTheSameOrder) {
    flow.add("s", {{.name = "in", .capacity = 1}});
    flow.add("t", {{.name = "in", .capacity = 1}});
    flow.add("p", {{.name = "in", .body = forward()}}, {"out"});
    flow.add("q", {{.name = "in", .body = forward()}}, {"out"});
    flow.connect("p.out", "s.in");
    flow.connect("q.out", "t.in");
    const auto job = flow.start({{"p.in", 1}, {"q.in", 2}, {"t.in", 3}, {"s.in", 4}});
    job->run(2);
    const auto state = job->cut();

    const auto again = flow.resume(*state)->cut();

    EXPECT_EQ(waiting_of(*again), waiting_of(*state));
}

TEST_F(ResumeTest, CancelledRecordsComeInTheSameOrder) {
    flow.add("a", {{.name = "in"}});
    flow.add("b", {{.name = "in"}});
    const auto job = flow.start({{"b.in", 1}, {"a.in", 2}});
    const auto again = flow.resume(*job->cut());

    job->cancel("");
    again->cancel("");

    EXPECT_EQ(history_of(*again), history_of(*job));
}

}  // namespace
}  // namespace stoplog::test
