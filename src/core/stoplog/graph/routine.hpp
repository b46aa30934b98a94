// What a routine declares: ways in, ways out, state. No handler code and no job.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace stoplog {

/// What becomes of a delivery whose handler failed, and of its job.
enum class ErrorPolicy : std::uint8_t {
    Stop = 0,      // unsettled at its place; the job fails
    Continue = 1,  // given up and counted; the job goes on
    Skip = 2,      // given up, not counted as failed; the job goes on
};

/// What a slot makes of a payload that comes, and of those that came before.
enum class Merge : std::uint8_t {
    Override = 0,  // the payload itself
    Append = 1,    // of each field all values so far
    Callable = 2,  // whatever a function makes of both
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
    std::optional<ErrorPolicy> on_error;
    std::vector<FieldSpec> fields;
    Merge merge = Merge::Override;
};

struct StateSpec {
    std::string name;
    std::string kind;        // "dict", "int"
    bool is_hidden = false;  // no field that a user has declared: it is not drawn
};

/// What runs a routine's handlers. The graph only carries it; the engine knows what it is.
class Behaviour {
public:
    Behaviour() = default;
    Behaviour(const Behaviour&) = delete;
    Behaviour& operator=(const Behaviour&) = delete;
    virtual ~Behaviour() = default;
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
    std::optional<ErrorPolicy> on_error;
    std::shared_ptr<Behaviour> behaviour;
};

}  // namespace stoplog
