// The job state for Python: thin, `stoplog.JobState` documents and types it.
#include "stoplog/archive/comparison.hpp"
#include "stoplog/archive/formats.hpp"
#include "stoplog/engine/job.hpp"

#include "bindings/flow_handle.hpp"
#include "bindings/records.hpp"
#include "bindings/state_dict_type.hpp"
#include "bindings/state_handle.hpp"
#include "bindings/value_codec.hpp"

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

// The declared state of the routine with this number, as plain values.
py::dict fields(const StateHandle& state, std::uint32_t routine) {
    py::dict values;
    const CellState& cell = state->cells.at(routine);
    if (!cell.fields) {
        return values;
    }
    const Legend& legend = *state->legend;
    std::uint32_t field = legend.routines[routine].first_field;
    const Version version =
        state->frozen ? state->frozen->version_of(*cell.fields) : cell.fields->version();
    version.each([&](const Entry& entry) {
        const std::string& name = legend.fields[field++].name;
        if (name.find('.') == std::string::npos) {  // else it is a buffer, which nobody declared
            values[py::str(name)] =
                checked(plain_at(state->frozen.get(), static_cast<PyObject*>(entry.value)));
        }
        return true;
    });
    return values;
}

// Has the job been there, and does anything wait there?
py::tuple usage(const StateHandle& state, std::uint32_t routine) {
    const CellState& cell = state->cells.at(routine);
    return py::make_tuple(cell.is_used, cell.mailbox.size());
}

py::list slot_paths(const StateHandle& state, const std::vector<std::uint32_t>& slots) {
    py::list paths;
    for (const std::uint32_t slot : slots) {
        paths.append(state->legend->slot_path(slot));
    }
    return paths;
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
        .def_property_readonly("history", history)
        .def("routines", routines)
        .def("fields", fields)
        .def("usage", usage)
        .def("fork", fork)
        .def("is_same", is_same)
        .def("to_bytes", to_bytes)
        .def_static("from_bytes", from_bytes);
}

}  // namespace stoplog::python
