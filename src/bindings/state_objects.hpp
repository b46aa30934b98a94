// What the files of the three containers share: layouts, and the right to write.
//
// No file outside `state_*` includes this; they use `state_container.hpp`.
#pragma once

#include "bindings/state_container.hpp"
#include "bindings/type_support.hpp"

#include <new>
#include <utility>

namespace stoplog::python {

struct StateDict {
    PyObject_HEAD std::uint32_t depth;
    Document document;
};
using StateSet = StateDict;  // keys alone: every value is None

struct StateList {
    PyObject_HEAD std::uint32_t depth;
    ListDocument document;
};

inline PyObject* as_object(void* object) noexcept { return static_cast<PyObject*>(object); }
inline StateDict* as_state_dict(PyObject* object) noexcept {
    return reinterpret_cast<StateDict*>(object);
}
inline StateSet* as_state_set(PyObject* object) noexcept { return as_state_dict(object); }
inline StateList* as_state_list(PyObject* object) noexcept {
    return reinterpret_cast<StateList*>(object);
}

/// The result of `act`, or `failed` with a MemoryError: no C++ exception may enter the interpreter.
template <typename Result, typename Act>
Result or_no_memory(Result failed, Act&& act) noexcept {
    try {
        return std::forward<Act>(act)();
    } catch (const std::bad_alloc&) {
        PyErr_NoMemory();
        return failed;
    }
}

/// Raises StateError with the path of the container.
void refuse_writing(const CallLog& log, PyObject* container);
template <typename Container>
[[nodiscard]] bool check_may_write(Container* self) {
    if (may_write(*self->document.log())) [[likely]] {
        return true;
    }
    refuse_writing(*self->document.log(), object(self));
    return false;
}
[[nodiscard]] bool check_count(const char* name, Py_ssize_t count, Py_ssize_t least,
                               Py_ssize_t most);

/// An error that shows a key, also one that is a tuple.
void set_key_error(PyObject* key);

template <typename Container>
PyObject* new_container(PyTypeObject* type, std::shared_ptr<CallLog> log, std::uint32_t depth) {
    PyObject* made = type->tp_alloc(type, 0);
    if (made == nullptr) return nullptr;
    auto* self = as<Container>(made);
    self->depth = depth;
    std::construct_at(&self->document, python_leaves, std::move(log), made);
    return made;
}

// No support for the collector: what a container holds cannot lead back to it. Leaves cannot
// change, and a nested container has one place, so there is no cycle to find and nothing to walk.
template <typename Container>
void deallocate_container(PyObject* self) {
    std::destroy_at(&as<Container>(self)->document);
    free_instance(self);
}

enum class Part : std::uint8_t { Keys, Values, Items };
/// An iterator over a StateDict or the keys of a StateSet.
[[nodiscard]] PyObject* iterate(PyObject* self, Part part, bool is_reversed);

}  // namespace stoplog::python
