// What a class of routines declares, read once per class: its events, slots and state fields.
//
// The layouts of the raw types stand here, because the hot path reads them.
#pragma once

#include "stoplog/graph/routine.hpp"

#include "bindings/python_object.hpp"
#include "bindings/signature.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace stoplog::python {

struct Definition;
class FlowHandle;

/// `stoplog.Routine`: an empty base, so that a subclass need not call its __init__.
struct RoutineObject {
    PyObject_HEAD Definition* definition;  // of its class; made on first use
    std::shared_ptr<Definition>* owner;    // of the definition
    PyObject* name;                        // in the flow that took it last
    PyObject* own_parts;                   // tuple of what this object alone has; null: none
    std::vector<std::weak_ptr<FlowHandle>>* flows;  // that took it
};

/// `stoplog.Event`: on the class. Called like a method, it emits.
struct EventObject {
    PyObject_HEAD vectorcallfunc vectorcall;
    PyObject* name;  // interned; null until the class is made
    PyObject* doc;
    Signature* fields;   // named fields; `takes_rest`: any others too
    std::uint32_t hint;  // its place in the definition that was asked last
    // The last way in which it was called, and what that meant.
    PyObject* seen_names;
    Py_ssize_t seen_positional;  // -1: none yet
    PyObject* payload_names;
    PyObject* added;  // tuple of defaults; null: none
};

/// `stoplog.Slot`: on the class, around the handler.
struct SlotObject {
    PyObject_HEAD PyObject* name;  // interned
    PyObject* function;            // a plain one: its parameters are the fields
    PyObject* callee;              // what is called: the function itself, or what stands before it
    PyObject* given_name;          // name= of the decorator, or null
    Signature* fields;
    SlotSpec* spec;
    bool takes_routine;  // `callee` is given the routine before the fields
    PyObject* merge;     // the callable of merge=, or null
    std::uint32_t kept;  // merge="append": the last so many; 0: all
};

/// `stoplog.State`: a declared field of state.
struct StateObject {
    PyObject_HEAD PyObject* name;
    PyObject* kind;           // a type, or null
    PyObject* default_value;  // or null
    PyObject* doc;
    std::uint32_t hint;
};

extern PyTypeObject* routine_type;
extern PyTypeObject* event_type;
extern PyTypeObject* slot_type;
extern PyTypeObject* state_type;

/// How the handler of a slot is called with payloads of one set of names.
struct CallShape {
    Ref names;                           // of the payload
    Ref keywords;                        // given by keyword; null: none
    PyObject* code = nullptr;            // the function's, when this was found out
    std::vector<std::uint32_t> indices;  // of the values given, positional ones first
    PyObject* plain = nullptr;           // `names`, where exactly its values are given, in order
    bool takes_whole = false;
};

struct Definition {
    struct Slot {
        SlotObject* slot;
        PyObject* function;  // the slot's, like the next two
        PyObject* callee;
        vectorcallfunc call;
        std::uint32_t skipped;  // 1: the callee is not given the routine
        CallShape shape;
        std::uint32_t buffer;  // of a merging slot: the place of its buffer among the state fields

        [[nodiscard]] bool is_merging() const { return slot->spec->merge != Merge::Override; }
    };
    std::vector<EventObject*> events;  // borrowed: `parts` owns them
    std::vector<Slot> slots;
    std::vector<StateObject*> states;
    std::vector<Ref> buffers;  // names of the fields of merging slots, behind `states`
    std::vector<Ref> parts;
    std::shared_ptr<const Declaration> declared;
};

/// The definition of a routine's class; null with a Python error set where it is wrong.
Definition* definition_of(RoutineObject* routine);
/// The same, and behind it what the routine has of its own: numbers of the class's parts stay.
std::shared_ptr<Definition> whole_definition_of(RoutineObject* routine);

inline bool is_routine(PyObject* object) { return PyObject_TypeCheck(object, routine_type) != 0; }

/// "Tokenize.word": where an error is.
std::string name_in_class(PyObject* owner, PyObject* name);

}  // namespace stoplog::python
