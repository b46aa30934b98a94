// Numbers are given in the order of declaration; targets of one event stand together, in the
// order of connection.
#include "stoplog/graph/freeze.hpp"

#include "stoplog/graph/drained_order.hpp"
#include "stoplog/graph/drawing.hpp"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <string_view>

namespace stoplog {
namespace {

// A plan is kept as long as its jobs: exactly as large as it must be.
void reserve(const Flow& flow, Plan& plan, Legend& legend) {
    std::size_t slots = 0;
    std::size_t fields = 0;
    std::size_t events = 0;
    for (const RoutineSpec& routine : flow.routines()) {
        slots += routine.declared->slots.size();
        fields += routine.declared->state.size();
        events += routine.declared->events.size();
    }
    legend.routines.reserve(flow.routines().size());
    legend.slots.reserve(slots);
    legend.fields.reserve(fields);
    legend.connections.reserve(flow.connections().size());
    plan.routines.reserve(flow.routines().size());
    plan.slots.reserve(slots);
    plan.routes.resize(events);
}

// Requires: its slots are the last in the plan.
bool needs_sorting(const RoutineSpec& routine, const Plan& plan) {
    const auto first =
        plan.slots.end() - static_cast<std::ptrdiff_t>(routine.declared->slots.size());
    const auto is_special = [&](const SlotPlan& slot) {
        return slot.priority != first->priority || slot.overflow == Overflow::DropOldest ||
               slot.on_error.policy == ErrorPolicy::Retry;
    };
    return (routine.behaviour && routine.behaviour->may_retry()) ||
           std::any_of(first, plan.slots.end(), is_special);
}

void number_routines(const Flow& flow, const ErrorRule& on_error, Plan& plan, Legend& legend) {
    std::uint32_t first_route = 0;
    for (const RoutineSpec& routine : flow.routines()) {
        const auto number = static_cast<std::uint32_t>(legend.routines.size());
        legend.routines.push_back({routine.name, static_cast<std::uint32_t>(legend.slots.size()),
                                   static_cast<std::uint32_t>(legend.fields.size())});
        for (const SlotSpec& slot : routine.declared->slots) {
            legend.slots.push_back({slot.name, number, slot.priority});
            const ErrorRule inherited = routine.on_error.value_or(on_error);
            plan.slots.push_back({number, slot.capacity, slot.priority, slot.is_drained,
                                  slot.overflow, slot.on_error.value_or(inherited)});
        }
        for (const StateSpec& field : routine.declared->state) {
            legend.fields.push_back({field.name, number});
        }
        if (!routine.declared->state.empty()) {
            plan.stateful.push_back(number);
        }
        plan.routines.push_back({routine.behaviour, first_route});
        plan.routines.back().is_sorted = needs_sorting(routine, plan);
        first_route += static_cast<std::uint32_t>(routine.declared->events.size());
    }
}

// How many of a group there are from this connection on; they stand together.
std::uint32_t turns_from(const Flow& flow, std::uint32_t first) {
    const std::uint32_t group = flow.connections()[first].group;
    std::uint32_t count = 1;
    while (group != 0 && first + count < flow.connections().size() &&
           flow.connections()[first + count].group == group) {
        ++count;
    }
    return count;
}

// A counting sort by route: stable, so the order of connection stays.
void lay_routes(const Flow& flow, Plan& plan, Legend& legend) {
    const auto route_of = [&](const Connection& connection) -> Route& {
        return plan.routes[plan.routines[connection.source].first_route + connection.event];
    };
    for (const Connection& connection : flow.connections()) {
        ++route_of(connection).count;
    }
    std::uint32_t first = 0;
    for (Route& route : plan.routes) {
        route.first = first;
        first += route.count;
        route.count = 0;
    }
    plan.targets.resize(flow.connections().size());
    for (std::uint32_t i = 0; i < flow.connections().size(); ++i) {
        const Connection& connection = flow.connections()[i];
        const std::uint32_t slot = legend.routines[connection.target].first_slot + connection.slot;
        Route& route = route_of(connection);
        plan.targets[route.first + route.count++] = {connection.target, slot, i,
                                                     turns_from(flow, i)};
        plan.routines[connection.source].has_choices |=
            connection.group != 0 || plan.slots[slot].overflow != Overflow::Block;
        plan.routines[connection.target].has_renames |= !connection.rename.empty();
        legend.connections.push_back(
            {flow.routines()[connection.source].declared->events[connection.event].name,
             connection.source, slot, connection.rename, connection.group != 0});
    }
}

}  // namespace

std::shared_ptr<const Plan> freeze(const Flow& flow, const ErrorRule& on_error) {
    auto plan = std::make_shared<Plan>();
    auto legend = std::make_shared<Legend>();
    plan->flow_name = flow.name();
    plan->flow_version = flow.version();
    reserve(flow, *plan, *legend);
    number_routines(flow, on_error, *plan, *legend);
    lay_routes(flow, *plan, *legend);
    plan->legend = legend;
    plan->by_name.resize(legend->routines.size());
    std::iota(plan->by_name.begin(), plan->by_name.end(), 0U);
    std::ranges::sort(plan->by_name, {}, [&](std::uint32_t routine) -> std::string_view {
        return legend->routines[routine].name;
    });
    plan->drained = drained_order(*plan);
    plan->drawing = std::make_shared<const std::string>(draw(flow));
    plan->fingerprint = fingerprint_of(*plan->drawing);
    return plan;
}

}  // namespace stoplog
