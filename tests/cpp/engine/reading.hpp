// A cut as text that names everything: what tests compare.
#pragma once

#include "stoplog/engine/job.hpp"

#include <cstdint>
#include <string>
#include <vector>

#include "engine/counted_payload.hpp"
#include "state/counted_leaf.hpp"

namespace stoplog::test {

using Lines = std::vector<std::string>;

inline std::string routine_name(const JobState& state, std::uint32_t routine) {
    return routine == kNone ? "outside" : state.legend->routines[routine].name;
}

/// "load.input 3 finished"
inline Lines history_of(const JobState& state) {
    Lines lines;
    state.history.each([&](const Record& record) {
        lines.push_back(state.legend->slot_path(record.slot) + " " +
                        std::to_string(number_of(record.payload)) + " " +
                        std::string(name_of(record.outcome)));
    });
    return lines;
}
inline Lines history_of(Job& job) { return history_of(*job.cut()); }

/// "extract#1 root 1 -> load.input 3 by extract.rows, attempt 1 finished"
inline Lines whole_history_of(const JobState& state) {
    Lines lines;
    state.history.each([&](const Record& record) {
        std::string line = routine_name(state, state.legend->source_of(record.connection)) + "#" +
                           std::to_string(record.number) + " root " + std::to_string(record.root) +
                           " -> " + state.legend->slot_path(record.slot) + " " +
                           std::to_string(number_of(record.payload)) + " by ";
        line += record.connection == kNone ? "nobody" : state.legend->event_path(record.connection);
        line += ", attempt " + std::to_string(record.attempt) + " ";
        line += name_of(record.outcome);
        lines.push_back(line + (record.error ? ": " + *record.error : ""));
    });
    return lines;
}

/// "extract#1 -> input 3", oldest first.
inline Lines mailbox_of(const JobState& state, std::uint32_t routine) {
    Lines lines;
    state.cells[routine].mailbox.each([&](const Delivery& delivery) {
        lines.push_back(routine_name(state, state.legend->source_of(delivery.connection)) + "#" +
                        std::to_string(delivery.number) + " -> " +
                        state.legend->slots[delivery.slot].name + " " +
                        std::to_string(number_of(delivery.payload)));
    });
    return lines;
}

inline Lines ready_of(const JobState& state) {
    Lines lines;
    for (const std::uint32_t routine : state.ready) lines.push_back(routine_name(state, routine));
    return lines;
}

/// "extract for load.input"
inline Lines waiting_of(const JobState& state) {
    Lines lines;
    for (const Waiting& waiting : state.waiting) {
        lines.push_back(routine_name(state, waiting.routine) + " for " +
                        state.legend->slot_path(waiting.slot));
    }
    return lines;
}

inline Lines slots_of(const JobState& state, const std::vector<std::uint32_t>& slots) {
    Lines lines;
    for (const std::uint32_t slot : slots) lines.push_back(state.legend->slot_path(slot));
    return lines;
}

/// The total of a routine that declares one, as of the cut.
inline std::int64_t total_of(const JobState& state, std::uint32_t routine) {
    const Document& fields = *state.cells[routine].fields;
    std::int64_t total = 0;
    (state.frozen ? state.frozen->version_of(fields) : fields.version())
        .each([&](const Entry& entry) {
            total = number_of(entry.value);
            return true;
        });
    return total;
}

/// All of a cut that its job's future and its answers depend on, by name.
inline Lines everything_of(const JobState& state) {
    Lines lines = {"status " + std::string(name_of(state.status)),
                   "unsettled " + std::to_string(state.unsettled),
                   "sent " + std::to_string(state.sent),
                   "failed deliveries " + std::to_string(state.failed_deliveries),
                   "error " + (state.error ? state.error->type : "none")};
    const auto append = [&](const std::string& what, const Lines& more) {
        for (const std::string& line : more) lines.push_back(what + " " + line);
    };
    for (const CellState& cell : state.cells) {
        const std::string name = routine_name(state, cell.routine);
        lines.push_back(name + " emitted " + std::to_string(cell.emitted) + ", attempts " +
                        std::to_string(cell.head_tries.failed) + ", total " +
                        std::to_string(cell.fields ? total_of(state, cell.routine) : -1));
        append(name + " holds", mailbox_of(state, cell.routine));
    }
    append("ready", ready_of(state));
    append("waiting", waiting_of(state));
    append("awaited", slots_of(state, state.awaited));
    append("fired", slots_of(state, state.fired));
    append("record", whole_history_of(state));
    return lines;
}

}  // namespace stoplog::test
