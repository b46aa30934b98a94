// In the order of declaration, so that the same flow is told about in the same words.
#include "stoplog/graph/validate.hpp"

#include "stoplog/base/error.hpp"

#include <cstdint>
#include <set>
#include <utility>

namespace stoplog {
namespace {

using Ends = std::set<std::pair<std::uint32_t, std::uint32_t>>;  // routine, event or slot

void check_that_it_can_run(const Flow& flow) {
    const std::string beginning = join("flow '", flow.name(), "'");
    if (flow.routines().empty()) {
        throw GraphError(join(beginning, " has no routines: nothing of it can run"));
    }
    std::string faults;
    for (const RoutineSpec& routine : flow.routines()) {
        if (routine.declared->slots.empty()) {
            faults +=
                join("\n- routine '", routine.name, "' has no slot: it would never be called");
        }
    }
    if (!faults.empty()) {
        throw GraphError(join(beginning, " cannot run as it is drawn:", faults));
    }
}

}  // namespace

std::vector<std::string> validate(const Flow& flow) {
    check_that_it_can_run(flow);
    Ends heard;
    Ends fed;
    for (const Connection& connection : flow.connections()) {
        heard.emplace(connection.source, connection.event);
        fed.emplace(connection.target, connection.slot);
    }
    std::vector<std::string> warnings;
    for (std::uint32_t number = 0; number < flow.routines().size(); ++number) {
        const RoutineSpec& routine = flow.routines()[number];
        for (std::uint32_t i = 0; i < routine.declared->slots.size(); ++i) {
            const SlotSpec& slot = routine.declared->slots[i];
            if (!slot.is_drained && !fed.contains({number, i})) {
                warnings.push_back(join("slot '", routine.name, ".", slot.name,
                                        "' is fed by no event: only what is sent from outside "
                                        "comes there"));
            }
        }
        for (std::uint32_t i = 0; i < routine.declared->events.size(); ++i) {
            if (!heard.contains({number, i})) {
                warnings.push_back(join("event '", routine.name, ".",
                                        routine.declared->events[i].name,
                                        "' is heard by no slot: what it emits is dropped"));
            }
        }
    }
    return warnings;
}

}  // namespace stoplog
