// Every way into a Stored value ends in the one error that names what is missing.
#include "bindings/stored_type.hpp"

#include "stoplog/base/error.hpp"

#include "bindings/type_support.hpp"

#include <new>
#include <string>

namespace stoplog::python {
namespace {

struct Stored {
    PyObject_HEAD std::string* bytes;
    std::string* name;
    std::uint64_t version;
};

PyTypeObject* stored_value_type = nullptr;

std::string missing(const Stored& self) {
    if (self.name->empty()) {
        return "numpy cannot be imported here; a value of it was stored";
    }
    return join("no codec or storable type named '", *self.name,
                "' is registered here; a value was stored by it in version ",
                std::to_string(self.version));
}

std::nullptr_t refuse(PyObject* self) {
    return raise("SerializationError",
                 join("this value is not here: ", missing(*as<Stored>(self)),
                      "; what is registered before the state is loaded is found"));
}

PyObject* attribute(PyObject* self, PyObject* name) {
    PyObject* const found = PyObject_GenericGetAttr(self, name);
    const std::string_view asked = PyUnicode_Check(name) ? text_of(name) : std::string_view();
    // What tools ask of any object is answered as by any object.
    if (found != nullptr || PyErr_ExceptionMatches(PyExc_AttributeError) == 0 ||
        asked.starts_with('_')) {
        return found;
    }
    PyErr_Clear();
    return refuse(self);
}

PyObject* item(PyObject* self, PyObject*) { return refuse(self); }
PyObject* iterate(PyObject* self) { return refuse(self); }
PyObject* call(PyObject* self, PyObject*, PyObject*) { return refuse(self); }
Py_ssize_t length(PyObject* self) {
    refuse(self);
    return -1;
}
int contains(PyObject* self, PyObject*) {
    refuse(self);
    return -1;
}
int truth(PyObject* self) {
    refuse(self);
    return -1;
}

PyObject* represent(PyObject* self) {
    const Stored& stored = *as<Stored>(self);
    const Ref text =
        make_text(join("<Stored", stored.name->empty() ? "" : join(" '", *stored.name, "'"), ", ",
                       std::to_string(stored.bytes->size()), " bytes: ", missing(stored), ">"));
    return Py_XNewRef(text.get());
}

Py_hash_t hash(PyObject* self) {
    const auto value = static_cast<Py_hash_t>(std::hash<std::string>()(*as<Stored>(self)->bytes));
    return value == -1 ? -2 : value;
}

PyObject* compare(PyObject* self, PyObject* other, int operation) {
    if (!is_stored(other) || (operation != Py_EQ && operation != Py_NE)) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    const bool is_equal = *as<Stored>(self)->bytes == *as<Stored>(other)->bytes;
    return PyBool_FromLong(static_cast<long>(is_equal == (operation == Py_EQ)));
}

// It cannot change, so it is its own copy.
PyObject* copy(PyObject* self, PyObject*) { return Py_NewRef(self); }

PyMethodDef methods[] = {{"__copy__", copy, METH_NOARGS, "Return itself: it cannot change."},
                         {"__deepcopy__", copy, METH_O, "Return itself: it cannot change."},
                         {}};

void deallocate(PyObject* self) {
    delete as<Stored>(self)->bytes;
    delete as<Stored>(self)->name;
    free_instance(self);
}

}  // namespace

PyObject* make_stored(std::string_view bytes, std::string_view name, std::uint64_t version) {
    PyObject* const made = stored_value_type->tp_alloc(stored_value_type, 0);
    if (made != nullptr) {
        as<Stored>(made)->bytes = new std::string(bytes);
        as<Stored>(made)->name = new std::string(name);
        as<Stored>(made)->version = version;
    }
    return made;
}

bool is_stored(PyObject* value) noexcept { return Py_TYPE(value) == stored_value_type; }
std::string_view bytes_of_stored(PyObject* stored) noexcept { return *as<Stored>(stored)->bytes; }

bool add_stored_type(PyObject* module) {
    PyType_Slot slots[] = {{Py_tp_dealloc, slot_value(deallocate)},
                           {Py_tp_getattro, slot_value(attribute)},
                           {Py_tp_repr, slot_value(represent)},
                           {Py_tp_hash, slot_value(hash)},
                           {Py_tp_richcompare, slot_value(compare)},
                           {Py_tp_iter, slot_value(iterate)},
                           {Py_tp_call, slot_value(call)},
                           {Py_tp_methods, methods},
                           {Py_mp_subscript, slot_value(item)},
                           {Py_mp_length, slot_value(length)},
                           {Py_sq_contains, slot_value(contains)},
                           {Py_nb_bool, slot_value(truth)},
                           {0, nullptr}};
    stored_value_type =
        add_type(module, "stoplog.Stored", sizeof(Stored),
                 Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots);
    return stored_value_type != nullptr;
}

}  // namespace stoplog::python
