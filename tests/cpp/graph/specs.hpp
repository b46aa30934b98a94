// Short ways to write down what routines declare, for the tests of this room.
#pragma once

#include "stoplog/graph/routine.hpp"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace stoplog::test {

inline std::vector<FieldSpec> fields(const std::vector<std::string>& names) {
    std::vector<FieldSpec> specs;
    for (const std::string& name : names) specs.push_back({name, true});
    return specs;
}

inline SlotSpec slot(std::string name, const std::vector<std::string>& names = {}) {
    SlotSpec spec;
    spec.name = std::move(name);
    spec.fields = fields(names);
    return spec;
}

inline SlotSpec drained(std::string name) {
    SlotSpec spec = slot(std::move(name));
    spec.is_drained = true;
    return spec;
}

inline EventSpec event(std::string name, const std::vector<std::string>& names = {}) {
    return {std::move(name), false, fields(names)};
}

inline RoutineSpec routine(std::string name, std::vector<SlotSpec> slots,
                           std::vector<EventSpec> events, std::vector<StateSpec> state = {}) {
    RoutineSpec spec;
    spec.name = std::move(name);
    spec.declared = std::make_shared<const Declaration>(
        Declaration{std::move(slots), std::move(events), std::move(state)});
    return spec;
}

/// Lets `spec` declare something else.
template <class Change>
void redeclare(RoutineSpec& spec, const Change& change) {
    Declaration declared = *spec.declared;
    change(declared);
    spec.declared = std::make_shared<const Declaration>(std::move(declared));
}

}  // namespace stoplog::test
