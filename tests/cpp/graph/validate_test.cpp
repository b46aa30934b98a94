// What a look at the whole drawing tells, and what it refuses.
#include "stoplog/graph/validate.hpp"

#include "stoplog/base/error.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "graph/specs.hpp"

namespace stoplog::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(Validate, WarnsOfUnfedSlotsAndUnheardEvents) {
    Flow flow("f", "1", ErrorPolicy::Stop);
    flow.add(routine("a", {slot("in"), drained("end")}, {event("out"), event("late")}));
    flow.add(routine("b", {slot("in")}, {}));
    flow.connect("a.out", "b.in", {});

    EXPECT_THAT(validate(flow), ElementsAre(HasSubstr("'a.in'"), HasSubstr("'a.late'")));
}

TEST(Validate, HasNothingToSayOfAClosedCircle) {
    Flow flow("f", "1", ErrorPolicy::Stop);
    flow.add(routine("a", {slot("in")}, {event("out")}));
    flow.connect("a.out", "a.in", {});

    EXPECT_THAT(validate(flow), IsEmpty());
}

TEST(Validate, RefusesWhatCouldNeverRun) {
    Flow flow("f", "1", ErrorPolicy::Stop);
    EXPECT_THROW((void)validate(flow), GraphError);
    flow.add(routine("mute", {}, {event("out")}));

    EXPECT_THROW((void)validate(flow), GraphError);
}

}  // namespace
}  // namespace stoplog::test
