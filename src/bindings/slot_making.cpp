// What makes a Slot: the decorator, its options, and the way for handlers that are no methods.
#include "stoplog/base/error.hpp"
#include "stoplog/base/suggest.hpp"

#include "bindings/error_rule.hpp"
#include "bindings/merging.hpp"
#include "bindings/slot_type.hpp"
#include "bindings/type_support.hpp"

namespace stoplog::python {
namespace {

void refuse(std::string_view what, PyObject* found) {
    const Ref shown = Ref::steal(PyObject_Repr(found));
    raise("ConfigurationError", join(what, "; found ", shown ? text_of(shown.get()) : "?"));
}

bool set_policy(PyObject* value, std::optional<ErrorRule>& rule) {
    return set_rule(value, rule.emplace());
}

bool set_overflow(PyObject* value, Overflow& overflow) {
    const std::string_view text = PyUnicode_Check(value) ? text_of(value) : "";
    if (text == "block") {
        overflow = Overflow::Block;
    } else if (text == "reject") {
        overflow = Overflow::Reject;
    } else if (text == "drop_newest") {
        overflow = Overflow::DropNewest;
    } else if (text == "drop_oldest") {
        overflow = Overflow::DropOldest;
    } else {
        refuse("overflow must be 'block', 'reject', 'drop_newest' or 'drop_oldest'", value);
        return false;
    }
    return true;
}

bool set_priority(PyObject* value, std::int32_t& priority) {
    constexpr long long kLargest = 1LL << 30;
    const long long number = PyLong_CheckExact(value) ? PyLong_AsLongLong(value) : kLargest + 1;
    PyErr_Clear();
    if (number < -kLargest || number > kLargest) {
        refuse("priority must be a whole number from -2**30 to 2**30", value);
        return false;
    }
    priority = static_cast<std::int32_t>(number);
    return true;
}

bool set_capacity(PyObject* value, std::uint32_t& capacity) {
    constexpr long long kLargest = 1LL << 30;
    const long long number = PyLong_CheckExact(value) ? PyLong_AsLongLong(value) : 0;
    PyErr_Clear();
    if (number < 1 || number > kLargest) {
        refuse("capacity must be a whole number from 1 to 2**30", value);
        return false;
    }
    capacity = static_cast<std::uint32_t>(number);
    return true;
}

bool set_name(PyObject* value, SlotObject& slot) {
    if (value == Py_None) {
        return true;
    }
    if (!PyUnicode_Check(value) || PyUnicode_IsIdentifier(value) != 1) {
        raise("ConfigurationError", "slot(name=...): a name is an identifier");
        return false;
    }
    Py_XSETREF(slot.given_name, Py_NewRef(value));
    return true;
}

bool set_when(PyObject* value, SlotSpec& spec) {
    spec.is_drained = PyUnicode_Check(value) && text_of(value) == "drained";
    if (!spec.is_drained && value != Py_None) {
        raise("ConfigurationError", "slot(when=...) must be 'drained'");
        return false;
    }
    return true;
}

bool set_option(SlotObject& slot, PyObject* name, PyObject* value) {
    const std::string_view option = text_of(name);
    SlotSpec& spec = *slot.spec;
    if (option == "name") {
        return set_name(value, slot);
    }
    if (option == "when") {
        return set_when(value, spec);
    }
    if (option == "merge") {
        return set_merge(slot, value);
    }
    if (option == "capacity") {
        return set_capacity(value, spec.capacity);
    }
    if (option == "on_error") {
        return value == Py_None || set_policy(value, spec.on_error);
    }
    if (option == "overflow") {
        return set_overflow(value, spec.overflow);
    }
    if (option == "priority") {
        return set_priority(value, spec.priority);
    }
    const std::vector<std::string> options{"name",     "when",     "merge",   "capacity",
                                           "overflow", "priority", "on_error"};
    raise("ConfigurationError", join("slot(): unknown option '", option, "'; the options are ",
                                     quoted_list(options), did_you_mean(option, options)));
    return false;
}

bool set_options(SlotObject& slot, PyObject* options) {
    PyObject* name = nullptr;
    PyObject* value = nullptr;
    Py_ssize_t at = 0;
    while (options != nullptr && PyDict_Next(options, &at, &name, &value) != 0) {
        if (!set_option(slot, name, value)) {
            return false;
        }
    }
    return true;
}

// What the spec says of the fields; false with an error set where a drained slot asks for one.
bool settle_fields(SlotObject& slot, const char* what) {
    SlotSpec& spec = *slot.spec;
    spec.fields = slot.fields->fields();
    spec.takes_any = slot.fields->takes_rest;
    for (const Parameter& parameter : slot.fields->parameters) {
        spec.takes_any = spec.takes_any || parameter.is_whole;
    }
    if (spec.is_drained && spec.merge != Merge::Override) {
        raise("ConfigurationError",
              join(what,
                   " of a slot that is delivered when drained takes no fields: there is "
                   "nothing to merge; leave merge= out"));
        return false;
    }
    for (const FieldSpec& field : spec.fields) {
        if (spec.is_drained && field.is_required) {
            raise("ConfigurationError",
                  join(what,
                       " of a slot that is delivered when drained takes no fields; it asks "
                       "for '",
                       field.name, "'"));
            return false;
        }
    }
    return true;
}

// What runs when a delivery comes, and what says which fields it takes.
struct Handler {
    PyObject* function;  // a plain function: its parameters are the fields
    PyObject* callee;    // what is called
    Py_ssize_t first;    // parameters that are no fields
    bool takes_routine;  // `callee` is given the routine before the fields
    bool may_yield;
};

PyObject* make_slot(const Handler& handler, const char* what, PyObject* options) {
    const Ref made = Ref::steal(slot_type->tp_alloc(slot_type, 0));
    if (!made) {
        return nullptr;
    }
    auto* const self = as<SlotObject>(made.get());
    self->fields = new Signature;
    self->spec = new SlotSpec;
    self->function = Py_NewRef(handler.function);
    self->callee = Py_NewRef(handler.callee);
    self->takes_routine = handler.takes_routine;
    self->name = PyUnicode_InternFromString("?");
    self->fields->may_yield = handler.may_yield;
    if (!read_signature(handler.function, what, *self->fields, handler.first)) {
        return nullptr;
    }
    if (PyVectorcall_Function(handler.callee) == nullptr) {
        return raise("ConfigurationError", join(what, " cannot be called fast"));
    }
    return set_options(*self, options) && settle_fields(*self, what) ? Py_NewRef(made.get())
                                                                     : nullptr;
}

PyObject* make_method_slot(PyObject* function, PyObject* options) {
    return make_slot({function, function, 1, true, false}, "@slot: the handler", options);
}

PyObject* apply_options(PyObject* options, PyObject* function) {
    return make_method_slot(function, options);
}

PyMethodDef apply_definition{"slot", apply_options, METH_O, nullptr};

PyObject* decorate_slot(PyObject*, PyObject* arguments, PyObject* options) {
    const Py_ssize_t count = PyTuple_GET_SIZE(arguments);
    if (count == 1 && options == nullptr) {
        return make_method_slot(PyTuple_GET_ITEM(arguments, 0), nullptr);
    }
    if (count != 0) {
        PyErr_SetString(PyExc_TypeError, "write @slot, or @slot(option=...)");
        return nullptr;
    }
    const Ref copied = Ref::steal(options == nullptr ? PyDict_New() : PyDict_Copy(options));
    if (!copied) {
        return nullptr;
    }
    // Wrong options are told where they stand, before there is a handler.
    const Ref probe = Ref::steal(slot_type->tp_alloc(slot_type, 0));
    if (!probe) {
        return nullptr;
    }
    as<SlotObject>(probe.get())->spec = new SlotSpec;
    PyObject* name = nullptr;
    PyObject* value = nullptr;
    Py_ssize_t at = 0;
    while (PyDict_Next(copied.get(), &at, &name, &value) != 0) {
        if (!set_option(*as<SlotObject>(probe.get()), name, value)) {
            return nullptr;
        }
    }
    return PyCFunction_New(&apply_definition, copied.get());
}

// make_slot(what, function, callee, first, takes_routine, may_yield, options)
PyObject* make_slot_of(PyObject*, PyObject* arguments) {
    const char* what = nullptr;
    Handler handler{};
    int takes_routine = 0;
    int may_yield = 0;
    PyObject* options = nullptr;
    if (PyArg_ParseTuple(arguments, "sOOnppO!", &what, &handler.function, &handler.callee,
                         &handler.first, &takes_routine, &may_yield, &PyDict_Type, &options) == 0) {
        return nullptr;
    }
    if (handler.first < 0 || handler.first > 1) {
        PyErr_SetString(PyExc_ValueError, "make_slot: one parameter at most is no field");
        return nullptr;
    }
    handler.takes_routine = takes_routine != 0;
    handler.may_yield = may_yield != 0;
    const Ref copied = Ref::steal(PyDict_Copy(options));  // checking them may run foreign code
    return copied ? make_slot(handler, what, copied.get()) : nullptr;
}

PyMethodDef functions[] = {{"slot", method(decorate_slot), METH_VARARGS | METH_KEYWORDS, nullptr},
                           {"make_slot", make_slot_of, METH_VARARGS, nullptr},
                           {}};

}  // namespace

bool add_slot_functions(PyObject* module) { return PyModule_AddFunctions(module, functions) == 0; }

}  // namespace stoplog::python
