// Adding, connecting, finding: every wrong name is answered with the names there are.
#include "stoplog/graph/flow.hpp"

#include "stoplog/base/error.hpp"
#include "stoplog/base/suggest.hpp"
#include "stoplog/graph/freeze.hpp"

#include <algorithm>

namespace stoplog {
namespace {

template <class Spec>
std::vector<std::string> names_of(const std::vector<Spec>& specs) {
    std::vector<std::string> names;
    names.reserve(specs.size());
    for (const Spec& spec : specs) {
        names.push_back(spec.name);
    }
    return names;
}

template <class Spec>
std::uint32_t place_of(const std::vector<Spec>& specs, std::string_view name) {
    for (std::uint32_t i = 0; i < specs.size(); ++i) {
        if (specs[i].name == name) {
            return i;
        }
    }
    return kNone;
}

struct Path {
    std::string_view routine;
    std::string_view part;
    bool is_whole;
};

Path split(std::string_view path) {
    const auto dot = path.find('.');
    return dot == std::string_view::npos ? Path{path, {}, false}
                                         : Path{path.substr(0, dot), path.substr(dot + 1), true};
}

// Nothing is connected or sent to a drained slot: it is not in the way of the only other one.
bool is_open_to_all(const SlotSpec& slot) { return !slot.is_drained; }
bool is_open_to_all(const EventSpec&) { return true; }

template <class Error, class Spec>
std::uint32_t find_part(const std::vector<Spec>& parts, const Path& path, std::string_view flow,
                        std::string_view kind) {
    const std::vector<std::string> names = names_of(parts);
    if (!path.is_whole) {
        const auto is_open = [](const Spec& part) { return is_open_to_all(part); };
        if (parts.size() == 1 || std::ranges::count_if(parts, is_open) == 1) {
            const auto found = std::ranges::find_if(parts, is_open);
            return found == parts.end() ? 0 : static_cast<std::uint32_t>(found - parts.begin());
        }
        throw ConfigurationError(join("flow '", flow, "': routine '", path.routine, "' has ",
                                      std::to_string(parts.size()), " ", kind,
                                      "s: say which one; they are ", quoted_list(names)));
    }
    const std::uint32_t found = place_of(parts, path.part);
    if (found == kNone) {
        throw Error(join("flow '", flow, "': no ", kind, " '", path.part, "' on routine '",
                         path.routine, "'; its ", kind, "s are ", quoted_list(names),
                         did_you_mean(path.part, names)));
    }
    return found;
}

}  // namespace

std::string connection_text(std::string_view source, std::string_view target,
                            const Rename& rename) {
    std::string text = join(source, ">", target);
    const auto add = [&](const std::string& name) {
        text += join(";", std::to_string(name.size()), ":", name);
    };
    for (const auto& [old_name, new_name] : rename) {
        add(old_name);
        add(new_name);
    }
    return text;
}

bool is_identifier(std::string_view text) {
    const auto is_letter = [](unsigned char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 0x80;
    };
    return !text.empty() && is_letter(static_cast<unsigned char>(text.front())) &&
           std::ranges::all_of(
               text, [&](unsigned char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
}

Flow::Flow(std::string name, std::string version, ErrorRule on_error)
    : name_(std::move(name)), version_(std::move(version)), on_error_(std::move(on_error)) {
    if (name_.empty()) {
        throw ConfigurationError("a flow needs a name; found an empty one");
    }
}

std::uint32_t Flow::add(RoutineSpec routine) {
    if (!is_identifier(routine.name)) {
        throw ConfigurationError(join("flow '", name_, "': routine name '", routine.name,
                                      "' is no identifier; use letters, digits and '_'"));
    }
    if (index_.contains(routine.name)) {
        throw ConfigurationError(join("flow '", name_, "': there is a routine '", routine.name,
                                      "' already; give this one another name, or put it in its "
                                      "place with replace=True"));
    }
    const auto index = static_cast<std::uint32_t>(routines_.size());
    index_.emplace(routine.name, index);
    routines_.push_back(std::move(routine));
    plan_.reset();
    return index;
}

std::uint32_t Flow::find_routine(std::string_view name) const {
    const auto found = index_.find(std::string(name));
    if (found == index_.end()) {
        const std::vector<std::string> names = routine_names();
        throw UnknownRoutineError(join("flow '", name_, "': no routine '", name,
                                       "'; its routines are ", quoted_list(names),
                                       did_you_mean(name, names)));
    }
    return found->second;
}

std::optional<std::uint32_t> Flow::index_of(std::string_view name) const {
    const auto found = index_.find(std::string(name));
    return found == index_.end() ? std::nullopt : std::optional(found->second);
}

Flow::End Flow::find_event(std::string_view path) const {
    const Path parts = split(path);
    const std::uint32_t routine = find_routine(parts.routine);
    return {routine, find_part<UnknownEventError>(routines_[routine].declared->events, parts, name_,
                                                  "event")};
}

Flow::End Flow::find_slot(std::string_view path) const {
    const Path parts = split(path);
    const std::uint32_t routine = find_routine(parts.routine);
    return {routine,
            find_part<UnknownSlotError>(routines_[routine].declared->slots, parts, name_, "slot")};
}

std::string Flow::event_path(const Connection& connection) const {
    const RoutineSpec& source = routines_[connection.source];
    return join(source.name, ".", source.declared->events[connection.event].name);
}

std::string Flow::slot_path(const Connection& connection) const {
    const RoutineSpec& target = routines_[connection.target];
    return join(target.name, ".", target.declared->slots[connection.slot].name);
}

Connection Flow::located(std::string_view source, std::string_view target, Rename rename) const {
    const End from = find_event(source);
    const End to = find_slot(target);
    std::ranges::sort(rename);
    return {from.routine, from.index, to.routine, to.index, std::move(rename), 0};
}

std::vector<std::string> Flow::group_paths(const Connection& connection) const {
    std::vector<std::string> paths;
    for (const Connection& other : connections_) {
        if (other.group == connection.group) {
            paths.push_back(slot_path(other));
        }
    }
    return paths;
}

// Whoever takes turns with the same ones is the same group, in whatever order they were named.
std::string Flow::group_text(std::string_view source, const std::vector<std::string>& targets,
                             const Rename& rename) const {
    std::vector<std::string> sorted = targets;
    std::ranges::sort(sorted);
    std::string all;
    for (const std::string& target : sorted) {
        all += join("|", target);
    }
    return connection_text(source, all, rename);
}

// All that tells it from others; of a group, what tells the group.
std::string Flow::whole_text(const Connection& connection) const {
    if (connection.group != 0) {
        return group_text(event_path(connection), group_paths(connection), connection.rename);
    }
    return connection_text(event_path(connection), slot_path(connection), connection.rename);
}

std::uint32_t Flow::connect_one_of(std::string_view source, const std::vector<std::string>& targets,
                                   const Rename& rename) {
    std::vector<Connection> made;
    std::vector<std::string> paths;
    for (const std::string& target : targets) {
        made.push_back(located(source, target, rename));
        check_fields(made.back());
        paths.push_back(slot_path(made.back()));
    }
    std::vector<std::string> sorted = paths;
    std::ranges::sort(sorted);
    const auto twice = std::ranges::adjacent_find(sorted);
    if (twice != sorted.end()) {
        throw GraphError(join("flow '", name_, "': one_of(): '", *twice, "' is in it twice"));
    }
    std::string text = group_text(event_path(made.front()), paths, made.front().rename);
    const auto known = known_.find(text);
    if (known != known_.end()) {
        return known->second;
    }
    const auto index = static_cast<std::uint32_t>(connections_.size());
    known_.emplace(std::move(text), index);
    ++groups_;
    for (Connection& connection : made) {
        connection.group = groups_;
        connections_.push_back(std::move(connection));
    }
    plan_.reset();
    return index;
}

std::uint32_t Flow::connect(std::string_view source, std::string_view target, Rename rename) {
    Connection connection = located(source, target, std::move(rename));
    std::string text = whole_text(connection);
    const auto known = known_.find(text);
    if (known != known_.end()) {
        return known->second;
    }
    check_fields(connection);
    const auto index = static_cast<std::uint32_t>(connections_.size());
    known_.emplace(std::move(text), index);
    connections_.push_back(std::move(connection));
    plan_.reset();
    return index;
}

void Flow::chain(const std::vector<std::string>& routines) {
    for (std::size_t i = 1; i < routines.size(); ++i) {
        check_fields(located(routines[i - 1], routines[i], {}));
    }
    for (std::size_t i = 1; i < routines.size(); ++i) {
        connect(routines[i - 1], routines[i], {});
    }
}

// What can be known before anything runs: fields that would never arrive, or never fit.
void Flow::check_fields(const Connection& connection) const {
    const EventSpec& event = routines_[connection.source].declared->events[connection.event];
    const SlotSpec& slot = routines_[connection.target].declared->slots[connection.slot];
    const std::string what =
        join("flow '", name_, "': ", event_path(connection), " -> ", slot_path(connection), ": ");
    if (slot.is_drained) {
        throw GraphError(join(what, "a slot that is delivered when drained takes no connection"));
    }
    std::vector<std::string> fields = names_of(event.fields);
    for (const auto& [old_name, new_name] : connection.rename) {
        const auto found = std::ranges::find(fields, old_name);
        if (found == fields.end()) {
            if (!event.takes_any) {
                throw TypeMismatchError(join(what, "rename of field '", old_name,
                                             "', which the event does not have; its fields are ",
                                             quoted_list(names_of(event.fields))));
            }
            fields.push_back(new_name);
        } else {
            *found = new_name;
        }
    }
    std::vector<std::string> sorted = fields;
    std::ranges::sort(sorted);
    const auto twice = std::ranges::adjacent_find(sorted);
    if (twice != sorted.end()) {
        throw TypeMismatchError(join(what, "two fields would be named '", *twice, "'"));
    }
    if (event.takes_any) {
        return;
    }
    for (const FieldSpec& field : slot.fields) {
        if (field.is_required && std::ranges::find(fields, field.name) == fields.end()) {
            throw TypeMismatchError(
                join(what, "the slot needs field '", field.name, "', the event has ",
                     quoted_list(fields), did_you_mean(field.name, fields),
                     "; rename={'<event field>': '", field.name, "'} maps one"));
        }
    }
}

std::vector<std::string> Flow::routine_names() const { return names_of(routines_); }

std::shared_ptr<const Plan> Flow::plan() const {
    if (!plan_) {
        plan_ = freeze(*this, on_error_);
    }
    return plan_;
}

}  // namespace stoplog
