// What a user may hand to a flow, and what is said where it is something else.
#include "bindings/flow_handle.hpp"

#include "stoplog/base/error.hpp"
#include "stoplog/base/suggest.hpp"

#include "bindings/error_rule.hpp"
#include "bindings/event_type.hpp"
#include "bindings/python_handler.hpp"
#include "bindings/slot_type.hpp"

namespace stoplog::python {
namespace {

std::string shown(const py::handle& object) {
    const py::object repr = py::reinterpret_steal<py::object>(PyObject_Repr(object.ptr()));
    return repr ? repr.cast<std::string>() : std::string("?");
}

bool is_routine_class(const py::handle& object) {
    return PyType_Check(object.ptr()) != 0 &&
           PyType_IsSubtype(reinterpret_cast<PyTypeObject*>(object.ptr()), routine_type) != 0;
}

const char* class_name(const py::handle& object) {
    return PyType_Check(object.ptr()) != 0 ? reinterpret_cast<PyTypeObject*>(object.ptr())->tp_name
                                           : Py_TYPE(object.ptr())->tp_name;
}

[[noreturn]] void refuse_end(const std::string& flow, const char* wanted, const py::handle& found) {
    const std::string what =
        join("flow '", flow, "': connect(event, slot): the ", wanted, " must be a routine's ",
             wanted, " or its name 'routine.", wanted, "'; found ", shown(found));
    if (Py_IS_TYPE(found.ptr(), bound_event_type) || Py_IS_TYPE(found.ptr(), bound_slot_type)) {
        throw ConfigurationError(join(what, ": are the two swapped?"));
    }
    if (Py_IS_TYPE(found.ptr(), event_type) || Py_IS_TYPE(found.ptr(), slot_type)) {
        throw ConfigurationError(join(what, ": take it from the routine, not from its class"));
    }
    throw ConfigurationError(what);
}

}  // namespace

namespace {

std::shared_ptr<Behaviour> behaviour_of(const py::object& routine,
                                        std::shared_ptr<Definition> definition) {
    Hooks hooks;
    if (!read_hooks(routine.ptr(), hooks)) {
        throw py::error_already_set();
    }
    return make_handler(routine.ptr(), std::move(definition), hooks);
}

}  // namespace

ErrorRule rule_of(const py::handle& said) {
    ErrorRule rule;
    if (!set_rule(said.ptr(), rule)) {
        throw py::error_already_set();
    }
    return rule;
}

void FlowHandle::add_routine(const py::object& routine, const std::string& name_given,
                             std::optional<ErrorRule> on_error, bool may_replace) {
    if (is_routine_class(routine)) {
        throw ConfigurationError(join("flow '", name(), "': add(", class_name(routine),
                                      "): found a class where an instance belongs; did you mean ",
                                      class_name(routine), "()?"));
    }
    if (!is_routine(routine.ptr())) {
        throw ConfigurationError(join("flow '", name(),
                                      "': add() takes an instance of a Routine; "
                                      "found ",
                                      shown(routine), " (", class_name(routine), ")"));
    }
    const auto known = index_of_.find(routine.ptr());
    const bool is_itself =
        known != index_of_.end() && routines()[known->second].name == name_given && may_replace;
    if (known != index_of_.end() && !is_itself) {
        throw ConfigurationError(join("flow '", name(), "': this very ", class_name(routine),
                                      " is in it already, as '", routines()[known->second].name,
                                      "'; make another ", class_name(routine), "()"));
    }
    auto* const object = reinterpret_cast<RoutineObject*>(routine.ptr());
    std::shared_ptr<Definition> definition = whole_definition_of(object);
    if (!definition) {
        throw py::error_already_set();
    }
    RoutineSpec spec;
    spec.name = name_given;
    spec.declared = definition->declared;
    spec.on_error = std::move(on_error);
    spec.behaviour = behaviour_of(routine, std::move(definition));
    const std::size_t count = routines().size();
    const std::uint32_t index =
        may_replace ? Flow::add_or_replace(spec) : Flow::add(std::move(spec));
    if (index < count) {  // in the place of another
        std::erase_if(index_of_, [&](const auto& entry) { return entry.second == index; });
    }
    index_of_.emplace(routine.ptr(), index);
    Py_XSETREF(object->name, py::str(name_given).release().ptr());
    remember(*object);
}

void FlowHandle::remove_routine(const std::string& routine) {
    const std::uint32_t index = find_routine(routine);
    const RoutineSpec removed = Flow::remove(routine);
    std::erase_if(index_of_, [&](const auto& entry) { return entry.second == index; });
    for (auto& [object, number] : index_of_) {
        number -= number > index ? 1 : 0;
    }
}

// So that it can tell when it gets more parts.
void FlowHandle::remember(RoutineObject& routine) {
    if (routine.flows == nullptr) {
        routine.flows = new std::vector<std::weak_ptr<FlowHandle>>;
    }
    std::erase_if(*routine.flows, [&](const std::weak_ptr<FlowHandle>& known) {
        const std::shared_ptr<FlowHandle> flow = known.lock();
        return !flow || flow.get() == this;
    });
    routine.flows->push_back(weak_from_this());
}

void FlowHandle::redeclare(PyObject* routine) {
    const auto known = index_of_.find(routine);
    if (known == index_of_.end()) {
        return;
    }
    std::shared_ptr<Definition> definition =
        whole_definition_of(reinterpret_cast<RoutineObject*>(routine));
    std::shared_ptr<const Declaration> declared = definition->declared;
    const auto& handler = static_cast<const PythonHandler&>(*routines()[known->second].behaviour);
    Flow::extend(known->second, std::move(declared),
                 make_handler(routine, std::move(definition), handler.hooks()));
}

const std::string& FlowHandle::name_of(const py::handle& routine) const {
    const auto found = index_of_.find(routine.ptr());
    if (found == index_of_.end()) {
        std::vector<std::string> names;
        names.reserve(routines().size());
        for (const RoutineSpec& spec : routines()) {
            names.push_back(spec.name);
        }
        throw UnknownRoutineError(join("flow '", name(), "': this ", class_name(routine),
                                       " is not in it; add it first. Its routines are ",
                                       quoted_list(names)));
    }
    return routines()[found->second].name;
}

std::vector<std::string> FlowHandle::slot_texts(const py::tuple& targets) const {
    std::vector<std::string> texts;
    for (const py::handle& target : targets) {
        texts.push_back(slot_text(target));
    }
    return texts;
}

std::string FlowHandle::event_text(const py::handle& source) const {
    if (py::isinstance<py::str>(source)) {
        return source.cast<std::string>();
    }
    if (is_routine(source.ptr())) {
        return name_of(source);
    }
    if (!Py_IS_TYPE(source.ptr(), bound_event_type)) {
        refuse_end(name(), "event", source);
    }
    const auto& bound = *reinterpret_cast<BoundEventObject*>(source.ptr());
    return join(name_of(bound.routine), ".", text_of(bound.event->name));
}

std::string FlowHandle::slot_text(const py::handle& target) const {
    if (py::isinstance<py::str>(target)) {
        return target.cast<std::string>();
    }
    if (is_routine(target.ptr())) {
        return name_of(target);
    }
    if (!Py_IS_TYPE(target.ptr(), bound_slot_type)) {
        refuse_end(name(), "slot", target);
    }
    const auto& bound = *reinterpret_cast<BoundSlotObject*>(target.ptr());
    return join(name_of(bound.routine), ".", text_of(bound.slot->name));
}

// The name that a routine has in a job: what was replaced since keeps its place in older jobs.
std::string FlowHandle::name_in(const Plan& plan, PyObject* routine) const {
    PyObject* const name = reinterpret_cast<RoutineObject*>(routine)->name;
    const std::uint32_t number = name == nullptr ? kNone : plan.find_routine(text_of(name));
    if (number != kNone &&
        static_cast<const PythonHandler&>(*plan.routines[number].behaviour).routine() == routine) {
        return plan.legend->routines[number].name;
    }
    return name_of(routine);
}

FlowHandle::Entry FlowHandle::entry_of(const Plan& plan, const py::handle& message) const {
    if (!Py_IS_TYPE(message.ptr(), message_type)) {
        throw ConfigurationError(join("flow '", name(),
                                      "': an entry is a slot, its name "
                                      "'routine.slot', or slot.of(...); found ",
                                      shown(message)));
    }
    const auto& said = *reinterpret_cast<MessageObject*>(message.ptr());
    const std::string path = join(name_in(plan, said.routine), ".", text_of(said.slot->name));
    return {plan.find_slot(path), PayloadRef(message_payload(message.ptr()))};
}

FlowHandle::Entry FlowHandle::make_entry(const Plan& plan, const py::handle& slot,
                                         const py::dict& fields) const {
    const std::uint32_t number = plan.find_slot(slot_text(slot));
    const std::uint32_t routine = plan.slots[number].routine;
    const auto& handler = static_cast<const PythonHandler&>(*plan.routines[routine].behaviour);
    const std::uint32_t index = number - plan.legend->routines[routine].first_slot;
    const SlotObject& declared = *handler.definition().slots[index].slot;
    const py::tuple names(fields.size());
    std::vector<PyObject*> values;
    values.reserve(fields.size());
    for (const auto& [name, value] : fields) {
        if (!py::isinstance<py::str>(name)) {
            throw ConfigurationError(
                join("flow '", this->name(), "': a field is named by a str; found ", shown(name)));
        }
        PyTuple_SET_ITEM(names.ptr(), static_cast<Py_ssize_t>(values.size()),
                         Py_NewRef(name.ptr()));
        values.push_back(value.ptr());
    }
    PythonPayload* const payload =
        make_slot_payload(declared, plan.legend->slot_path(number), values.data(), 0, names.ptr());
    if (payload == nullptr) {
        throw py::error_already_set();
    }
    return {number, PayloadRef(payload)};
}

}  // namespace stoplog::python
