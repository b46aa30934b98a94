// What the three containers have in common: where they are told apart, and their refusals.
#include "bindings/state_container.hpp"

#include "bindings/state_path.hpp"

namespace stoplog::python {

PyTypeObject* state_dict_type = nullptr;
PyTypeObject* state_list_type = nullptr;
PyTypeObject* state_set_type = nullptr;

PyObject* new_state_dict(std::shared_ptr<CallLog> log, std::uint32_t depth) {
    return new_container<StateDict>(state_dict_type, std::move(log), depth);
}
PyObject* new_state_list(std::shared_ptr<CallLog> log, std::uint32_t depth) {
    return new_container<StateList>(state_list_type, std::move(log), depth);
}
PyObject* new_state_set(std::shared_ptr<CallLog> log, std::uint32_t depth) {
    return new_container<StateSet>(state_set_type, std::move(log), depth);
}

Document& document_of(PyObject* keyed) noexcept { return as_state_dict(keyed)->document; }
ListDocument& list_of(PyObject* state_list) noexcept { return as_state_list(state_list)->document; }

void refuse_writing(const CallLog& log, PyObject* container) {
    refuse("StateError", Origin{log, container, nullptr}, nullptr,
           "state is written only in a call of its own routine; "
           "from outside, send that routine a delivery");
}

bool check_count(const char* name, Py_ssize_t count, Py_ssize_t least, Py_ssize_t most) {
    if (count >= least && count <= most) return true;
    PyErr_Format(PyExc_TypeError, "%s expected %zd to %zd arguments, got %zd", name, least, most,
                 count);
    return false;
}

void set_key_error(PyObject* key) {
    const Ref arguments =
        Ref::steal(PyTuple_Pack(1, key));  // a key that is a tuple would be taken apart
    if (arguments) PyErr_SetObject(PyExc_KeyError, arguments.get());
}

}  // namespace stoplog::python
