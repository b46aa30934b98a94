// Names are interned, so pointers are compared first; what a call site meant is found out once.
#include "bindings/emit.hpp"

#include "stoplog/base/error.hpp"
#include "stoplog/base/inline.hpp"
#include "stoplog/base/suggest.hpp"
#include "stoplog/engine/call.hpp"
#include "stoplog/engine/cell.hpp"

#include "bindings/own_parts.hpp"
#include "bindings/payload.hpp"
#include "bindings/python_handler.hpp"

#include <algorithm>

namespace stoplog::python {
namespace {

constexpr std::uint32_t kStackValues = 32;

[[gnu::noinline]] PyObject* raise_outside(PyObject* routine, PyObject* name) {
    return raise("StateError",
                 join("event '", text_of(name), "' of ", Py_TYPE(routine)->tp_name,
                      " was emitted outside a call of that routine; from outside use job.send"));
}

std::vector<std::string> names_of(const Signature& signature) {
    std::vector<std::string> names;
    names.reserve(signature.parameters.size());
    for (const Parameter& parameter : signature.parameters) {
        names.emplace_back(text_of(parameter.name.get()));
    }
    return names;
}

PyObject* raise_fields(PyObject* routine, const EventObject& event, std::string_view what) {
    return raise("TypeMismatchError",
                 join("event '", name_in_class(routine, event.name), "': ", what,
                      "; its fields are ", quoted_list(names_of(*event.fields))));
}

bool is_named(PyObject* names, PyObject* name) {
    for (Py_ssize_t i = 0; names != nullptr && i < PyTuple_GET_SIZE(names); ++i) {
        if (PyUnicode_Compare(PyTuple_GET_ITEM(names, i), name) == 0) {
            return true;
        }
    }
    return false;
}

struct Added {
    PyObject* names;
    PyObject* values;
};

// Each of these adds its names to `all`; false with an error set where that is no way to call.
bool add_positional(PyObject* routine, const EventObject& event, Py_ssize_t positional,
                    PyObject* names, PyObject* all) {
    const Signature& fields = *event.fields;
    const auto known = static_cast<Py_ssize_t>(
        std::count_if(fields.parameters.begin(), fields.parameters.end(),
                      [](const Parameter& parameter) { return parameter.is_positional; }));
    if (positional > known) {
        raise_fields(routine, event, "more positional values than fields");
        return false;
    }
    for (Py_ssize_t i = 0; i < positional; ++i) {
        PyObject* const name = fields.parameters[static_cast<std::size_t>(i)].name.get();
        if (is_named(names, name)) {
            raise_fields(routine, event, join("field '", text_of(name), "' is given twice"));
            return false;
        }
        PyList_Append(all, name);
    }
    return true;
}

bool add_named(PyObject* routine, const EventObject& event, PyObject* names, PyObject* all) {
    const Signature& fields = *event.fields;
    for (Py_ssize_t i = 0; names != nullptr && i < PyTuple_GET_SIZE(names); ++i) {
        PyObject* const name = PyTuple_GET_ITEM(names, i);
        const Py_ssize_t found = fields.find(name);
        if (found < 0 && !fields.takes_rest) {
            raise_fields(routine, event,
                         join("no field '", text_of(name), "'",
                              did_you_mean(text_of(name), names_of(fields))));
            return false;
        }
        PyList_Append(
            all, found < 0 ? name : fields.parameters[static_cast<std::size_t>(found)].name.get());
    }
    return true;
}

bool add_defaults(PyObject* routine, const EventObject& event, Py_ssize_t positional,
                  PyObject* names, const Added& to) {
    const Signature& fields = *event.fields;
    for (std::size_t i = static_cast<std::size_t>(positional); i < fields.parameters.size(); ++i) {
        const Parameter& parameter = fields.parameters[i];
        if (is_named(names, parameter.name.get())) {
            continue;
        }
        if (!parameter.default_value) {
            raise_fields(routine, event,
                         join("field '", text_of(parameter.name.get()), "' is missing"));
            return false;
        }
        PyList_Append(to.names, parameter.name.get());
        PyList_Append(to.values, parameter.default_value.get());
    }
    return true;
}

// What the payload's names are when called with so many positional values and these keywords, and
// which defaults are added behind. False with an error set where that is no way to call the event.
[[gnu::noinline]] bool learn(PyObject* routine, EventObject& event, Py_ssize_t positional,
                             PyObject* names) {
    const Ref all = Ref::steal(PyList_New(0));
    const Ref added = Ref::steal(PyList_New(0));
    if (!all || !added || !add_positional(routine, event, positional, names, all.get()) ||
        !add_named(routine, event, names, all.get()) ||
        !add_defaults(routine, event, positional, names, Added{all.get(), added.get()})) {
        return false;
    }
    Ref payload_names = Ref::steal(PyList_AsTuple(all.get()));
    Ref added_values = Ref::steal(PyList_AsTuple(added.get()));
    if (!payload_names || !added_values) {
        return false;
    }
    // The call site's own tuple, where it says all: a handler knows it again by its address.
    const bool is_as_called = positional == 0 && names != nullptr &&
                              PyTuple_GET_SIZE(names) == PyTuple_GET_SIZE(payload_names.get());
    Py_XSETREF(event.seen_names, Py_XNewRef(names));
    event.seen_positional = positional;
    Py_XSETREF(event.payload_names, is_as_called ? Py_NewRef(names) : payload_names.release());
    Py_XSETREF(event.added,
               PyTuple_GET_SIZE(added_values.get()) == 0 ? nullptr : added_values.release());
    return true;
}

[[gnu::noinline]] PythonPayload* make_with_defaults(const EventObject& event,
                                                    PyObject* const* values) {
    const Py_ssize_t total = PyTuple_GET_SIZE(event.payload_names);
    const Py_ssize_t added = PyTuple_GET_SIZE(event.added);
    std::vector<PyObject*> all(values, values + (total - added));
    for (Py_ssize_t i = 0; i < added; ++i) {
        all.push_back(PyTuple_GET_ITEM(event.added, i));
    }
    return make_payload(all.data(), event.payload_names);
}

// Among `events` from `from` on; its size where it is not there.
std::uint32_t place_of(const std::vector<EventObject*>& events, const EventObject* event,
                       std::size_t from) {
    const auto begin = events.begin() + static_cast<std::ptrdiff_t>(std::min(from, events.size()));
    return static_cast<std::uint32_t>(std::find(begin, events.end(), event) - events.begin());
}

// An event of the routine's own has a number in the plans made since it was defined.
bool find_index(PyObject* routine, EventObject* event, const Call& call, std::uint32_t& index) {
    const Definition* const definition = definition_of(reinterpret_cast<RoutineObject*>(routine));
    if (definition == nullptr) {
        return false;
    }
    index = place_of(definition->events, event, 0);
    if (index < definition->events.size()) {
        event->hint = index;
        return true;
    }
    const auto& handler = static_cast<const PythonHandler&>(*call.cell()->handler);
    const std::vector<EventObject*>& planned = handler.definition().events;
    index = place_of(planned, event, definition->events.size());
    if (index < planned.size()) {
        return true;
    }
    const bool is_own = own_event(*reinterpret_cast<RoutineObject*>(routine), event->name) == event;
    raise("UnknownEventError",
          join("event '", text_of(event->name), "' ",
               is_own ? "was defined after this job was started: jobs that start now have it, on "
                      : "is not one of ",
               Py_TYPE(routine)->tp_name));
    return false;
}

// `index` is the event's place in the routine's definition.
STOPLOG_INLINE PyObject* emit_at(std::uint32_t index, PyObject* routine, EventObject* event,
                                 PyObject* const* values, Py_ssize_t positional, PyObject* names) {
    Call* const call = current_call;
    if (call == nullptr || call->identity() != routine) [[unlikely]] {
        return raise_outside(routine, event->name);
    }
    if (event->seen_names != names || event->seen_positional != positional) [[unlikely]] {
        if (!learn(routine, *event, positional, names)) {
            return nullptr;
        }
    }
    PythonPayload* const payload = event->added == nullptr
                                       ? make_payload(values, event->payload_names)
                                       : make_with_defaults(*event, values);
    if (payload == nullptr) [[unlikely]] {
        return nullptr;
    }
    call->note(PayloadRef(payload), index);
    Py_RETURN_NONE;
}

PyObject* raise_unknown_event(PyObject* routine, PyObject* name) {
    const std::shared_ptr<Definition> whole =
        whole_definition_of(reinterpret_cast<RoutineObject*>(routine));
    std::vector<std::string> names;
    for (const EventObject* event : whole->events) {
        names.emplace_back(text_of(event->name));
    }
    const std::string_view wrong = PyUnicode_Check(name) ? text_of(name) : "?";
    return raise("UnknownEventError",
                 join("no event '", wrong, "' on ", Py_TYPE(routine)->tp_name, "; its events are ",
                      quoted_list(names), did_you_mean(wrong, names)));
}

// A name that is another object than the event's own, and all mistakes.
[[gnu::noinline]] PyObject* emit_otherwise(PyObject* self, PyObject* const* arguments,
                                           Py_ssize_t count, PyObject* names) {
    if (count < 1 || !PyUnicode_Check(arguments[0])) {
        PyErr_SetString(PyExc_TypeError, "emit(event, **fields): the event is given by its name");
        return nullptr;
    }
    if (count > 1) {
        PyErr_SetString(PyExc_TypeError, "emit(event, **fields): fields are given by name");
        return nullptr;
    }
    const Definition* const definition = definition_of(reinterpret_cast<RoutineObject*>(self));
    if (definition == nullptr) {
        return nullptr;
    }
    for (EventObject* const event : definition->events) {
        if (PyUnicode_Compare(event->name, arguments[0]) == 0) {
            return emit(self, event, arguments + 1, 0, names);
        }
    }
    if (EventObject* const event =
            own_event(*reinterpret_cast<RoutineObject*>(self), arguments[0])) {
        return emit(self, event, arguments + 1, 0, names);
    }
    return raise_unknown_event(self, arguments[0]);
}

}  // namespace

PyObject* emit(PyObject* routine, EventObject* event, PyObject* const* values,
               Py_ssize_t positional, PyObject* names) {
    const Call* const call = current_call;
    if (call == nullptr || call->identity() != routine) [[unlikely]] {
        return raise_outside(routine, event->name);
    }
    const Definition& definition = *reinterpret_cast<RoutineObject*>(routine)->definition;
    std::uint32_t index = event->hint;
    if (index >= definition.events.size() || definition.events[index] != event) [[unlikely]] {
        if (!find_index(routine, event, *call, index)) {
            return nullptr;
        }
    }
    return emit_at(index, routine, event, values, positional, names);
}

PyObject* emit_by_name(PyObject* self, PyObject* const* arguments, Py_ssize_t count,
                       PyObject* names) {
    const Definition* const definition = reinterpret_cast<RoutineObject*>(self)->definition;
    if (count == 1 && definition != nullptr) [[likely]] {
        EventObject* const* const events = definition->events.data();
        const auto size = static_cast<std::uint32_t>(definition->events.size());
        for (std::uint32_t i = 0; i < size; ++i) {
            if (events[i]->name == arguments[0]) {
                return emit_at(i, self, events[i], arguments + 1, 0, names);
            }
        }
    }
    return emit_otherwise(self, arguments, count, names);
}

}  // namespace stoplog::python
