// A job state with something of everything: two routines, three slots, queued, waiting, failed.
#pragma once

#include "stoplog/state/job_state.hpp"

#include <memory>
#include <utility>

#include "archive/small_codec.hpp"

namespace stoplog::test {

inline std::shared_ptr<const Legend> sample_legend() {
    auto legend = std::make_shared<Legend>();
    legend->routines = {{"load", 0, 0}, {"count", 2, 1}};
    legend->slots = {{"input", 0}, {"control", 0}, {"word", 1}};
    legend->fields = {{"seen", 0}, {"total", 1}, {"most", 1}};
    legend->connections = {{"word", 0, 2, {{"text", "word"}}}, {"again", 1, 0, {}}};
    return legend;
}

/// The same names under other numbers: the routines the other way round.
inline std::shared_ptr<const Legend> reordered_legend() {
    auto legend = std::make_shared<Legend>();
    legend->routines = {{"count", 0, 0}, {"load", 1, 2}};
    legend->slots = {{"word", 0}, {"input", 1}, {"control", 1}};
    legend->fields = {{"total", 0}, {"most", 0}, {"seen", 1}};
    legend->connections = {{"again", 0, 1, {}}, {"word", 1, 0, {{"text", "word"}}}};
    return legend;
}

/// How the parts are numbered in a legend.
struct Numbers {
    std::uint32_t load = 0, count = 1;
    std::uint32_t input = 0, word = 2;
    std::uint32_t by_word = 0, by_again = 1;
};

inline Delivery delivery(PayloadRef payload, std::uint64_t number, std::uint32_t slot,
                         std::uint32_t connection) {
    return {std::move(payload), number, 1, slot, connection};
}

inline Record record(const Delivery& of, Stamp began, std::int64_t ticks) {
    Record made;
    made.payload = of.payload;
    made.number = of.number;
    made.root = of.root;
    made.began = began;
    made.ticks = ticks;
    made.slot = of.slot;
    made.connection = of.connection;
    return made;
}

inline JobState sample_state(std::shared_ptr<const Legend> legend = sample_legend(),
                             const Numbers& is = {}) {
    JobState state;
    state.id = "0123";
    state.flow_name = "words";
    state.flow_version = "2";
    state.fingerprint = "abcdef";
    state.drawing = std::make_shared<const std::string>("load.word -> count.word");
    state.legend = std::move(legend);
    state.status = JobStatus::Failed;
    state.has_begun = true;
    state.created_at = 1'700'000'000'000'000'000;
    state.taken_at = 1'700'000'000'500'000'000;
    state.error = JobError{"count", "word", 2, "ValueError", "no", "Traceback ..."};
    const PayloadRef shared = small_payload("text", "to be");
    Chain<Delivery> loads;
    loads.push(delivery(small_payload("path", "a.txt"), 7, is.input, kNone));
    loads.push(delivery(shared, 3, is.input, is.by_again));
    Chain<Delivery> counts;
    counts.push(delivery(shared, 4, is.word, is.by_word));
    state.cells.resize(2);
    CellState& load = state.cells[is.load];
    load.routine = is.load;
    load.is_used = true;
    load.emitted = 4;
    load.mailbox = loads.view();
    load.fields = small_document({12});
    CellState& count = state.cells[is.count];
    count.routine = is.count;
    count.is_used = true;
    count.is_in_call = true;
    count.head_tries.failed = 2;
    count.emitted = 3;
    count.mailbox = counts.view();
    count.fields = small_document({-400, 1LL << 40});
    state.ready = {is.count};
    state.waiting = {{is.word, is.load}};
    state.awaited = {is.word};
    state.fired = {is.input};
    state.sent = 7;
    state.unsettled = 3;
    state.failed_deliveries = 1;
    state.retention = {1000, 3'600'000'000'000, 65'536, 86'400'000'000'000, false};
    Chain<Record> history;
    history.push(record(delivery(shared, 2, is.word, is.by_word), 5000, 70));
    Record failed = record(delivery({}, 3, is.word, is.by_word), 6000, 90);
    failed.attempt = 2;
    failed.outcome = Outcome::Failed;
    failed.error = ErrorText("ValueError: no");
    history.push(std::move(failed));
    state.history = history.view();
    return state;
}

template <class Item>
std::vector<Item> items(const typename Chain<Item>::View& view) {
    std::vector<Item> all;
    view.each([&](const Item& item) { all.push_back(item); });
    return all;
}

}  // namespace stoplog::test
