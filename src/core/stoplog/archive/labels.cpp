// Names that are the only ones of their list.
#include "stoplog/archive/labels.hpp"

#include "stoplog/base/error.hpp"

namespace stoplog::archive {

void Labels::List::add(const std::string& text) {
    const auto number = static_cast<std::uint32_t>(texts_.size());
    std::string label = text;
    while (!numbers_.try_emplace(label, number).second) {
        label = join(text, " #", std::to_string(++alike_[text] + 1));
    }
    texts_.push_back(std::move(label));
}

std::uint32_t Labels::List::number_of(std::string_view text, std::string_view kind) const {
    const auto found = numbers_.find(std::string(text));
    if (found == numbers_.end()) {
        throw SerializationError(join("damaged: there is no ", kind, " '", text, "'"));
    }
    return found->second;
}

Labels::Labels(const Legend& legend) {
    name_routines(legend.routines);
    name_slots(legend.slots);
    name_connections(legend.connections);
}

void Labels::name_routines(const std::vector<Legend::Routine>& routines) {
    routines_.clear();
    for (const Legend::Routine& routine : routines) {
        routines_.add(routine.name);
    }
}

void Labels::name_slots(const std::vector<Legend::Slot>& slots) {
    slots_.clear();
    for (const Legend::Slot& slot : slots) {
        slots_.add(join(routines_.of(slot.routine), ".", slot.name));
    }
}

void Labels::name_connections(const std::vector<Legend::Connection>& connections) {
    connections_.clear();
    for (const Legend::Connection& connection : connections) {
        connections_.add(join(routines_.of(connection.source), ".", connection.event, " -> ",
                              slots_.of(connection.target)));
    }
}

}  // namespace stoplog::archive
