// Saving and loading whole states: what comes back, what is refused.
#include "stoplog/archive/binary.hpp"

#include "stoplog/archive/comparison.hpp"
#include "stoplog/base/error.hpp"

#include <gtest/gtest.h>

#include "archive/sample_state.hpp"

namespace stoplog::test {
namespace {

std::shared_ptr<JobState> reloaded(const JobState& state) {
    return from_binary(to_binary(state, SmallCodec()), SmallCodec());
}

std::string all_of(const JobState& state) { return comparison_image(state, SmallCodec(), false); }

std::string refusal(const JobState& state) {
    try {
        static_cast<void>(to_binary(state, SmallCodec()));
    } catch (const SerializationError& error) {
        return error.what();
    }
    return "saved";
}

bool is_refused(std::string_view bytes) {
    try {
        static_cast<void>(from_binary(bytes, SmallCodec()));
    } catch (const SerializationError&) {
        return true;
    }
    return false;
}

std::size_t accepted_truncations(const std::string& bytes) {
    std::size_t accepted = 0;
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        accepted += is_refused(std::string_view(bytes).substr(0, size)) ? 0 : 1;
    }
    return accepted;
}

std::size_t accepted_flips(std::string bytes) {
    std::size_t accepted = 0;
    for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
        bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << bit % 8));
        accepted += is_refused(bytes) ? 0 : 1;
        bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << bit % 8));
    }
    return accepted;
}

std::string flipped(std::string bytes, std::size_t bit) {
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << bit % 8));
    return bytes;
}

// Behind the checksum: each bit of the image flipped. Whatever loads must be consistent.
std::size_t refused_image_flips(const std::string& packed) {
    std::size_t refused = 0;
    for (std::size_t bit = 0; bit < packed.size() * 8; ++bit) {
        try {
            static_cast<void>(
                archive::state_of(archive::unpack(flipped(packed, bit)), SmallCodec()));
        } catch (const SerializationError&) {
            ++refused;
        }
    }
    return refused;
}

TEST(Binary, LoadsAnEqualState) {
    const JobState state = sample_state();

    const auto loaded = reloaded(state);

    EXPECT_EQ(all_of(*loaded), all_of(state));
}

TEST(Binary, SavesALoadedStateInTheSameBytes) {
    const JobState state = sample_state();

    const std::string bytes = to_binary(state, SmallCodec());

    EXPECT_EQ(to_binary(*from_binary(bytes, SmallCodec()), SmallCodec()), bytes);
}

TEST(Binary, KeepsTheQueueInOrder) {
    const auto loaded = reloaded(sample_state());

    const auto queued = items<Delivery>(loaded->cells[0].mailbox);

    ASSERT_EQ(queued.size(), 2U);
    EXPECT_EQ(as_small(queued[0].payload).text, "a.txt");
    EXPECT_EQ(queued[0].connection, kNone);
    EXPECT_EQ(queued[1].number, 3U);
    EXPECT_EQ(queued[1].connection, 1U);
}

TEST(Binary, KeepsWhatBelongsToACell) {
    const auto loaded = reloaded(sample_state());

    const CellState& count = loaded->cells[1];

    EXPECT_TRUE(count.is_in_call);
    EXPECT_EQ(count.head_tries.failed, 2U);
    EXPECT_EQ(number_of(count.fields->value_at(1)), 1LL << 40);
    EXPECT_EQ(loaded->waiting.at(0).slot, 2U);
    EXPECT_EQ(loaded->error, sample_state().error);
}

TEST(Binary, SharesAPayloadAsTheStateDid) {
    const auto loaded = reloaded(sample_state());

    const auto queued = items<Delivery>(loaded->cells[0].mailbox);
    const auto records = items<Record>(loaded->history);

    EXPECT_EQ(queued[1].payload.get(), records[0].payload.get());
    EXPECT_FALSE(records[1].payload);
}

TEST(Binary, SavesStampsAsWallTime) {
    JobState state = sample_state();
    state.timebase = {4000, 1'700'000'000'000'000'000, 0.5};

    const auto records = items<Record>(reloaded(state)->history);

    EXPECT_EQ(records[0].began, 1'700'000'000'000'000'500);
    EXPECT_EQ(records[0].ticks, 35);
}

TEST(Binary, SavesTheStateAsOfTheCut) {
    JobState state = sample_state();
    Document& fields = *state.cells[0].fields;
    const auto family = std::shared_ptr<Family>(fields.log(), &fields.log()->family());
    state.frozen = std::make_shared<Frozen>(family);
    fields.set_at(0, small_leaf(13));
    fields.log()->keep();
    fields.log()->drop_kept();

    const auto loaded = reloaded(state);

    EXPECT_EQ(number_of(fields.value_at(0)), 13);
    EXPECT_EQ(number_of(loaded->cells[0].fields->value_at(0)), 12);
}

TEST(Binary, RefusesEveryTruncation) {
    EXPECT_EQ(accepted_truncations(to_binary(sample_state(), SmallCodec())), 0U);
}

TEST(Binary, RefusesEveryFlippedBit) {
    EXPECT_EQ(accepted_flips(to_binary(sample_state(), SmallCodec())), 0U);
}

TEST(Binary, RefusesWhatFollowsTheEnd) {
    EXPECT_TRUE(is_refused(to_binary(sample_state(), SmallCodec()) + "x"));
}

TEST(Binary, SurvivesEveryFlippedBitBehindTheChecksum) {
    const std::string packed = archive::pack(archive::image_of(sample_state(), SmallCodec()));

    EXPECT_GT(refused_image_flips(packed), packed.size() * 4);
}

TEST(Binary, LeavesNothingBehindWhereItRefuses) {
    const std::int64_t payloads = living_payloads;
    const std::int64_t leaves = living_leaves;

    static_cast<void>(
        refused_image_flips(archive::pack(archive::image_of(sample_state(), SmallCodec()))));

    EXPECT_EQ(living_payloads, payloads);
    EXPECT_EQ(living_leaves, leaves);
}

TEST(Binary, NamesTheDeliveryThatCannotBeStored) {
    JobState state = sample_state();
    Chain<Delivery> mailbox;
    mailbox.push(delivery(small_payload("order", "!"), 7, 0, kNone));
    state.cells[0].mailbox = mailbox.view();

    EXPECT_EQ(refusal(state), "queued delivery to 'load.input': field 'order': ! cannot be stored");
}

TEST(Binary, NamesTheStateFieldThatCannotBeStored) {
    JobState state = sample_state();
    state.cells[1].fields = small_document({1, -1});

    EXPECT_EQ(refusal(state), "state field 'count.most': -1 cannot be stored");
}

TEST(Binary, TakesFewBytesPerRow) {
    JobState state = sample_state();
    Chain<Record> history;
    const Delivery one = delivery(small_payload("text", "to be"), 2, 2, 0);
    for (int i = 0; i < 1000; ++i) {
        history.push(record(one, 5000 + 900 * i, 70));
    }
    state.history = history.view();

    EXPECT_LT(to_binary(state, SmallCodec()).size(), 16'000U);
}

}  // namespace
}  // namespace stoplog::test
