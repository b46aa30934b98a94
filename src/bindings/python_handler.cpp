// How a payload meets a handler's parameters is found out once per call site and slot (CallShape).
#include "bindings/python_handler.hpp"

#include "stoplog/base/inline.hpp"
#include "stoplog/engine/cell.hpp"
#include "stoplog/engine/job.hpp"

#include "bindings/error_rule.hpp"
#include "bindings/gil.hpp"
#include "bindings/pybind.hpp"
#include "bindings/state_dict_type.hpp"

#include <algorithm>
#include <cstddef>

namespace stoplog::python {
namespace {

constexpr std::size_t kStackValues = 24;

}  // namespace

namespace {

// Takes the pending error of a handler.
Verdict failed(Call& call) {
    const bool is_interrupt = PyErr_ExceptionMatches(PyExc_KeyboardInterrupt) != 0 ||
                              PyErr_ExceptionMatches(PyExc_SystemExit) != 0;
    const ErrorPolicy policy = call.job().plan().slots[call.delivery().slot].on_error.policy;
    const bool may_stop = policy == ErrorPolicy::Stop || policy == ErrorPolicy::Retry;
    take_error(call.failure, !is_interrupt && may_stop);
    return is_interrupt ? Verdict::Interrupted : Verdict::Failed;
}

// The values that are the handler's first parameters, in order.
std::vector<std::uint32_t> positional_values(const Signature& fields,
                                             const PythonPayload& payload) {
    std::vector<std::uint32_t> indices;
    for (const Parameter& parameter : fields.parameters) {
        const Py_ssize_t found =
            parameter.is_whole ? -1 : find_field(payload, parameter.name.get());
        if (found < 0 || !parameter.is_positional) {
            break;
        }
        indices.push_back(static_cast<std::uint32_t>(found));
    }
    return indices;
}

// The values that are passed by keyword, beside those that are passed positionally.
std::vector<std::uint32_t> keyword_values(const Signature& fields, const PythonPayload& payload,
                                          const std::vector<std::uint32_t>& positional) {
    std::vector<std::uint32_t> by_keyword;
    for (std::uint32_t i = 0; i < payload.size; ++i) {
        if (std::find(positional.begin(), positional.end(), i) != positional.end()) {
            continue;
        }
        const Py_ssize_t found = fields.find(PyTuple_GET_ITEM(payload.names, i));
        const bool is_wanted = found < 0
                                   ? fields.takes_rest
                                   : !fields.parameters[static_cast<std::size_t>(found)].is_whole;
        if (is_wanted) {
            by_keyword.push_back(i);
        }
    }
    return by_keyword;
}

Ref tuple_of(const std::vector<PyObject*>& names) {
    Ref made = Ref::steal(PyTuple_New(static_cast<Py_ssize_t>(names.size())));
    for (std::size_t i = 0; made && i < names.size(); ++i) {
        PyTuple_SET_ITEM(made.get(), static_cast<Py_ssize_t>(i), Py_NewRef(names[i]));
    }
    return made;
}

bool is_in_order(const std::vector<std::uint32_t>& indices, const PythonPayload& payload) {
    bool is_so = indices.size() == payload.size && payload.size <= kStackValues;
    for (std::uint32_t i = 0; i < indices.size(); ++i) {
        is_so = is_so && indices[i] == i;
    }
    return is_so;
}

}  // namespace

PythonHandler::PythonHandler(PyObject* routine, std::shared_ptr<Definition> definition)
    : routine_(Ref::borrow(routine)), definition_(std::move(definition)) {}

// The payload's own values where the handler takes them as they are: the usual way.
STOPLOG_INLINE PyObject* PythonHandler::call_plainly(const Definition::Slot& slot,
                                                     const PythonPayload& payload) const {
    PyObject* stack[kStackValues + 2];
    stack[1] = routine_.get();
    for (std::uint32_t i = 0; i < payload.size; ++i) {
        stack[i + 2] = payload.values[i];
    }
    return slot.call(slot.callee, stack + 1 + slot.skipped,
                     (payload.size + 1 - slot.skipped) | PY_VECTORCALL_ARGUMENTS_OFFSET, nullptr);
}

// Any other way: a drained slot has no payload, a connection may rename its fields.
[[gnu::noinline]] PyObject* PythonHandler::call_otherwise(Definition::Slot& slot,
                                                          const Call& call) {
    const Delivery& delivery = call.delivery();
    PayloadRef payload = delivery.payload ? delivery.payload : PayloadRef(empty_payload());
    if (call.cell()->has_renames && delivery.payload) {
        payload = renamed(*call.job().plan().legend, delivery.connection, delivery.payload);
    }
    return payload ? call_shaped(slot, as_python(*payload.get())) : nullptr;
}

Verdict PythonHandler::invoke(Call& call) {
    UnwindGuard guard;
    const Cell& cell = *call.cell();
    const Delivery& delivery = call.delivery();
    Definition::Slot& slot = definition_->slots[delivery.slot - cell.first_slot];
    const auto* const payload = static_cast<const PythonPayload*>(delivery.payload.get());
    const bool is_plain = payload != nullptr && slot.shape.plain == payload->names &&
                          slot.shape.code == PyFunction_GET_CODE(slot.function) &&
                          payload->private_mask == 0 && !cell.has_renames;
    PyObject* const result = is_plain ? call_plainly(slot, *payload) : call_otherwise(slot, call);
    guard.passed();
    if (result == nullptr) [[unlikely]] {
        return failed(call);
    }
    Py_DECREF(result);
    return Verdict::Done;
}

// Which values the handler takes, and how: positionally where they are its first parameters in
// order, by keyword otherwise. Fields that nobody names are not passed.
bool PythonHandler::shape(Definition::Slot& slot, const PythonPayload& payload) {
    const Signature& fields = *slot.slot->fields;
    CallShape shape;
    shape.names = Ref::borrow(payload.names);
    shape.code = PyFunction_GET_CODE(slot.function);
    shape.indices = positional_values(fields, payload);
    const std::vector<std::uint32_t> by_keyword = keyword_values(fields, payload, shape.indices);
    std::vector<PyObject*> keywords;
    keywords.reserve(by_keyword.size() + 1);
    for (const std::uint32_t i : by_keyword) {
        keywords.push_back(PyTuple_GET_ITEM(payload.names, i));
    }
    for (const Parameter& parameter : fields.parameters) {
        if (parameter.is_whole) {
            shape.takes_whole = true;
            keywords.push_back(parameter.name.get());
            break;
        }
    }
    if (keywords.empty() && is_in_order(shape.indices, payload)) {
        shape.plain = payload.names;
    }
    shape.indices.insert(shape.indices.end(), by_keyword.begin(), by_keyword.end());
    if (!keywords.empty()) {
        shape.keywords = tuple_of(keywords);
        if (!shape.keywords) {
            return false;
        }
    }
    slot.shape = std::move(shape);
    return true;
}

PyObject* PythonHandler::call_shaped(Definition::Slot& slot, const PythonPayload& payload) {
    if (slot.shape.names.get() != payload.names ||
        slot.shape.code != PyFunction_GET_CODE(slot.function)) {
        if (!shape(slot, payload)) {
            return nullptr;
        }
    }
    const std::vector<std::uint32_t> indices = slot.shape.indices;  // the call may change the shape
    const Ref keywords = slot.shape.keywords;
    std::vector<Ref> owned;
    owned.reserve(indices.size() + 1);
    std::vector<PyObject*> stack{nullptr, routine_.get()};
    for (const std::uint32_t i : indices) {
        owned.push_back(Ref::steal(payload_value(payload, i)));
        stack.push_back(owned.back().get());
        if (!owned.back()) {
            return nullptr;
        }
    }
    if (slot.shape.takes_whole) {
        owned.push_back(Ref::steal(whole_payload(payload)));
        stack.push_back(owned.back().get());
        if (!owned.back()) {
            return nullptr;
        }
    }
    const std::size_t by_keyword =
        keywords ? static_cast<std::size_t>(PyTuple_GET_SIZE(keywords.get())) : 0;
    const std::size_t positional = stack.size() - 1 - slot.skipped - by_keyword;
    return slot.call(slot.callee, stack.data() + 1 + slot.skipped,
                     positional | PY_VECTORCALL_ARGUMENTS_OFFSET, keywords.get());
}

// ---- declared state

Ref PythonHandler::first_value(const StateObject& state) const {
    return state.kind != nullptr ? Ref::steal(PyObject_CallNoArgs(state.kind))
                                 : Ref::borrow(state.default_value);
}

std::shared_ptr<Document> PythonHandler::make_document(const std::shared_ptr<CallLog>& log) const {
    return std::make_shared<Document>(python_leaves, log, nullptr);
}

// `frozen`: as of which cut a container of ours is copied; null: as it is.
bool PythonHandler::load_field(Document& fields, const StateObject& state, const Ref& value,
                               const Frozen* frozen) const {
    if (!value) {
        return false;
    }
    Ref stored = Ref::steal(tracked(fields.log(), value.get(), state.name, frozen));
    if (!stored) {
        return false;
    }
    fields.load(Py_NewRef(state.name), hash_of(state.name), stored.release());
    return true;
}

bool PythonHandler::make_fields(const std::shared_ptr<CallLog>& log,
                                std::shared_ptr<Document>& fields, Failure& failure) noexcept {
    std::shared_ptr<Document> made = make_document(log);
    for (const StateObject* state : definition_->states) {
        if (!load_field(*made, *state, first_value(*state))) {
            take_error(failure, true);
            return false;
        }
    }
    fields = std::move(made);
    return true;
}

std::shared_ptr<Document> PythonHandler::initial_fields() noexcept {
    if (!initial_fields_) {
        initial_log_ =
            std::make_shared<CallLog>(std::make_shared<Family>(), Py_TYPE(routine_.get())->tp_name);
        Failure failure;
        make_fields(initial_log_, initial_fields_, failure);
    }
    return initial_fields_;
}

std::shared_ptr<Document> PythonHandler::restore_fields(const std::shared_ptr<CallLog>& log,
                                                        const JobState& state,
                                                        const CellState& saved) {
    std::vector<Ref> values;
    const Version version =
        state.frozen ? state.frozen->version_of(*saved.fields) : saved.fields->version();
    version.each([&](const Entry& entry) {
        values.push_back(Ref::borrow(static_cast<PyObject*>(entry.value)));
        return true;
    });
    const Legend& legend = *state.legend;
    const std::uint32_t first = legend.routines[saved.routine].first_field;
    std::shared_ptr<Document> made = make_document(log);
    for (const StateObject* declared : definition_->states) {
        Ref value;
        for (std::size_t i = 0; i < values.size(); ++i) {
            if (legend.fields[first + i].name == text_of(declared->name)) {
                value = values[i];
            }
        }
        if (!load_field(*made, *declared, value ? value : first_value(*declared),
                        state.frozen.get())) {
            throw py::error_already_set();
        }
    }
    return made;
}

// ---- errors

// A class that cannot be asked (its __subclasscheck__ raises) is not retried.
bool PythonHandler::is_retried(const Retry& retry, const Failure& failure) {
    const auto& said = static_cast<const PythonRetry&>(retry);
    auto* const error = static_cast<PyObject*>(failure.exception.get());
    const bool is_so = error != nullptr &&
                       PyErr_GivenExceptionMatches(error, said.retry_on.get()) != 0 &&
                       PyErr_GivenExceptionMatches(error, said.give_up_on.get()) == 0;
    PyErr_Clear();
    return is_so;
}

void PythonHandler::refuse(const std::string& message, Failure& failure) {
    raise("BackpressureError", message);
    take_error(failure, true);
}

void take_error(Failure& failure, bool with_traceback) {
    PyObject* type = nullptr;
    PyObject* value = nullptr;
    PyObject* traceback = nullptr;
    PyErr_Fetch(&type, &value, &traceback);
    PyErr_NormalizeException(&type, &value, &traceback);
    if (traceback != nullptr) {
        PyException_SetTraceback(value, traceback);
    }
    Ref error = Ref::steal(value);
    Py_XDECREF(type);
    Py_XDECREF(traceback);
    failure.error = JobError();
    failure.error.type = Py_TYPE(error.get())->tp_name;
    const Ref message = Ref::steal(PyObject_Str(error.get()));
    failure.error.message = message ? readable(message.get()) : "<its str() failed>";
    PyErr_Clear();
    if (with_traceback) {
        const Ref module = Ref::steal(PyImport_ImportModule("traceback"));
        const Ref lines = Ref::steal(
            module ? PyObject_CallMethod(module.get(), "format_exception", "O", error.get())
                   : nullptr);
        const Ref empty = make_text("");
        const Ref text = Ref::steal(lines ? PyUnicode_Join(empty.get(), lines.get()) : nullptr);
        failure.error.traceback = text ? readable(text.get()) : "";
        PyErr_Clear();
    }
    failure.exception = carried(std::move(error));
}

}  // namespace stoplog::python
