// The job state for Python: thin, `stoplog.JobState` documents and types it.
#include "stoplog/archive/comparison.hpp"
#include "stoplog/archive/formats.hpp"
#include "stoplog/base/error.hpp"
#include "stoplog/engine/history.hpp"
#include "stoplog/engine/job.hpp"

#include "bindings/flow_handle.hpp"
#include "bindings/records.hpp"
#include "bindings/state_dict_type.hpp"
#include "bindings/state_handle.hpp"
#include "bindings/value_codec.hpp"

#include <algorithm>
#include <cstddef>

namespace stoplog::python {
namespace {

// Not a static object: made and used with the GIL held.
const PythonCodec& codec() {
    static const PythonCodec kCodec;
    return kCodec;
}

py::object checked(PyObject* made) {
    if (made == nullptr) {
        throw py::error_already_set();
    }
    return py::reinterpret_steal<py::object>(made);
}

// The face has checked the name.
Format format_named(std::string_view name) {
    if (name == "json") {
        return Format::Json;
    }
    if (name == "xml") {
        return Format::Xml;
    }
    return name == "text" ? Format::Text : Format::Binary;
}

py::bytes to_bytes(const StateHandle& state, std::string_view format) {
    return py::bytes(stoplog::to_bytes(*state, format_named(format), codec()));
}

StateHandle from_bytes(const py::buffer& data, std::uint64_t max_bytes, std::uint32_t max_depth,
                       std::uint64_t max_items, bool accept_edited) {
    // A copy where it does not lie in one piece.
    const py::bytes whole = py::reinterpret_steal<py::bytes>(PyBytes_FromObject(data.ptr()));
    if (!whole) {
        throw py::error_already_set();
    }
    const Loading how{{max_bytes, max_depth, max_items}, accept_edited};
    return StateHandle(stoplog::from_bytes(std::string_view(whole), how, codec()));
}

py::list routines(const StateHandle& state) {
    py::list names;
    for (const Legend::Routine& routine : state->legend->routines) {
        names.append(routine.name);
    }
    return names;
}

Version version_of(const JobState& state, const Document& fields) {
    return state.frozen ? state.frozen->version_of(fields) : fields.version();
}

// The declared state of the routine with this number, as plain values.
py::dict fields(const StateHandle& state, std::uint32_t routine) {
    py::dict values;
    const CellState& cell = state->cells.at(routine);
    if (!cell.fields) {
        return values;
    }
    const Legend& legend = *state->legend;
    std::uint32_t field = legend.routines[routine].first_field;
    version_of(*state, *cell.fields).each([&](const Entry& entry) {
        const std::string& name = legend.fields[field++].name;
        if (name.find('.') == std::string::npos) {  // else it is a buffer, which nobody declared
            values[py::str(name)] =
                checked(plain_at(state->frozen.get(), static_cast<PyObject*>(entry.value)));
        }
        return true;
    });
    return values;
}

std::size_t due_of(const JobState& state, std::uint32_t routine) {
    return static_cast<std::size_t>(std::ranges::count_if(state.due, [&](const DueDelivery& due) {
        return state.legend->slots[due.delivery.slot].routine == routine;
    }));
}

// Has the job been there, and does anything wait there?
py::tuple usage(const StateHandle& state, std::uint32_t routine) {
    const CellState& cell = state->cells.at(routine);
    return py::make_tuple(cell.is_used, cell.mailbox.size() + due_of(*state, routine));
}

py::list slot_paths(const StateHandle& state, const std::vector<std::uint32_t>& slots) {
    py::list paths;
    for (const std::uint32_t slot : slots) {
        paths.append(state->legend->slot_path(slot));
    }
    return paths;
}

py::dict dropped(const StateHandle& state) {
    py::dict counts;
    for (const DroppedCount& each : state->dropped) {
        counts[py::str(state->legend->slot_path(each.slot))] = each.count;
    }
    return counts;
}

// What only the engine cares for, by names; a routine that emitted nothing is left out.
py::dict standing(const StateHandle& state) {
    const Legend& legend = *state->legend;
    py::dict all;
    all["open"] = state->is_open;
    all["closed"] = state->is_closed;
    all["begun"] = state->has_begun;
    all["deadline"] = state->deadline;
    all["fired"] = slot_paths(state, state->fired);
    all["sent"] = state->sent;
    const Retention& kept = state->retention;
    all["retention"] =
        py::make_tuple(kept.size, kept.ttl, kept.bytes, kept.failures_ttl, kept.keeps_payloads);
    py::list ready;
    for (const std::uint32_t routine : state->ready) {
        ready.append(legend.routines[routine].name);
    }
    all["ready"] = ready;
    py::list waiting;
    for (const Waiting& one : state->waiting) {
        waiting.append(legend.routines[one.routine].name + " for " + legend.slot_path(one.slot));
    }
    all["waiting for room"] = waiting;
    for (const CellState& cell : state->cells) {
        if (cell.emitted != 0) {
            all[py::str("emitted by " + legend.routines[cell.routine].name)] = cell.emitted;
        }
    }
    all["dropped"] = dropped(state);
    py::list turns;
    for (const NextTurn& turn : state->turns) {
        turns.append(legend.event_path(turn.connection) + " -> " +
                     legend.slot_path(legend.connections[turn.connection].target));
    }
    all["next turns"] = turns;
    return all;
}

py::object history(const StateHandle& state) {
    py::list records;
    state->history.each(
        [&](const Record& record) { records.append(checked(make_record(*state, record))); });
    return py::tuple(records);
}

StateHandle fork(const StateHandle& state) {
    auto forked = std::make_shared<JobState>(*state);
    forked->parent_id = state->id;
    forked->id = new_job_id();
    return StateHandle(std::move(forked));
}

StateHandle retain(const StateHandle& state, const RetentionValues& said) {
    return StateHandle(retained(*state, retention_of(said)));
}

// The same state with other values in one routine's. Whoever resumes it
// finds the routine used.
StateHandle edit(const StateHandle& state, std::uint32_t routine, const py::dict& values) {
    auto edited = std::make_shared<JobState>(*state);
    CellState& cell = edited->cells.at(routine);
    if (!cell.fields) {
        throw StateError(join("job ", state->id, ": routine '",
                              state->legend->routines[routine].name,
                              "' has no state that could be edited"));
    }
    const Legend::Routine& named = state->legend->routines[routine];
    const auto log = std::make_shared<CallLog>(std::make_shared<Family>(), named.name);
    auto made = std::make_shared<Document>(python_leaves, log, nullptr);
    std::uint32_t field = named.first_field;
    const Frozen* const frozen = state->frozen.get();
    const bool is_whole = version_of(*state, *cell.fields).each([&](const Entry& entry) {
        const py::str name(state->legend->fields[field++].name);
        PyObject* const given = PyDict_GetItemWithError(values.ptr(), name.ptr());
        Ref kept = Ref::steal(given != nullptr ? tracked(log, given, name.ptr())
                                               : tracked(log, static_cast<PyObject*>(entry.value),
                                                         name.ptr(), frozen));
        if (kept) {
            made->load(name.inc_ref().ptr(), hash_of(name.ptr()), kept.release());
            return true;
        }
        return false;
    });
    if (!is_whole) {
        throw py::error_already_set();
    }
    cell.fields = std::move(made);
    cell.is_used = true;
    return StateHandle(std::move(edited));
}

// Whether two kept values are equal as values of a state are: 1 is not True, nor 1.0.
bool is_same_value(const py::handle& a, const py::handle& b) {
    constexpr wire::Mode kMode{.is_canonical = true, .allows_opaque = true};
    wire::Writer one(nullptr, kMode);
    wire::Writer other(nullptr, kMode);
    codec().encode_leaf(a.ptr(), nullptr, one);
    codec().encode_leaf(b.ptr(), nullptr, other);
    return one.view() == other.view();
}

bool is_same(const StateHandle& a, const StateHandle& b, bool outcome_only) {
    return comparison_image(*a, codec(), outcome_only) ==
           comparison_image(*b, codec(), outcome_only);
}

}  // namespace

void register_job_state(py::module_& module) {
    py::class_<StateHandle>(module, "JobState")
        .def_property_readonly("id", [](const StateHandle& s) { return s->id; })
        .def_property_readonly("parent_id", [](const StateHandle& s) { return s->parent_id; })
        .def_property_readonly("flow_name", [](const StateHandle& s) { return s->flow_name; })
        .def_property_readonly("flow_version", [](const StateHandle& s) { return s->flow_version; })
        .def_property_readonly("fingerprint", [](const StateHandle& s) { return s->fingerprint; })
        .def_property_readonly("drawing", [](const StateHandle& s) { return *s->drawing; })
        .def_property_readonly("status",
                               [](const StateHandle& s) { return std::string(name_of(s->status)); })
        .def_property_readonly("created_at", [](const StateHandle& s) { return s->created_at; })
        .def_property_readonly("taken_at", [](const StateHandle& s) { return s->taken_at; })
        .def_property_readonly("error",
                               [](const StateHandle& s) {
                                   return s->error ? checked(make_job_error(*s->error))
                                                   : py::object(py::none());
                               })
        .def_property_readonly("queued",
                               [](const StateHandle& s) { return checked(make_queued(*s)); })
        .def_property_readonly("awaited",
                               [](const StateHandle& s) { return slot_paths(s, s->awaited); })
        .def_property_readonly("failed_deliveries",
                               [](const StateHandle& s) { return s->failed_deliveries; })
        .def_property_readonly("dropped", dropped)
        .def_property_readonly("history", history)
        .def("routines", routines)
        .def("fields", fields)
        .def("usage", usage)
        .def("fork", fork)
        .def("edit", edit)
        .def("standing", standing)
        .def("retain", retain)
        .def("is_same", is_same)
        .def("to_bytes", to_bytes)
        .def_static("from_bytes", from_bytes);
    module.def("same_value", is_same_value);
}

}  // namespace stoplog::python
