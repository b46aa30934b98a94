// What a routine declares: ways in, ways out, state. No handler code and no job.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace stoplog {

/// What becomes of a delivery whose handler failed, and of its job.
enum class ErrorPolicy : std::uint8_t {
    Stop = 0,      // unsettled at its place; the job fails
    Continue = 1,  // given up and counted; the job goes on
    Skip = 2,      // given up, not counted as failed; the job goes on
    Retry = 3,     // due again, and again; then one of the others
};

/// How a delivery whose handler failed is tried again.
struct Retry {
    Retry() = default;
    Retry(const Retry&) = delete;
    Retry& operator=(const Retry&) = delete;
    virtual ~Retry() = default;

    std::uint32_t max_attempts = 3;
    double initial = 0.1;  // seconds before the second attempt
    double factor = 2.0;   // of the wait, from one attempt to the next
    double cap = 60.0;     // seconds at most
    double jitter = 0.0;   // so much of a wait, at most, is added or taken away at random
    ErrorPolicy then = ErrorPolicy::Stop;
};

/// A policy, and with Retry how.
struct ErrorRule {
    ErrorRule(ErrorPolicy plain = ErrorPolicy::Stop) : policy(plain) {}  // NOLINT: it is one
    explicit ErrorRule(std::shared_ptr<const Retry> how)
        : policy(ErrorPolicy::Retry), retry(std::move(how)) {}

    ErrorPolicy policy;
    std::shared_ptr<const Retry> retry;  // null: the policy is not Retry
};

/// What becomes of a delivery to a full slot.
enum class Overflow : std::uint8_t {
    Block = 0,       // who emits waits for room
    Reject = 1,      // the call that emits it fails
    DropNewest = 2,  // it is dropped
    DropOldest = 3,  // the oldest one that waits there is dropped
};

/// A named field of an event or a slot.
struct FieldSpec {
    std::string name;
    bool is_required = true;
};

struct EventSpec {
    std::string name;
    bool takes_any = false;  // fields beyond the named ones
    std::vector<FieldSpec> fields;
};

struct SlotSpec {
    std::string name;
    bool takes_any = false;  // `**rest` or the whole record
    bool is_drained = false;
    std::uint32_t capacity = 1000;
    Overflow overflow = Overflow::Block;
    std::int32_t priority = 0;  // larger is sooner
    std::optional<ErrorRule> on_error;
    std::vector<FieldSpec> fields;
};

struct StateSpec {
    std::string name;
    std::string kind;  // "dict", "int"
};

/// What runs a routine's handlers. The graph only carries it; the engine knows what it is.
class Behaviour {
public:
    Behaviour() = default;
    Behaviour(const Behaviour&) = delete;
    Behaviour& operator=(const Behaviour&) = delete;
    virtual ~Behaviour() = default;
    /// It may choose to try again where no declared policy says so.
    [[nodiscard]] virtual bool may_retry() const noexcept { return false; }
};

/// What every routine of one kind declares: kept once for all of them, and never changed.
struct Declaration {
    std::vector<SlotSpec> slots;
    std::vector<EventSpec> events;
    std::vector<StateSpec> state;
};

struct RoutineSpec {
    std::string name;
    std::shared_ptr<const Declaration> declared;  // not null
    std::optional<ErrorRule> on_error;
    std::shared_ptr<Behaviour> behaviour;
};

}  // namespace stoplog
