// What a reference to a payload promises: counted exactly, destroyed once, by its kind.
#include "stoplog/value/payload.hpp"

#include <gtest/gtest.h>

#include <utility>

namespace stoplog::test {
namespace {

int destroyed = 0;
const PayloadKind kind{[](Payload* payload) noexcept {
    ++destroyed;
    delete payload;
}};

class PayloadRefTest : public testing::Test {
protected:
    void SetUp() override { destroyed = 0; }
    static PayloadRef make() { return PayloadRef(new Payload{&kind, 0}); }
};

TEST_F(PayloadRefTest, IsEmptyAtFirst) {
    const PayloadRef empty;

    EXPECT_FALSE(empty);
    EXPECT_EQ(empty.get(), nullptr);
}

TEST_F(PayloadRefTest, OwnsOneReference) {
    const PayloadRef payload = make();

    EXPECT_TRUE(payload);
    EXPECT_EQ(payload.get()->references, 1U);
}

TEST_F(PayloadRefTest, CopySharesThePayload) {
    const PayloadRef payload = make();

    const PayloadRef copy(payload);

    EXPECT_EQ(copy.get(), payload.get());
    EXPECT_EQ(payload.get()->references, 2U);
}

TEST_F(PayloadRefTest, MoveTakesTheReferenceOver) {
    PayloadRef payload = make();

    const PayloadRef moved(std::move(payload));

    EXPECT_EQ(moved.get()->references, 1U);
}

TEST_F(PayloadRefTest, LastReferenceDestroys) {
    PayloadRef payload = make();
    PayloadRef copy(payload);

    payload = PayloadRef();
    EXPECT_EQ(destroyed, 0);
    copy = PayloadRef();

    EXPECT_EQ(destroyed, 1);
}

TEST_F(PayloadRefTest, AssignmentDropsWhatWasHeld) {
    PayloadRef payload = make();
    const PayloadRef other = make();

    payload = other;

    EXPECT_EQ(destroyed, 1);
    EXPECT_EQ(other.get()->references, 2U);
}

TEST_F(PayloadRefTest, CanBeAssignedToItself) {
    PayloadRef payload = make();
    PayloadRef& same = payload;

    payload = same;

    EXPECT_EQ(payload.get()->references, 1U);
    EXPECT_EQ(destroyed, 0);
}

}  // namespace
}  // namespace stoplog::test
