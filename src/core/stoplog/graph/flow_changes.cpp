// Taking away and putting in another's place: what stays connected fits, or nothing is changed.
//
// Behaviours are foreign: what is let go of is kept until the flow is whole again.
#include "stoplog/base/error.hpp"
#include "stoplog/base/suggest.hpp"
#include "stoplog/graph/flow.hpp"

#include <algorithm>

namespace stoplog {
namespace {

template <class Spec>
std::uint32_t place_of(const std::vector<Spec>& specs, std::string_view name) {
    const auto found = std::ranges::find(specs, name, &Spec::name);
    return found == specs.end() ? kNone : static_cast<std::uint32_t>(found - specs.begin());
}

}  // namespace

std::uint32_t Flow::add_or_replace(RoutineSpec& routine) {
    const auto known = index_.find(routine.name);
    if (known == index_.end()) {
        return add(std::move(routine));
    }
    const std::uint32_t index = known->second;
    std::swap(routines_[index], routine);
    try {
        connections_ = refit(index, routine);
    } catch (...) {
        std::swap(routines_[index], routine);
        throw;
    }
    const std::shared_ptr<const Plan> old_plan = std::move(plan_);
    return index;
}

void Flow::extend(std::uint32_t routine, std::shared_ptr<const Declaration> declared,
                  std::shared_ptr<Behaviour> behaviour) {
    const std::shared_ptr<const Plan> old_plan = std::move(plan_);
    std::swap(routines_[routine].declared, declared);
    std::swap(routines_[routine].behaviour, behaviour);
}

RoutineSpec Flow::remove(std::string_view name) {
    const std::uint32_t index = find_routine(name);
    const std::shared_ptr<const Plan> old_plan = std::move(plan_);
    RoutineSpec removed = std::move(routines_[index]);
    routines_.erase(routines_.begin() + index);
    std::erase_if(connections_, [&](const Connection& connection) {
        return connection.source == index || connection.target == index;
    });
    for (Connection& connection : connections_) {
        connection.source -= connection.source > index ? 1 : 0;
        connection.target -= connection.target > index ? 1 : 0;
    }
    index_anew();
    return removed;
}

void Flow::disconnect(std::string_view source, std::string_view target, Rename rename) {
    std::ranges::sort(rename);
    const auto known = known_.find(connection_text(source, target, rename));
    if (known == known_.end()) {
        refuse_disconnect(source, target, rename);
    }
    const std::shared_ptr<const Plan> old_plan = std::move(plan_);
    connections_.erase(connections_.begin() + known->second);
    index_anew();
}

void Flow::disconnect_one_of(std::string_view source, const std::vector<std::string>& targets,
                             Rename rename) {
    std::ranges::sort(rename);
    const auto known = known_.find(group_text(source, targets, rename));
    if (known == known_.end()) {
        refuse_disconnect(source, join("one_of(", quoted_list(targets), ")"), rename);
    }
    const std::shared_ptr<const Plan> old_plan = std::move(plan_);
    std::erase_if(connections_, [group = connections_[known->second].group](const Connection& one) {
        return one.group == group;
    });
    index_anew();
}

void Flow::refuse_disconnect(std::string_view source, std::string_view target,
                             const Rename& rename) const {
    std::vector<std::string> paths;
    paths.reserve(connections_.size());
    for (const Connection& connection : connections_) {
        paths.push_back(join(event_path(connection), " -> ", slot_path(connection)));
    }
    throw NotFoundError(join("flow '", name_, "': no connection ", source, " -> ", target,
                             rename.empty() ? "" : " with this rename", "; its connections are ",
                             quoted_list(paths)));
}

void Flow::index_anew() {
    index_.clear();
    for (std::uint32_t i = 0; i < routines_.size(); ++i) {
        index_.emplace(routines_[i].name, i);
    }
    known_.clear();
    for (std::uint32_t i = 0; i < connections_.size(); ++i) {
        known_.emplace(whole_text(connections_[i]), i);  // of a group the first
    }
}

// False where routine `index` has no such event or slot as `old` had.
bool Flow::refit_end(Connection& connection, std::uint32_t index, const RoutineSpec& old) const {
    const Declaration& now = *routines_[index].declared;
    if (connection.source == index) {
        connection.event = place_of(now.events, old.declared->events[connection.event].name);
    }
    if (connection.target == index) {
        connection.slot = place_of(now.slots, old.declared->slots[connection.slot].name);
    }
    return connection.event != kNone && connection.slot != kNone;
}

// The connections as they are when routine `index` has taken the place of `old`.
std::vector<Connection> Flow::refit(std::uint32_t index, const RoutineSpec& old) const {
    const std::string beginning = join("flow '", name_, "': ");
    std::vector<Connection> refitted = connections_;
    std::string misfits;
    for (Connection& connection : refitted) {
        if (connection.source != index && connection.target != index) {
            continue;
        }
        const auto declared = [&](std::uint32_t routine) -> const Declaration& {
            return *(routine == index ? old : routines_[routine]).declared;
        };
        const std::string event = declared(connection.source).events[connection.event].name;
        const std::string slot = declared(connection.target).slots[connection.slot].name;
        if (!refit_end(connection, index, old)) {
            misfits += join(
                "\n- ", routines_[connection.source].name, ".", event, " -> ",
                routines_[connection.target].name, ".", slot, ": the new '", old.name, "' has no ",
                connection.event == kNone ? join("event '", event) : join("slot '", slot), "'");
            continue;
        }
        try {
            check_fields(connection);
        } catch (const ConfigurationError& error) {
            misfits += join("\n- ", std::string(error.what()).substr(beginning.size()));
        }
    }
    if (!misfits.empty()) {
        throw GraphError(join(beginning, "the new '", old.name,
                              "' does not fit what is connected; disconnect this first:", misfits));
    }
    return refitted;
}

}  // namespace stoplog
