// stoplog._core: a table of contents.
#include "bindings/errors.hpp"
#include "bindings/event_type.hpp"
#include "bindings/executor_handle.hpp"
#include "bindings/flow_handle.hpp"
#include "bindings/held_type.hpp"
#include "bindings/job_handle.hpp"
#include "bindings/pybind.hpp"
#include "bindings/routine_type.hpp"
#include "bindings/slot_type.hpp"
#include "bindings/state_append.hpp"
#include "bindings/state_dict_type.hpp"
#include "bindings/state_handle.hpp"
#include "bindings/state_leaf.hpp"
#include "bindings/state_type.hpp"
#include "bindings/storable.hpp"
#include "bindings/stored_type.hpp"
#include "bindings/type_support.hpp"
#include "bindings/value_copy.hpp"

namespace py = pybind11;

namespace stoplog::python {
namespace {

PyObject* copy(PyObject*, PyObject* value) { return copy_value(value); }
PyObject* keep(PyObject*, PyObject* value) { return keep_value(value).value.release(); }

PyMethodDef value_functions[] = {{"copy_value", copy, METH_O, nullptr},
                                 {"keep_value", keep, METH_O, nullptr},
                                 {"register_type", method(register_type), METH_FASTCALL, nullptr},
                                 {}};

bool add_value_functions(PyObject* module) {
    return PyModule_AddFunctions(module, value_functions) == 0;
}

}  // namespace
}  // namespace stoplog::python

PYBIND11_MODULE(_core, module) {
    using namespace stoplog::python;
    if (!add_routine_type(module.ptr()) || !add_event_types(module.ptr()) ||
        !add_slot_types(module.ptr()) || !add_state_type(module.ptr()) ||
        !add_state_dict_type(module.ptr()) || !add_state_list_type(module.ptr()) ||
        !add_state_set_type(module.ptr()) || !add_appended_type(module.ptr()) || !add_held_type() ||
        !add_stored_type(module.ptr()) || !add_value_functions(module.ptr())) {
        throw py::error_already_set();
    }
    register_errors();
    register_flow(module);
    register_executor(module);
    register_job(module);
    register_job_state(module);
    module.def("keep_as_leaf", [](const py::type& type, bool is_kept) {
        keep_as_leaf(reinterpret_cast<PyTypeObject*>(type.ptr()), is_kept);
    });
    module.attr("__version__") = STOPLOG_VERSION;
}
