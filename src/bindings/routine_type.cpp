// Type slots of Routine: identity and the current call; what it does is in its subclass.
#include "bindings/routine_type.hpp"

#include "stoplog/base/error.hpp"
#include "stoplog/base/suggest.hpp"
#include "stoplog/engine/cell.hpp"
#include "stoplog/engine/job.hpp"

#include "bindings/current_call.hpp"
#include "bindings/emit.hpp"
#include "bindings/job_handle.hpp"
#include "bindings/live_jobs.hpp"
#include "bindings/own_parts.hpp"
#include "bindings/records.hpp"
#include "bindings/state_dict_type.hpp"
#include "bindings/type_support.hpp"

namespace stoplog::python {

PyTypeObject* routine_type = nullptr;

Call* call_of(PyObject* routine, const std::string& what) {
    Call* const call = current_call;
    if (call != nullptr && call->identity() == routine) [[likely]] {
        return call;
    }
    raise("StateError", join(what, " only in a call of its own routine: here no handler of ",
                             Py_TYPE(routine)->tp_name,
                             " runs. From outside: job.send to write, job.snapshot() to read"));
    return nullptr;
}

bool may_write(const CallLog& log) {
    const Call* const call = current_call;
    return call != nullptr && call->identity() != nullptr && call->cell()->log.get() == &log;
}

namespace {

PyObject* routine_new(PyTypeObject* type, PyObject*, PyObject*) { return type->tp_alloc(type, 0); }

int routine_init(PyObject* o, PyObject* arguments, PyObject* keywords) {
    const Py_ssize_t count =
        PyTuple_GET_SIZE(arguments) + (keywords == nullptr ? 0 : PyDict_GET_SIZE(keywords));
    if (count != 0) {
        PyErr_Format(PyExc_TypeError, "%s() takes no arguments", Py_TYPE(o)->tp_name);
        return -1;
    }
    return 0;
}

int routine_traverse(PyObject* o, visitproc visit, void* arg) {
    Py_VISIT(Py_TYPE(o));
    Py_VISIT(as<RoutineObject>(o)->own_parts);
    return 0;
}

int routine_clear(PyObject* o) {
    Py_CLEAR(as<RoutineObject>(o)->own_parts);
    return 0;
}

void routine_dealloc(PyObject* o) {
    PyObject_GC_UnTrack(o);
    auto* const self = as<RoutineObject>(o);
    delete self->owner;
    delete self->flows;
    Py_XDECREF(self->own_parts);
    Py_XDECREF(self->name);
    free_instance(o);
}

PyObject* get_name(PyObject* o, void*) {
    const Call* const call = current_call;
    if (call != nullptr && call->identity() == o) {
        return make_text(call->job().plan().legend->routines[call->cell()->routine].name).release();
    }
    PyObject* const name = as<RoutineObject>(o)->name;
    if (name == nullptr) {
        return raise("StateError",
                     join("this ", Py_TYPE(o)->tp_name, " is in no flow yet, so it has no name"));
    }
    return Py_NewRef(name);
}

PyObject* get_job(PyObject* o, void*) {
    const Call* const call = call_of(o, "routine.job is known");
    return call == nullptr ? nullptr : job_object(call->job());
}

PyObject* get_delivery(PyObject* o, void*) {
    const Call* const call = call_of(o, "routine.delivery is known");
    if (call == nullptr) {
        return nullptr;
    }
    return make_delivery(*call->job().plan().legend, call->delivery(), call->attempt(), true);
}

PyObject* get_local(PyObject* o, void*) {
    const Call* const call = call_of(o, "routine.local is known");
    return call == nullptr
               ? nullptr
               : static_cast<JobHandle&>(call->job()).usage().local_of(call->cell()->routine);
}

// The job waits for this slot from outside, once this call has taken effect.
PyObject* expect(PyObject* o, PyObject* path) {
    Call* const call = call_of(o, "routine.expect is said");
    if (call == nullptr) {
        return nullptr;
    }
    if (!PyUnicode_Check(path)) {
        PyErr_SetString(PyExc_TypeError, "expect(slot): the slot is given as 'routine.slot'");
        return nullptr;
    }
    const Plan& plan = call->job().plan();
    std::vector<std::string> known;
    for (std::uint32_t slot = 0; slot < plan.slots.size(); ++slot) {
        known.push_back(plan.legend->slot_path(slot));
        if (known.back() != text_of(path)) {
            continue;
        }
        if (plan.slots[slot].is_drained) {
            return raise("ConfigurationError",
                         join("expect('", known.back(),
                              "'): that slot is delivered when the job is drained, by itself"));
        }
        call->note_expectation(slot);
        Py_RETURN_NONE;
    }
    return raise("UnknownSlotError", join("flow '", plan.flow_name, "': expect('", text_of(path),
                                          "'): no such slot; its slots are ", quoted_list(known),
                                          did_you_mean(text_of(path), known)));
}

// Ids of the jobs that have it in their plan and have not ended.
PyObject* live_jobs(PyObject* o, PyObject*) {
    Ref ids = Ref::steal(PyList_New(0));
    for (const std::string& id : live_jobs_with(o)) {
        const Ref text = make_text(id);
        if (!ids || !text || PyList_Append(ids.get(), text.get()) < 0) {
            return nullptr;
        }
    }
    return ids.release();
}

PyMethodDef routine_methods[] = {
    {"emit", method(emit_by_name), METH_FASTCALL | METH_KEYWORDS,
     "emit($self, event, /, **fields)\n--\n\n"
     "Note an emission of `event`; it takes effect when the handler returns.\n\n"
     "Parameters\n----------\nevent : str\n    Name of an event of this routine.\n"
     "**fields\n    The payload. Containers are copied now.\n\n"
     "Raises\n------\nStateError\n    Outside a call of this routine.\n"
     "UnknownEventError\n    If it has no such event.\n"
     "TypeMismatchError\n    If a field is missing or unknown."},
    {"expect", expect, METH_O,
     "expect($self, slot, /)\n--\n\n"
     "Let the job wait for a delivery to `slot` from outside.\n\n"
     "Takes effect when the handler returns. The job is WAITING, not COMPLETED, until it comes;\n"
     "one that is queued already counts.\n\n"
     "Parameters\n----------\nslot : str\n    \"routine.slot\".\n\n"
     "Raises\n------\nStateError\n    Outside a call of this routine.\n"
     "UnknownSlotError\n    If the flow has no such slot."},
    {"_define", method(define_part), METH_FASTCALL, nullptr},
    {"_live_jobs", live_jobs, METH_NOARGS, nullptr},
    {}};
PyGetSetDef routine_properties[] = {
    {"name", get_name, nullptr, "Its name in its flow.", nullptr},
    {"job", get_job, nullptr, "The job of the current call; StateError outside one.", nullptr},
    {"delivery", get_delivery, nullptr, "The delivery of the current call; StateError outside one.",
     nullptr},
    {"local", get_local, nullptr,
     "A namespace of the current call's job and this routine, not saved; StateError outside one.",
     nullptr},
    {}};

}  // namespace

bool add_routine_type(PyObject* module) {
    PyType_Slot slots[] = {{Py_tp_new, slot_value(routine_new)},
                           {Py_tp_init, slot_value(routine_init)},
                           {Py_tp_dealloc, slot_value(routine_dealloc)},
                           {Py_tp_traverse, slot_value(routine_traverse)},
                           {Py_tp_clear, slot_value(routine_clear)},
                           {Py_tp_methods, routine_methods},
                           {Py_tp_getset, routine_properties},
                           {}};
    routine_type = add_type(module, "stoplog.Routine", sizeof(RoutineObject),
                            Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, slots);
    return routine_type != nullptr;
}

}  // namespace stoplog::python
