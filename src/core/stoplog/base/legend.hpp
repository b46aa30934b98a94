// The names behind the numbers: what a plan, a delivery, a record and a saved job mean by an index.
//
// Immutable once shared. Two legends with the same names may number them differently: whoever
// resumes translates by name.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace stoplog {

/// "Nobody": an index that names nothing, and the source of what comes from outside.
inline constexpr std::uint32_t kNone = 0xFFFFFFFF;

struct Legend {
    struct Routine {
        std::string name;
        std::uint32_t first_slot = 0;
        std::uint32_t first_field = 0;
    };
    struct Slot {
        std::string name;
        std::uint32_t routine = kNone;
        std::int64_t priority = 0;
    };
    /// A field of declared state.
    struct Field {
        std::string name;
        std::uint32_t routine = kNone;
    };
    struct Connection {
        std::string event;
        std::uint32_t source = kNone;                             // routine
        std::uint32_t target = kNone;                             // slot
        std::vector<std::pair<std::string, std::string>> rename;  // event's field, slot's field
        bool takes_turns = false;  // with others: only one of them has a delivery
    };

    std::vector<Routine> routines;
    std::vector<Slot> slots;    // all of a routine's stand together, in the order of routines
    std::vector<Field> fields;  // likewise
    std::vector<Connection> connections;

    [[nodiscard]] std::uint32_t slot_count(std::uint32_t routine) const {
        return (routine + 1 < routines.size() ? routines[routine + 1].first_slot
                                              : static_cast<std::uint32_t>(slots.size())) -
               routines[routine].first_slot;
    }
    [[nodiscard]] std::uint32_t field_count(std::uint32_t routine) const {
        return (routine + 1 < routines.size() ? routines[routine + 1].first_field
                                              : static_cast<std::uint32_t>(fields.size())) -
               routines[routine].first_field;
    }
    /// The routine that emits what comes by a connection; kNone: it comes from outside.
    [[nodiscard]] std::uint32_t source_of(std::uint32_t connection) const {
        return connection == kNone ? kNone : connections[connection].source;
    }
    /// "load.input"
    [[nodiscard]] std::string slot_path(std::uint32_t slot) const {
        return routines[slots[slot].routine].name + "." + slots[slot].name;
    }
    /// "extract.rows"
    [[nodiscard]] std::string event_path(std::uint32_t connection) const {
        return routines[connections[connection].source].name + "." + connections[connection].event;
    }
};

}  // namespace stoplog
