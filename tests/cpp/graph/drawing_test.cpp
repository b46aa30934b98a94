// What the canonical text promises: equal for equal flows, different where a saved job would not
// fit.
#include "stoplog/graph/drawing.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <utility>

#include "graph/specs.hpp"

namespace stoplog::test {
namespace {

RoutineSpec source() {
    return routine("source", {slot("a", {"x", "y"}), slot("b")},
                   {event("out", {"n", "k"}), event("e")});
}
RoutineSpec sink() {
    return routine("sink", {slot("in"), drained("end")}, {}, {{"total", "int"}, {"seen", "dict"}});
}
Flow usual(RoutineSpec first = source(), RoutineSpec second = sink()) {
    Flow flow("etl", "1", ErrorPolicy::Stop);
    flow.add(std::move(first));
    flow.add(std::move(second));
    flow.connect("source.out", "sink.in", {});
    flow.connect("source.e", "sink.in", {});
    return flow;
}
std::string drawing_with(const std::function<void(RoutineSpec&, RoutineSpec&)>& change) {
    RoutineSpec first = source();
    RoutineSpec second = sink();
    change(first, second);
    return draw(usual(first, second));
}
std::string redrawn_with(const std::function<void(Declaration&, Declaration&)>& change) {
    return drawing_with([&](RoutineSpec& first, RoutineSpec& second) {
        redeclare(first, [&](Declaration& source) {
            redeclare(second, [&](Declaration& sink) { change(source, sink); });
        });
    });
}

TEST(Drawing, IsTheSameForAFlowDrawnInAnotherOrder) {
    Flow other("etl", "1", ErrorPolicy::Stop);
    RoutineSpec last = sink();
    redeclare(last, [](Declaration& sink) {
        std::swap(sink.slots[0], sink.slots[1]);
        std::swap(sink.state[0], sink.state[1]);
    });
    RoutineSpec first = source();
    redeclare(first, [](Declaration& source) {
        std::swap(source.slots[0], source.slots[1]);
        std::swap(source.slots[1].fields[0], source.slots[1].fields[1]);
        std::swap(source.events[0], source.events[1]);
    });
    other.add(last);
    other.add(first);
    other.connect("source.e", "sink.in", {});
    other.connect("source.out", "sink.in", {});

    const std::string text = draw(other);

    EXPECT_EQ(text, draw(usual()));
}

TEST(Drawing, IsTheSameForRenamingsInAnotherOrder) {
    Flow one = usual();
    Flow other = usual();

    one.connect("source.out", "sink.in", {{"n", "m"}, {"k", "f"}});
    other.connect("source.out", "sink.in", {{"k", "f"}, {"n", "m"}});

    EXPECT_EQ(draw(one), draw(other));
}

TEST(Drawing, IsJsonWithSortedKeysAndNoSpaces) {
    Flow flow("etl", "1", ErrorPolicy::Stop);
    flow.add(routine("a", {slot("in", {"x"})}, {event("out", {"x"})}));
    flow.connect("a.out", "a.in", {});

    const std::string text = draw(flow);

    EXPECT_EQ(text,
              R"({"connections":[["a.out","a.in",{}]],"flow":"etl","routines":{"a":{"events":)"
              R"({"out":{"any":false,"fields":{"x":true}}},"slots":{"in":{"any":false,"fields":)"
              R"({"x":true}}},"state":{}}},"version":"1"})");
}

TEST(Drawing, EscapesWhatJsonWouldMisread) {
    const Flow flow("a\"b\\c\n", "1", ErrorPolicy::Stop);

    const std::string text = draw(flow);

    EXPECT_NE(text.find(R"("flow":"a\"b\\c\u000a")"), std::string::npos);
}

TEST(Drawing, LeavesOutWhatNeverBlocksAResume) {
    const std::string text = drawing_with([](RoutineSpec& first, RoutineSpec& second) {
        redeclare(first, [](Declaration& source) {
            source.slots[0].capacity = 3;
            source.slots[1].on_error = ErrorPolicy::Skip;
        });
        second.on_error = ErrorPolicy::Continue;
    });

    EXPECT_EQ(text, draw(usual()));
}

TEST(Drawing, NamesTheVersion) {
    const Flow one("etl", "1", ErrorPolicy::Stop);
    const Flow two("etl", "2", ErrorPolicy::Stop);

    EXPECT_NE(draw(one), draw(two));
}

TEST(Drawing, ChangesWithAFieldOfASlot) {
    const std::string text = redrawn_with(
        [](Declaration& source, Declaration&) { source.slots[0].fields[0].is_required = false; });

    EXPECT_NE(text, draw(usual()));
}

TEST(Drawing, ChangesWithTheKindOfAStateField) {
    const std::string text =
        redrawn_with([](Declaration&, Declaration& sink) { sink.state[0].kind = "dict"; });

    EXPECT_NE(text, draw(usual()));
}

TEST(Drawing, ChangesWithWhenASlotIsDelivered) {
    const std::string text =
        redrawn_with([](Declaration&, Declaration& sink) { sink.slots[1].is_drained = false; });

    EXPECT_NE(text, draw(usual()));
}

TEST(Drawing, ChangesWithHowASlotMerges) {
    const auto merging = [](Merge merge) {
        return redrawn_with(
            [merge](Declaration& source, Declaration&) { source.slots[0].merge = merge; });
    };

    EXPECT_EQ(merging(Merge::Override), draw(usual()));
    EXPECT_NE(merging(Merge::Append), draw(usual()));
    EXPECT_NE(merging(Merge::Callable), merging(Merge::Append));
}

TEST(Drawing, LeavesOutStateThatNobodyDeclared) {
    const std::string text = redrawn_with(
        [](Declaration&, Declaration& sink) { sink.state.push_back({"in.merge", "merge", true}); });

    EXPECT_EQ(text, draw(usual()));
}

TEST(Drawing, ChangesWithARenaming) {
    Flow flow = usual();

    flow.connect("source.out", "sink.in", {{"n", "m"}});

    EXPECT_NE(draw(flow), draw(usual()));
}

TEST(Fingerprint, IsSixteenHexadecimalDigits) {
    const std::string print = fingerprint_of("anything");

    EXPECT_EQ(print.size(), 16U);
    EXPECT_EQ(print.find_first_not_of("0123456789abcdef"), std::string::npos);
}

TEST(Fingerprint, IsTheSameOnEveryMachine) {
    EXPECT_EQ(fingerprint_of(""), "cbf29ce484222325");
    EXPECT_EQ(fingerprint_of("a"), "af63dc4c8601ec8c");
}

TEST(Fingerprint, ChangesWithTheText) {
    EXPECT_NE(fingerprint_of(draw(usual())),
              fingerprint_of(draw(Flow("etl", "1", ErrorPolicy::Stop))));
}

}  // namespace
}  // namespace stoplog::test
