// A flow as Python holds it: the builder, and which object stands behind which routine.
#pragma once

#include "stoplog/graph/flow.hpp"

#include "bindings/definition.hpp"
#include "bindings/payload.hpp"
#include "bindings/pybind.hpp"

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace stoplog::python {

class FlowHandle : public Flow, public std::enable_shared_from_this<FlowHandle> {
public:
    using Flow::Flow;

    void add_routine(const py::object& routine, const std::string& name,
                     std::optional<ErrorRule> on_error, bool may_replace);
    /// With its connections.
    void remove_routine(const std::string& routine);
    /// A routine has got more parts of its own. Nothing, where it is not in here any more.
    void redeclare(PyObject* routine);
    /// "routine.event" of a BoundEvent of this flow, "routine" of a routine; a str as it is.
    [[nodiscard]] std::string event_text(const py::handle& source) const;
    [[nodiscard]] std::string slot_text(const py::handle& target) const;
    [[nodiscard]] std::vector<std::string> slot_texts(const py::tuple& targets) const;
    /// The name of a routine object in this flow.
    [[nodiscard]] const std::string& name_of(const py::handle& routine) const;

    struct Entry {
        std::uint32_t slot;  // in the plan
        PayloadRef payload;
    };
    /// A Message, in the plan of a job: that job's plan may be older than the flow.
    [[nodiscard]] Entry entry_of(const Plan& plan, const py::handle& message) const;
    /// A slot's name, or a BoundSlot, and its fields.
    [[nodiscard]] Entry make_entry(const Plan& plan, const py::handle& slot,
                                   const py::dict& fields) const;

private:
    void remember(RoutineObject& routine);
    [[nodiscard]] std::string name_in(const Plan& plan, PyObject* routine) const;
    std::unordered_map<PyObject*, std::uint32_t> index_of_;
};

/// Throws a ConfigurationError where it is no policy.
[[nodiscard]] ErrorRule rule_of(const py::handle& said);

void register_flow(py::module_& module);

}  // namespace stoplog::python
