// Reading a class, base classes first; kept on the class itself, so that it goes with it.
#include "bindings/definition.hpp"

#include "stoplog/base/error.hpp"

#include <algorithm>
#include <string_view>

namespace stoplog::python {
namespace {

constexpr const char* kAttribute = "__stoplog_definition__";

using Shared = std::shared_ptr<Definition>;

void free_capsule(PyObject* capsule) {
    delete static_cast<Shared*>(PyCapsule_GetPointer(capsule, nullptr));
}

template <class Object>
Object* as(PyObject* object) {
    return reinterpret_cast<Object*>(object);
}

bool is_part(PyObject* object) {
    return Py_IS_TYPE(object, event_type) || Py_IS_TYPE(object, slot_type) ||
           Py_IS_TYPE(object, state_type);
}

PyObject* part_name(PyObject* part) {
    if (Py_IS_TYPE(part, event_type)) {
        return as<EventObject>(part)->name;
    }
    return Py_IS_TYPE(part, slot_type) ? as<SlotObject>(part)->name : as<StateObject>(part)->name;
}

// The attribute names of one class in the order in which they were written.
void read_class(PyTypeObject* cls, std::vector<Ref>& names) {
    if (cls->tp_dict == nullptr) {  // `object` of newer Pythons
        return;
    }
    PyObject* key = nullptr;
    PyObject* value = nullptr;
    Py_ssize_t at = 0;
    while (PyDict_Next(cls->tp_dict, &at, &key, &value) != 0) {
        if (!is_part(value)) {
            continue;
        }
        const bool is_known = std::any_of(names.begin(), names.end(), [&](const Ref& name) {
            return PyUnicode_Compare(name.get(), key) == 0;
        });
        if (!is_known) {
            names.push_back(Ref::borrow(key));
        }
    }
}

void add_part(PyObject* part, Definition& definition) {
    if (Py_IS_TYPE(part, event_type)) {
        definition.events.push_back(as<EventObject>(part));
    } else if (Py_IS_TYPE(part, slot_type)) {
        auto* const slot = as<SlotObject>(part);
        definition.slots.push_back({slot,
                                    slot->function,
                                    slot->callee,
                                    PyVectorcall_Function(slot->callee),
                                    slot->takes_routine ? 0U : 1U,
                                    {},
                                    0});
    } else {
        definition.states.push_back(as<StateObject>(part));
    }
    definition.parts.push_back(Ref::borrow(part));
}

// What an attribute of the class is today; a part that was covered by something else is a mistake.
bool take_part(PyTypeObject* cls, PyObject* attribute, Definition& definition) {
    PyObject* const part = _PyType_Lookup(cls, attribute);
    const std::string where = join("class ", cls->tp_name, ": '", text_of(attribute), "'");
    if (part == nullptr || !is_part(part)) {
        raise("ConfigurationError",
              join(where,
                   " covers a part that a base class declares; decorate it with @slot, or "
                   "choose another name"));
        return false;
    }
    const std::string_view name = text_of(part_name(part));
    const bool is_slot = Py_IS_TYPE(part, slot_type);
    for (const Definition::Slot& known : definition.slots) {
        if (is_slot && text_of(known.slot->name) == name) {
            raise("ConfigurationError", join(where, ": there is a slot '", name, "' already"));
            return false;
        }
    }
    add_part(part, definition);
    return true;
}

// A merging slot has a state field of a name that is no identifier, so that no user has it.
bool place_buffers(Definition& definition) {
    for (Definition::Slot& slot : definition.slots) {
        if (!slot.is_merging()) {
            continue;
        }
        PyObject* name = PyUnicode_FromFormat("%U.merge", slot.slot->name);
        if (name == nullptr) {
            return false;
        }
        PyUnicode_InternInPlace(&name);
        slot.buffer =
            static_cast<std::uint32_t>(definition.states.size() + definition.buffers.size());
        definition.buffers.push_back(Ref::steal(name));
    }
    return true;
}

std::shared_ptr<const Declaration> declaration_of(const Definition& definition) {
    auto declared = std::make_shared<Declaration>();
    for (const EventObject* event : definition.events) {
        declared->events.push_back({std::string(text_of(event->name)), event->fields->takes_rest,
                                    event->fields->fields()});
    }
    for (const Definition::Slot& slot : definition.slots) {
        declared->slots.push_back(*slot.slot->spec);
    }
    for (const StateObject* state : definition.states) {
        PyTypeObject* const kind = state->kind != nullptr
                                       ? reinterpret_cast<PyTypeObject*>(state->kind)
                                       : Py_TYPE(state->default_value);
        declared->state.push_back({std::string(text_of(state->name)), kind->tp_name});
    }
    for (const Ref& buffer : definition.buffers) {
        declared->state.push_back({std::string(text_of(buffer.get())), "merge", true});
    }
    return declared;
}

Shared read(PyTypeObject* cls) {
    std::vector<Ref> names;
    PyObject* const bases = cls->tp_mro;
    for (Py_ssize_t i = PyTuple_GET_SIZE(bases); i-- > 0;) {
        read_class(as<PyTypeObject>(PyTuple_GET_ITEM(bases, i)), names);
    }
    auto definition = std::make_shared<Definition>();
    for (const Ref& name : names) {
        if (!take_part(cls, name.get(), *definition)) {
            return nullptr;
        }
    }
    if (!place_buffers(*definition)) {
        return nullptr;
    }
    definition->declared = declaration_of(*definition);
    return definition;
}

Shared find_or_read(PyTypeObject* cls) {
    if (PyObject* const kept = PyDict_GetItemString(cls->tp_dict, kAttribute)) {
        return *static_cast<Shared*>(PyCapsule_GetPointer(kept, nullptr));
    }
    Shared definition = read(cls);
    if (!definition) {
        return nullptr;
    }
    const Ref capsule = Ref::steal(PyCapsule_New(new Shared(definition), nullptr, free_capsule));
    if (!capsule ||
        PyObject_SetAttrString(reinterpret_cast<PyObject*>(cls), kAttribute, capsule.get()) < 0) {
        return nullptr;
    }
    return definition;
}

}  // namespace

Shared whole_definition_of(RoutineObject* routine) {
    if (definition_of(routine) == nullptr || routine->own_parts == nullptr) {
        return routine->owner == nullptr ? nullptr : *routine->owner;
    }
    auto whole = std::make_shared<Definition>();
    for (const Ref& part : routine->definition->parts) {
        add_part(part.get(), *whole);
    }
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(routine->own_parts); ++i) {
        add_part(PyTuple_GET_ITEM(routine->own_parts, i), *whole);
    }
    if (!place_buffers(*whole)) {
        return nullptr;
    }
    whole->declared = declaration_of(*whole);
    return whole;
}

Definition* definition_of(RoutineObject* routine) {
    if (routine->definition == nullptr) [[unlikely]] {
        Shared definition = find_or_read(Py_TYPE(reinterpret_cast<PyObject*>(routine)));
        if (!definition) {
            return nullptr;
        }
        routine->definition = definition.get();
        routine->owner = new Shared(std::move(definition));
    }
    return routine->definition;
}

std::string name_in_class(PyObject* owner, PyObject* name) {
    return join(Py_TYPE(owner)->tp_name, ".", text_of(name));
}

}  // namespace stoplog::python
