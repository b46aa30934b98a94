// Flows of native handlers, for the tests of the engine: what a slot does is a function, what
// travels is a number, and every payload and every leaf of the state is counted.
//
// The trace names each call as "routine.slot number". A body that throws Failing fails.
#pragma once

#include "stoplog/engine/handler.hpp"
#include "stoplog/engine/job.hpp"
#include "stoplog/graph/flow.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "engine/counted_payload.hpp"
#include "state/counted_leaf.hpp"

namespace stoplog {

inline void PrintTo(JobStatus status, std::ostream* out) { *out << name_of(status); }

}  // namespace stoplog

namespace stoplog::test {

using Body = std::function<void(Call&)>;

struct Failing {
    std::string message;
};
struct Interrupting {};

struct NativeSlot {
    std::string name;
    Body body = [](Call&) {};
    std::uint32_t capacity = 1000;
    std::optional<ErrorRule> on_error = std::nullopt;
    bool is_drained = false;
    Overflow overflow = Overflow::Block;
    std::int32_t priority = 0;
};

// ---- what a body may do
inline std::int64_t number_of(const Call& call) { return number_of(call.delivery().payload); }
inline void emit(Call& call, std::int64_t number, std::uint32_t event = 0) {
    call.note(payload(number), event);
}
inline std::int64_t total_of(const Call& call) {
    return number_of(call.cell()->fields->value_at(0));
}
inline void add_to_total(Call& call, std::int64_t number) {
    call.cell()->fields->set_at(0, leaf(total_of(call) + number));
}

// ---- common bodies
inline Body forward() {
    return [](Call& call) { emit(call, number_of(call)); };
}
inline Body emitting(std::vector<std::int64_t> numbers) {
    return [numbers = std::move(numbers)](Call& call) {
        for (const std::int64_t number : numbers) emit(call, number);
    };
}
/// Sends one less round, until nothing is left.
inline Body counting_down() {
    return [](Call& call) {
        if (number_of(call) > 0) emit(call, number_of(call) - 1);
    };
}
inline Body failing() {
    return [](Call&) { throw Failing{"on purpose"}; };
}
inline Body adding() {
    return [](Call& call) { add_to_total(call, number_of(call)); };
}

/// What the handlers of one flow share: what happened, and where a test looks in.
struct Watch {
    std::vector<std::string> trace;
    Body before = [](Call&) {};
    Body after = [](Call&) {};
    std::function<std::optional<ErrorRule>(Call&, Failure&, const ErrorRule&)> choose =
        [](Call&, Failure&, const ErrorRule& declared) { return declared; };
    bool can_make_fields = true;
};

/// A routine with one slot body a name, and a total where it declares one.
class NativeHandler final : public Handler {
public:
    NativeHandler(std::map<std::string, Body> bodies, std::shared_ptr<Watch> watch)
        : bodies_(std::move(bodies)), watch_(std::move(watch)) {}

    std::optional<ErrorRule> choose(Call& call, Failure& failure,
                                    const ErrorRule& declared) override {
        return watch_->choose(call, failure, declared);
    }
    Verdict invoke(Call& call) noexcept override {
        const Legend& legend = *call.job().plan().legend;
        const std::uint32_t slot = call.delivery().slot;
        watch_->trace.push_back(legend.slot_path(slot) + " " + std::to_string(number_of(call)));
        try {
            watch_->before(call);
            bodies_.at(legend.slots[slot].name)(call);
            watch_->after(call);
        } catch (const Failing& error) {
            call.failure.error.type = "Failing";
            call.failure.error.message = error.message;
            return Verdict::Failed;
        } catch (const Interrupting&) {
            call.failure.error.type = "Interrupting";
            return Verdict::Interrupted;
        }
        return Verdict::Done;
    }
    [[nodiscard]] const void* identity() const noexcept override { return this; }

    bool make_fields(const std::shared_ptr<CallLog>& log, std::shared_ptr<Document>& fields,
                     Failure& failure) noexcept override {
        if (!watch_->can_make_fields) {
            failure.error.type = "NoFields";
            return false;
        }
        fields = with_total(log, 0);
        return true;
    }
    std::shared_ptr<Document> restore_fields(const std::shared_ptr<CallLog>& log,
                                             const JobState& state,
                                             const CellState& saved) override {
        const Version version =
            state.frozen ? state.frozen->version_of(*saved.fields) : saved.fields->version();
        std::int64_t total = 0;
        version.each([&](const Entry& entry) {
            total = number_of(entry.value);
            return true;
        });
        return with_total(log, total);
    }
    [[nodiscard]] std::shared_ptr<Document> initial_fields() noexcept override {
        return with_total(std::make_shared<CallLog>(std::make_shared<Family>(), "initial"), 0);
    }

private:
    static std::shared_ptr<Document> with_total(const std::shared_ptr<CallLog>& log,
                                                std::int64_t total) {
        auto fields = std::make_shared<Document>(counted_verbs, log, nullptr);
        fields->load(leaf(0), 0, leaf(total));
        return fields;
    }
    std::map<std::string, Body> bodies_;
    std::shared_ptr<Watch> watch_;
};

// ---- options
inline JobOptions opened() { return {.id = "", .is_open = true}; }
inline JobOptions paused() { return {.id = "", .is_paused = true}; }
inline JobOptions keeping(std::int64_t records) {
    return {.id = "", .retention = {.size = records}};
}

using Entries = std::vector<std::pair<std::string, std::int64_t>>;

class NativeFlow {
public:
    explicit NativeFlow(ErrorPolicy on_error = ErrorPolicy::Stop) : flow("test", "1", on_error) {}

    void add(std::string name, const std::vector<NativeSlot>& slots,
             const std::vector<std::string>& events = {}, bool has_total = false) {
        Declaration declared;
        std::map<std::string, Body> bodies;
        for (const NativeSlot& slot : slots) {
            bodies.emplace(slot.name, slot.body);
            declared.slots.push_back({slot.name,
                                      true,
                                      slot.is_drained,
                                      slot.capacity,
                                      slot.overflow,
                                      slot.priority,
                                      slot.on_error,
                                      {}});
        }
        for (const std::string& event : events) declared.events.push_back({event, true, {}});
        if (has_total) declared.state.push_back({"total", "int"});
        RoutineSpec spec;
        spec.name = std::move(name);
        spec.declared = std::make_shared<const Declaration>(std::move(declared));
        spec.behaviour = std::make_shared<NativeHandler>(std::move(bodies), watch);
        flow.add(std::move(spec));
    }
    void connect(const std::string& source, const std::string& target) {
        flow.connect(source, target, {});
    }
    void connect_one_of(const std::string& source, const std::vector<std::string>& targets) {
        flow.connect_one_of(source, targets, {});
    }
    [[nodiscard]] std::uint32_t slot(const std::string& path) const {
        const Flow::End end = flow.find_slot(path);
        return flow.plan()->legend->routines[end.routine].first_slot + end.index;
    }
    /// All entries are admitted together, whatever the capacities.
    [[nodiscard]] std::unique_ptr<Job> start(const Entries& entries,
                                             JobOptions options = {}) const {
        auto job = std::make_unique<Job>(flow.plan(), std::move(options));
        for (const auto& [path, number] : entries) job->enter(slot(path), payload(number));
        return job;
    }
    [[nodiscard]] std::unique_ptr<Job> resume(const JobState& state, bool is_paused = false) const {
        return std::make_unique<Job>(flow.plan(), state,
                                     JobOptions{.id = "", .is_paused = is_paused});
    }

    std::shared_ptr<Watch> watch = std::make_shared<Watch>();
    Flow flow;
};

inline constexpr std::uint64_t kToTheEnd = UINT64_MAX;

/// Each test ends with nothing left: no payload, no leaf.
class EngineTest : public testing::Test {
protected:
    void SetUp() override { live_payloads = held_references = 0; }
    void TearDown() override {
        flow = NativeFlow();
        EXPECT_EQ(live_payloads, 0);
        EXPECT_EQ(held_references, 0);
    }
    [[nodiscard]] const std::vector<std::string>& trace() const { return flow.watch->trace; }
    void send(Job& job, const std::string& path, std::int64_t number) const {
        job.send(flow.slot(path), payload(number));
    }
    /// What the engine's note of an expectation is.
    [[nodiscard]] Body expecting(const std::string& path) {
        return [this, path](Call& call) { call.note_expectation(flow.slot(path)); };
    }

    NativeFlow flow;
};

}  // namespace stoplog::test
