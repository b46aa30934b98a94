// One rule after the other; a state that breaks one is damaged.
#include "stoplog/archive/consistency.hpp"

#include "stoplog/base/error.hpp"

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <vector>

namespace stoplog::archive {
namespace {

template <class... Parts>
void require(bool holds, const Parts&... parts) {
    if (!holds) [[unlikely]] {
        throw SerializationError(join("damaged: ", parts...));
    }
}

template <class Names>
bool has_duplicates(Names names) {
    std::ranges::sort(names);
    return std::ranges::adjacent_find(names) != names.end();
}

// All of a routine's parts stand together, in the order of routines.
template <class Part>
void check_parts(const Legend& legend, const std::vector<Part>& parts,
                 std::uint32_t Legend::Routine::* first, std::string_view kind) {
    std::uint32_t at = 0;
    for (std::uint32_t routine = 0; routine < legend.routines.size(); ++routine) {
        require(legend.routines[routine].*first == at, "the ", kind, "s of routine '",
                legend.routines[routine].name, "' are not where they should be");
        std::vector<std::string_view> names;
        for (; at < parts.size() && parts[at].routine == routine; ++at) {
            names.push_back(parts[at].name);
        }
        require(!has_duplicates(names), "routine '", legend.routines[routine].name, "' has a ",
                kind, " twice");
    }
    require(at == parts.size(), "a ", kind, " belongs to no routine");
}

class StateCheck {
public:
    explicit StateCheck(const JobState& state) : state_(state), legend_(*state.legend) {}

    void run() {
        const std::size_t routines = legend_.routines.size();
        require(state_.cells.size() == routines, std::to_string(state_.cells.size()),
                " routines have a state, the flow has ", std::to_string(routines));
        std::uint64_t queued = 0;
        for (std::uint32_t routine = 0; routine < routines; ++routine) {
            check_cell(state_.cells[routine], routine);
            queued += state_.cells[routine].mailbox.size();
        }
        queued += state_.due.size();
        require(state_.unsettled == queued, std::to_string(state_.unsettled),
                " deliveries are unsettled, queued are ", std::to_string(queued));
        const bool may_rest = state_.is_open || !state_.awaited.empty() || has_ended(state_.status);
        require(queued != 0 || may_rest,
                "nothing is queued or awaited, the job is not open, and has not ended");
        check_turns();
        check_choices();
        check_slots(state_.awaited);
        check_slots(state_.fired);
        state_.history.each([&](const Record& record) { check_origin(record); });
    }

private:
    void check_cell(const CellState& cell, std::uint32_t routine) const {
        const std::string& name = legend_.routines[routine].name;
        require(cell.routine == routine, "the state of routine '", name, "' is another's");
        require(cell.is_used || cell.mailbox.size() == 0, "something is queued for routine '", name,
                "', where the job never came");
        require(!cell.is_in_call || cell.mailbox.size() != 0, "routine '", name,
                "' is in call with nothing");
        for (const Tried& tried : cell.tried) {
            require(tried.place < cell.mailbox.size() && tried.tries.forgiven <= tried.tries.failed,
                    "what was tried for routine '", name, "' is not queued");
        }
        require(cell.head_tries.forgiven <= cell.head_tries.failed, "more attempts of routine '",
                name, "' are forgiven than failed");
        cell.mailbox.each([&](const Delivery& delivery) {
            check_origin(delivery);
            require(legend_.slots[delivery.slot].routine == routine, "a delivery to '",
                    legend_.slot_path(delivery.slot), "' is queued for routine '", name, "'");
        });
    }

    // Of a delivery or a record: where it goes, and what fed it.
    template <class Delivered>
    void check_origin(const Delivered& delivered) const {
        require(delivered.slot < legend_.slots.size(), "a delivery to no slot");
        if (delivered.connection != kNone) {
            require(delivered.connection < legend_.connections.size(),
                    "a delivery by no connection");
            require(legend_.connections[delivered.connection].target == delivered.slot,
                    "a delivery to '", legend_.slot_path(delivered.slot),
                    "' came by a connection that leads elsewhere");
        }
    }

    // Whoever has something queued is ready or waits for room, once; nobody else is.
    void check_turns() const {
        std::vector<std::uint32_t> turns(legend_.routines.size(), 0);
        const auto take_turn = [&](std::uint32_t routine) {
            require(routine < turns.size(), "a routine that is ready or waiting is none");
            require(++turns[routine] == 1, "routine '", legend_.routines[routine].name,
                    "' is ready or waiting twice");
        };
        std::ranges::for_each(state_.ready, take_turn);
        for (const Waiting& waiting : state_.waiting) {
            take_turn(waiting.routine);
            require(waiting.slot < legend_.slots.size() &&
                        state_.cells[legend_.slots[waiting.slot].routine].is_used,
                    "routine '", legend_.routines[waiting.routine].name,
                    "' waits for room in a slot that is empty");
        }
        for (const CellState& cell : state_.cells) {
            const std::string& name = legend_.routines[cell.routine].name;
            require((cell.mailbox.size() != 0) == (turns[cell.routine] == 1),
                    "the turn of routine '", name, "' and its mailbox contradict each other");
        }
    }

    // What is due, what was dropped, and whose turn it is.
    void check_choices() const {
        for (const DueDelivery& due : state_.due) {
            check_origin(due.delivery);
        }
        for (const DroppedCount& dropped : state_.dropped) {
            require(dropped.slot < legend_.slots.size(), "what was dropped went to no slot");
        }
        for (const NextTurn& turn : state_.turns) {
            require(turn.connection < legend_.connections.size() &&
                        legend_.connections[turn.connection].takes_turns,
                    "the next turn is that of a connection which takes none");
        }
    }

    void check_slots(const std::vector<std::uint32_t>& slots) const {
        for (const std::uint32_t slot : slots) {
            require(slot < legend_.slots.size(), "an awaited or drained slot is none");
        }
        require(!has_duplicates(slots), "a slot is awaited, or has fired, twice");
    }

    const JobState& state_;
    const Legend& legend_;
};

}  // namespace

void check_legend(const Legend& legend) {
    check_parts(legend, legend.slots, &Legend::Routine::first_slot, "slot");
    check_parts(legend, legend.fields, &Legend::Routine::first_field, "state field");
    std::vector<std::string_view> names;
    names.reserve(legend.routines.size());
    for (const Legend::Routine& routine : legend.routines) {
        names.push_back(routine.name);
    }
    require(!has_duplicates(names), "a routine is in it twice");
    for (const Legend::Connection& connection : legend.connections) {
        require(
            connection.source < legend.routines.size() && connection.target < legend.slots.size(),
            "a connection from or to nothing");
    }
}

void check_state(const JobState& state) {
    require(state.legend != nullptr, "the names of the flow are missing");
    StateCheck(state).run();
}

}  // namespace stoplog::archive
