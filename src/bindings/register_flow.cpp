// The flow for Python: thin, `stoplog.Flow` documents and types it.
#include "stoplog/graph/drawing.hpp"
#include "stoplog/graph/validate.hpp"

#include "bindings/flow_handle.hpp"
#include "bindings/python_handler.hpp"

#include <algorithm>

namespace stoplog::python {
namespace {

std::optional<ErrorRule> optional_rule(const py::handle& said) {
    return said.is_none() ? std::nullopt : std::optional(rule_of(said));
}

// (source, targets, rename): several targets take turns.
py::tuple connection_row(const FlowHandle& flow, std::uint32_t index) {
    const Connection& connection = flow.connections()[index];
    py::dict rename;
    for (const auto& [from, to] : connection.rename) {
        rename[py::str(from)] = to;
    }
    py::list targets;
    if (connection.group == 0) {
        targets.append(flow.slot_path(connection));
    } else {
        for (const std::string& path : flow.group_paths(connection)) {
            targets.append(path);
        }
    }
    return py::make_tuple(flow.event_path(connection), py::tuple(targets), rename);
}

py::list connection_rows(const FlowHandle& flow) {
    py::list rows;
    std::uint32_t group = 0;
    for (std::uint32_t i = 0; i < flow.connections().size(); ++i) {
        const std::uint32_t own = flow.connections()[i].group;
        if (own == 0 || own != group) {
            rows.append(connection_row(flow, i));
        }
        group = own;
    }
    return rows;
}

// Does the slot take a field of this name?
bool takes_field(const FlowHandle& flow, const py::handle& slot, const std::string& field) {
    const Flow::End end = flow.find_slot(flow.slot_text(slot));
    const SlotSpec& spec = flow.routines()[end.routine].declared->slots[end.index];
    return spec.takes_any ||
           std::any_of(spec.fields.begin(), spec.fields.end(),
                       [&](const FieldSpec& known) { return known.name == field; });
}

py::object routine_object(const RoutineSpec& spec) {
    return py::reinterpret_borrow<py::object>(
        static_cast<const PythonHandler&>(*spec.behaviour).routine());
}

using FlowClass = py::class_<FlowHandle, std::shared_ptr<FlowHandle>>;

// What a flow tells of itself.
void define_questions(FlowClass& flow_class) {
    flow_class.def("connection", connection_row)
        .def("connections", connection_rows)
        .def("takes_field", takes_field)
        .def("routines",
             [](const FlowHandle& flow) {
                 py::dict routines;
                 for (const RoutineSpec& spec : flow.routines()) {
                     routines[py::str(spec.name)] = routine_object(spec);
                 }
                 return routines;
             })
        .def("find",
             [](const FlowHandle& flow, const std::string& name) -> py::object {
                 const std::optional<std::uint32_t> found = flow.index_of(name);
                 return found ? routine_object(flow.routines()[*found]) : py::none();
             })
        .def("name_of", &FlowHandle::name_of)
        .def("validate", [](const FlowHandle& flow) { return validate(flow); })
        .def_property_readonly("name", [](const FlowHandle& flow) { return flow.name(); })
        .def_property_readonly("version", [](const FlowHandle& flow) { return flow.version(); })
        .def_property_readonly("drawing",
                               [](const FlowHandle& flow) { return *flow.plan()->drawing; })
        .def_property_readonly("fingerprint",
                               [](const FlowHandle& flow) { return flow.plan()->fingerprint; });
}

// How routines are joined, and parted.
void define_connections(FlowClass& flow_class) {
    flow_class
        .def("connect",
             [](FlowHandle& flow, const py::handle& source, const py::handle& target,
                const std::map<std::string, std::string>& rename) {
                 return flow.connect(flow.event_text(source), flow.slot_text(target),
                                     {rename.begin(), rename.end()});
             })
        .def("connect_one_of",
             [](FlowHandle& flow, const py::handle& source, const py::tuple& targets,
                const std::map<std::string, std::string>& rename) {
                 return flow.connect_one_of(flow.event_text(source), flow.slot_texts(targets),
                                            {rename.begin(), rename.end()});
             })
        .def("chain",
             [](FlowHandle& flow, const py::list& routines) {
                 std::vector<std::string> names;
                 for (const py::handle& routine : routines) {
                     names.push_back(flow.event_text(routine));
                 }
                 flow.chain(names);
             })
        .def("disconnect", [](FlowHandle& flow, const std::string& source,
                              const std::vector<std::string>& targets,
                              const std::map<std::string, std::string>& rename) {
            if (targets.size() == 1) {
                flow.disconnect(source, targets.front(), {rename.begin(), rename.end()});
            } else {
                flow.disconnect_one_of(source, targets, {rename.begin(), rename.end()});
            }
        });
}

}  // namespace

void register_flow(py::module_& module) {
    FlowClass flow_class(module, "Flow");
    flow_class
        .def(py::init([](const std::string& name, const std::string& version,
                         const py::handle& on_error) {
                 return std::make_shared<FlowHandle>(name, version, rule_of(on_error));
             }),
             py::arg("name"), py::arg("version"), py::arg("on_error"))
        .def("add",
             [](FlowHandle& flow, const py::object& routine, const std::string& name,
                const py::handle& on_error, bool may_replace) {
                 flow.add_routine(routine, name, optional_rule(on_error), may_replace);
             })
        .def("remove", &FlowHandle::remove_routine);
    define_connections(flow_class);
    define_questions(flow_class);
    module.def("fingerprint_of",
               [](const std::string& drawing) { return fingerprint_of(drawing); });
}

}  // namespace stoplog::python
