// What the drawing board promises: every mistake is told as it is made, with the names there are.
#include "stoplog/graph/flow.hpp"

#include "stoplog/base/error.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "graph/specs.hpp"

namespace stoplog::test {
namespace {

using testing::HasSubstr;

template <class Error, class Act>
std::string message_of(Act&& act) {
    try {
        act();
    } catch (const Error& error) {
        return error.what();
    }
    return "(no such error)";
}

class FlowTest : public testing::Test {
protected:
    FlowTest() {
        flow.add(routine("extract", {slot("file")}, {event("rows", {"row", "number"})}));
        flow.add(routine("load", {slot("input", {"row"}), slot("control")}, {}));
    }
    std::uint32_t connect(const char* source, const char* target, Rename rename = {}) {
        return flow.connect(source, target, std::move(rename));
    }
    Flow flow{"etl", "1", ErrorPolicy::Stop};
};

TEST_F(FlowTest, NumbersRoutinesInTheOrderOfAdding) {
    const std::uint32_t index = flow.add(routine("report", {}, {}));

    EXPECT_EQ(index, 2U);
    EXPECT_EQ(flow.find_routine("report"), 2U);
}

TEST_F(FlowTest, RefusesANameThatIsTaken) {
    const std::string message =
        message_of<ConfigurationError>([&] { flow.add(routine("load", {}, {})); });

    EXPECT_THAT(message, HasSubstr("flow 'etl': there is a routine 'load' already"));
}

TEST_F(FlowTest, RefusesANameThatIsNoIdentifier) {
    EXPECT_THROW(flow.add(routine("a.b", {}, {})), ConfigurationError);
    EXPECT_THROW(flow.add(routine("1st", {}, {})), ConfigurationError);
    EXPECT_THROW(flow.add(routine("", {}, {})), ConfigurationError);
}

TEST_F(FlowTest, RefusesAnEmptyNameOfItsOwn) {
    EXPECT_THROW(Flow("", "1", ErrorPolicy::Stop), ConfigurationError);
}

TEST_F(FlowTest, NamesTheRoutineThatWasMeant) {
    const std::string message =
        message_of<UnknownRoutineError>([&] { (void)flow.find_routine("lod"); });

    EXPECT_EQ(message,
              "flow 'etl': no routine 'lod'; its routines are 'extract', 'load' "
              "(did you mean 'load'?)");
}

TEST_F(FlowTest, NamesTheSlotThatWasMeant) {
    const std::string message =
        message_of<UnknownSlotError>([&] { (void)flow.find_slot("load.in"); });

    EXPECT_EQ(message,
              "flow 'etl': no slot 'in' on routine 'load'; its slots are 'input', "
              "'control' (did you mean 'input'?)");
}

TEST_F(FlowTest, NamesTheEventThatWasMeant) {
    const std::string message =
        message_of<UnknownEventError>([&] { (void)flow.find_event("extract.row"); });

    EXPECT_EQ(message,
              "flow 'etl': no event 'row' on routine 'extract'; its events are 'rows' "
              "(did you mean 'rows'?)");
}

TEST_F(FlowTest, FindsTheOnlySlotByItsRoutine) {
    const Flow::End end = flow.find_slot("extract");

    EXPECT_EQ(end.routine, 0U);
    EXPECT_EQ(end.index, 0U);
}

TEST_F(FlowTest, AsksWhichSlotWhereThereAreSeveral) {
    const std::string message =
        message_of<ConfigurationError>([&] { (void)flow.find_slot("load"); });

    EXPECT_THAT(message, HasSubstr("has 2 slots: say which one; they are 'input', 'control'"));
}

TEST_F(FlowTest, TheSameConnectionAgainChangesNothing) {
    const std::uint32_t first = connect("extract.rows", "load.input", {{"number", "n"}});

    const std::uint32_t again = connect("extract", "load.input", {{"number", "n"}});

    EXPECT_EQ(first, again);
    EXPECT_EQ(flow.connections().size(), 1U);
}

TEST_F(FlowTest, AnotherRenamingIsAnotherConnection) {
    connect("extract.rows", "load.input");

    connect("extract.rows", "load.input", {{"number", "n"}});

    EXPECT_EQ(flow.connections().size(), 2U);
}

TEST_F(FlowTest, RenamingsInAnotherOrderAreTheSame) {
    flow.add(routine("keep", {slot("all")}, {}));
    connect("extract.rows", "keep.all", {{"row", "r"}, {"number", "n"}});

    connect("extract.rows", "keep.all", {{"number", "n"}, {"row", "r"}});

    EXPECT_EQ(flow.connections().size(), 1U);
}

TEST_F(FlowTest, RefusesAConnectionThatLacksAField) {
    flow.add(routine("sum", {slot("add", {"amount"})}, {}));

    const std::string message =
        message_of<TypeMismatchError>([&] { connect("extract.rows", "sum.add"); });

    EXPECT_THAT(message, HasSubstr("extract.rows -> sum.add: the slot needs field 'amount', the "
                                   "event has 'row', 'number'"));
}

TEST_F(FlowTest, TakesAConnectionWhoseRenamingFillsTheField) {
    flow.add(routine("sum", {slot("add", {"amount"})}, {}));

    connect("extract.rows", "sum.add", {{"number", "amount"}});

    EXPECT_EQ(flow.connections().size(), 1U);
}

TEST_F(FlowTest, AFieldWithADefaultMayBeMissing) {
    SlotSpec optional = slot("add", {"amount"});
    optional.fields[0].is_required = false;
    flow.add(routine("sum", {optional}, {}));

    connect("extract.rows", "sum.add");

    EXPECT_EQ(flow.connections().size(), 1U);
}

TEST_F(FlowTest, RefusesToRenameAFieldThatIsNotThere) {
    const std::string message = message_of<TypeMismatchError>(
        [&] { connect("extract.rows", "load.input", {{"line", "row"}}); });

    EXPECT_THAT(message, HasSubstr("rename of field 'line', which the event does not have; its "
                                   "fields are 'row', 'number'"));
}

TEST_F(FlowTest, RefusesTwoFieldsOfOneName) {
    const std::string message = message_of<TypeMismatchError>(
        [&] { connect("extract.rows", "load.input", {{"number", "row"}}); });

    EXPECT_THAT(message, HasSubstr("two fields would be named 'row'"));
}

TEST_F(FlowTest, TakesAnyFieldsOfAnOpenEvent) {
    EventSpec open = event("any");
    open.takes_any = true;
    flow.add(routine("source", {}, {open}));

    connect("source.any", "load.input", {{"whatever", "row"}});

    EXPECT_EQ(flow.connections().size(), 1U);
}

TEST_F(FlowTest, RefusesToConnectToADrainedSlot) {
    flow.add(routine("report", {drained("finish")}, {}));

    EXPECT_THROW(connect("extract.rows", "report.finish"), GraphError);
    EXPECT_TRUE(flow.connections().empty());
}

TEST_F(FlowTest, ManyEventsMayFeedManySlots) {
    flow.add(routine("other", {slot("in")}, {event("out", {"row"})}));

    connect("extract.rows", "other.in");
    connect("extract.rows", "load.input");
    connect("other.out", "load.input");
    connect("other.out", "other.in");

    EXPECT_EQ(flow.connections().size(), 4U);
}

TEST(IsIdentifier, TakesLettersDigitsAndUnderscores) {
    EXPECT_TRUE(is_identifier("_load2"));
    EXPECT_FALSE(is_identifier("2load"));
    EXPECT_FALSE(is_identifier("lo-ad"));
    EXPECT_FALSE(is_identifier(""));
}

}  // namespace
}  // namespace stoplog::test
