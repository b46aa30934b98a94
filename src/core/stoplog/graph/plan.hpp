// A flow, frozen for the jobs that start on it: everything by index, nothing left to look up.
#pragma once

#include "stoplog/base/legend.hpp"
#include "stoplog/graph/routine.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace stoplog {

struct Target {
    std::uint32_t routine = kNone;
    std::uint32_t slot = kNone;
    std::uint32_t connection = kNone;
    std::uint32_t group = 1;  // of this one and the next ones only one has a turn
};

/// Where one event of one routine goes: `count` targets from `first` on.
struct Route {
    std::uint32_t first = 0;
    std::uint32_t count = 0;
};

struct SlotPlan {
    std::uint32_t routine = kNone;
    std::uint32_t capacity = 0;
    std::int32_t priority = 0;
    bool is_drained = false;
    Overflow overflow = Overflow::Block;
    ErrorRule on_error;
};

struct RoutinePlan {
    std::shared_ptr<Behaviour> behaviour;
    std::uint32_t first_route = 0;  // of its events, in the order of declaration
    bool has_renames = false;       // a connection that feeds it renames fields
    bool is_sorted = false;         // its mailbox is more than a queue: see SortedMailbox
    bool has_choices = false;       // what it emits may be dropped, refused, or take turns
};

struct Plan {
    std::string flow_name;
    std::string flow_version;
    std::string fingerprint;
    std::shared_ptr<const std::string> drawing;
    std::shared_ptr<const Legend> legend;
    std::vector<RoutinePlan> routines;
    std::vector<SlotPlan> slots;
    std::vector<Route> routes;
    std::vector<Target> targets;
    std::vector<std::uint32_t> drained;   // slots, in the order in which they fire
    std::vector<std::uint32_t> stateful;  // routines that declare state
    std::vector<std::uint32_t> by_name;   // routines, sorted by their names

    /// kNone where there is none of that name.
    [[nodiscard]] std::uint32_t find_routine(std::string_view name) const;
    /// "routine.slot", or a routine's name alone where it has one slot. Throws UnknownRoutineError
    /// or UnknownSlotError with the names there are.
    [[nodiscard]] std::uint32_t find_slot(std::string_view path) const;
};

}  // namespace stoplog
