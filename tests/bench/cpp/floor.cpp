// The floor of the hop: what CPython alone asks for one call, from C, of a Python handler whose
// body is one no-op fast-call method with one keyword. No routing, no queue, no payload, no
// history.
//
// Knows nothing of stoplog. Built on demand by ../python/floor.py.
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <array>
#include <chrono>

namespace {

using Clock = std::chrono::steady_clock;
using Nanoseconds = std::chrono::duration<double, std::nano>;

/// Node.emit(event, **fields): takes its arguments as an event would and does nothing with them.
PyObject* emit(PyObject* /*self*/, PyObject* const* /*arguments*/, Py_ssize_t /*count*/,
               PyObject* /*names*/) {
    Py_RETURN_NONE;
}

/// measure(handler, node, value, calls): nanoseconds a call of `handler(node, value)`.
PyObject* measure(PyObject* /*module*/, PyObject* const* arguments, Py_ssize_t count) {
    if (count != 4) {
        PyErr_SetString(PyExc_TypeError, "measure takes handler, node, value and calls");
        return nullptr;
    }
    const Py_ssize_t calls = PyLong_AsSsize_t(arguments[3]);
    if (calls <= 0) {
        if (PyErr_Occurred() == nullptr) {
            PyErr_SetString(PyExc_ValueError, "calls must be at least 1");
        }
        return nullptr;
    }

    // One free place in front, so that a callee may put its own first argument there uncopied.
    std::array<PyObject*, 3> stack{nullptr, arguments[1], arguments[2]};
    const auto start = Clock::now();
    for (Py_ssize_t call = 0; call < calls; ++call) {
        PyObject* const result = PyObject_Vectorcall(arguments[0], stack.data() + 1,
                                                     2 | PY_VECTORCALL_ARGUMENTS_OFFSET, nullptr);
        if (result == nullptr) {
            return nullptr;
        }
        Py_DECREF(result);
    }
    const Nanoseconds elapsed = Clock::now() - start;
    return PyFloat_FromDouble(elapsed.count() / static_cast<double>(calls));
}

template <typename Function>
PyCFunction as_method(Function function) {
    return reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(function));
}

PyMethodDef node_methods[] = {
    {"emit", as_method(emit), METH_FASTCALL | METH_KEYWORDS, nullptr},
    {nullptr, nullptr, 0, nullptr},
};
PyType_Slot node_slots[] = {{Py_tp_methods, node_methods}, {0, nullptr}};
PyType_Spec node_spec = {"stoplog_floor.Node", sizeof(PyObject), 0,
                         Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, node_slots};

PyMethodDef module_functions[] = {
    {"measure", as_method(measure), METH_FASTCALL, nullptr},
    {nullptr, nullptr, 0, nullptr},
};
PyModuleDef module_definition = {PyModuleDef_HEAD_INIT,
                                 "stoplog_floor",
                                 nullptr,
                                 -1,
                                 module_functions,
                                 nullptr,
                                 nullptr,
                                 nullptr,
                                 nullptr};

}  // namespace

PyMODINIT_FUNC PyInit_stoplog_floor() {
    PyObject* const module = PyModule_Create(&module_definition);
    PyObject* const node = PyType_FromSpec(&node_spec);
    if (module == nullptr || node == nullptr || PyModule_AddObject(module, "Node", node) < 0) {
        Py_XDECREF(node);
        Py_XDECREF(module);
        return nullptr;
    }
    return module;
}
