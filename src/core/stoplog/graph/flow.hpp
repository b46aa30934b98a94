// The drawing board: routines and connections, checked as they are added.
//
// Changing a flow changes future jobs only: each job keeps the plan that it was started on.
#pragma once

#include "stoplog/graph/plan.hpp"
#include "stoplog/graph/routine.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace stoplog {

using Rename = std::vector<std::pair<std::string, std::string>>;  // event's field, slot's field

struct Connection {
    std::uint32_t source = 0;  // routine
    std::uint32_t event = 0;   // of the source
    std::uint32_t target = 0;  // routine
    std::uint32_t slot = 0;    // of the target
    Rename rename;             // sorted
    std::uint32_t group = 0;   // 0: every delivery; else those of the same group take turns
};

class Flow {
public:
    Flow(std::string name, std::string version, ErrorRule on_error);

    /// Throws ConfigurationError where the name is taken, is no identifier, or a part is wrong.
    std::uint32_t add(RoutineSpec routine);
    /// Puts a routine in the place of the one of its name, connections kept; adds it where there is
    /// none. Throws GraphError with a list, and changes nothing, where connections would lose an
    /// end or no longer fit. What it took the place of is left in `routine`.
    std::uint32_t add_or_replace(RoutineSpec& routine);
    /// Takes a routine away, with its connections; those added after it move up by one. Throws
    /// UnknownRoutineError.
    [[nodiscard]] RoutineSpec remove(std::string_view name);

    /// What a routine declares now: all that it did, in the same places, and more behind it.
    void extend(std::uint32_t routine, std::shared_ptr<const Declaration> declared,
                std::shared_ptr<Behaviour> behaviour);

    /// Connects "routine.event" to "routine.slot"; a routine's name alone where it has only one.
    /// The same connection again changes nothing. Returns its index.
    std::uint32_t connect(std::string_view source, std::string_view target, Rename rename);
    /// The same to several slots, which take turns: one delivery for each emission. Returns the
    /// index of the first; the others follow it.
    std::uint32_t connect_one_of(std::string_view source, const std::vector<std::string>& targets,
                                 const Rename& rename);
    /// Connects the only event of each to the only slot of the next; all of them or none.
    void chain(const std::vector<std::string>& routines);
    /// Throws NotFoundError where there is no such connection.
    void disconnect(std::string_view source, std::string_view target, Rename rename);
    void disconnect_one_of(std::string_view source, const std::vector<std::string>& targets,
                           Rename rename);

    struct End {
        std::uint32_t routine;
        std::uint32_t index;
    };
    [[nodiscard]] End find_event(std::string_view path) const;
    [[nodiscard]] End find_slot(std::string_view path) const;
    [[nodiscard]] std::uint32_t find_routine(std::string_view name) const;
    /// Of the routine of that name, where there is one.
    [[nodiscard]] std::optional<std::uint32_t> index_of(std::string_view name) const;

    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] const std::string& version() const { return version_; }
    [[nodiscard]] const std::vector<RoutineSpec>& routines() const { return routines_; }
    [[nodiscard]] const std::vector<Connection>& connections() const { return connections_; }
    [[nodiscard]] std::string event_path(const Connection& connection) const;
    [[nodiscard]] std::string slot_path(const Connection& connection) const;
    /// "a.in" of each that takes turns with this one, itself among them, in order of connection.
    [[nodiscard]] std::vector<std::string> group_paths(const Connection& connection) const;

    /// The frozen form; the same one until something is added.
    [[nodiscard]] std::shared_ptr<const Plan> plan() const;

private:
    [[nodiscard]] std::vector<std::string> routine_names() const;
    [[nodiscard]] Connection located(std::string_view source, std::string_view target,
                                     Rename rename) const;
    void check_fields(const Connection& connection) const;
    [[nodiscard]] std::string whole_text(const Connection& connection) const;
    [[nodiscard]] std::string group_text(std::string_view source,
                                         const std::vector<std::string>& targets,
                                         const Rename& rename) const;
    [[noreturn]] void refuse_disconnect(std::string_view source, std::string_view target,
                                        const Rename& rename) const;
    void index_anew();
    [[nodiscard]] std::vector<Connection> refit(std::uint32_t index, const RoutineSpec& old) const;
    bool refit_end(Connection& connection, std::uint32_t index, const RoutineSpec& old) const;

    std::string name_;
    std::string version_;
    ErrorRule on_error_;
    std::uint32_t groups_ = 0;  // numbers given
    std::vector<RoutineSpec> routines_;
    std::vector<Connection> connections_;
    std::unordered_map<std::string, std::uint32_t> index_;  // of routines, by name
    std::unordered_map<std::string, std::uint32_t> known_;  // connections, by their whole text
    mutable std::shared_ptr<const Plan> plan_;
};

/// "a.out>b.in;3:old;3:new": equal for equal connections only. `rename` is sorted.
[[nodiscard]] std::string connection_text(std::string_view source, std::string_view target,
                                          const Rename& rename);

/// Letters, digits and underscores, no digit first: what may name a part.
[[nodiscard]] bool is_identifier(std::string_view text);

}  // namespace stoplog
