// Two tables, by type and by name; entries are made once and never changed.
#include "bindings/storable.hpp"

#include "stoplog/base/error.hpp"

#include <memory>
#include <unordered_map>
#include <vector>

namespace stoplog::python {
namespace {

struct Registry {
    std::unordered_map<const PyTypeObject*, const Storable*> by_type;
    std::unordered_map<std::string_view, const Storable*> by_name;
    std::vector<std::unique_ptr<const Storable>> all;
};

// Never destroyed: what it holds must not be dropped when the interpreter has gone.
Registry& registry() {
    static auto* const made = new Registry;
    return *made;
}

std::string shown(PyObject* object) {
    const Ref text = Ref::steal(PyObject_Repr(object));
    if (!text) {
        PyErr_Clear();
        return "?";
    }
    return readable(text.get());
}

constexpr const char* kAdvice = "; replace=True registers it again, as in a notebook";

bool check_is_free(std::string_view name, PyObject* type) {
    if (const Storable* const known = storable_named(name)) {
        raise("ConfigurationError",
              join("the name '", name, "' is taken by ", shown(known->type.get()), kAdvice));
        return false;
    }
    if (const Storable* const known = storable_of(reinterpret_cast<PyTypeObject*>(type))) {
        raise("ConfigurationError",
              join(shown(type), " is stored as '", known->name, "' already", kAdvice));
        return false;
    }
    return true;
}

Ref none_or(PyObject* object) { return object == Py_None ? Ref() : Ref::borrow(object); }

}  // namespace

const Storable* storable_of(const PyTypeObject* type) {
    const Registry& known = registry();
    if (known.by_type.empty()) {
        return nullptr;
    }
    const auto found = known.by_type.find(type);
    return found == known.by_type.end() ? nullptr : found->second;
}

const Storable* storable_named(std::string_view name) {
    const Registry& known = registry();
    const auto found = known.by_name.find(name);
    return found == known.by_name.end() ? nullptr : found->second;
}

std::string storing_advice(PyObject* value) {
    auto* const type = reinterpret_cast<PyObject*>(Py_TYPE(value));
    std::string advice;
    if (const Ref dataclass = Ref::steal(PyObject_GetAttrString(type, "__dataclass_params__"))) {
        const Ref is_frozen = Ref::steal(PyObject_GetAttrString(dataclass.get(), "frozen"));
        advice = is_frozen.get() == Py_True
                     ? "; give its class a name with stoplog.storable"
                     : "; freeze its dataclass and give it a name with stoplog.storable";
    } else if (PyObject_HasAttrString(type, "_member_map_") != 0) {
        advice = "; give its class a name with stoplog.storable";
    } else if (const Ref dtype = Ref::steal(PyObject_GetAttrString(value, "dtype"))) {
        advice = join("; its dtype is ", shown(dtype.get()));
    }
    PyErr_Clear();
    return advice;
}

PyObject* register_type(PyObject*, PyObject* const* arguments, Py_ssize_t count) {
    constexpr Py_ssize_t kArguments = 8;
    if (count != kArguments) {
        PyErr_SetString(PyExc_TypeError, "register_type() takes 8 arguments");
        return nullptr;
    }
    const long kind = PyLong_AsLong(arguments[0]);
    const std::string_view name = text_of(arguments[1]);
    const long long version = PyLong_AsLongLong(arguments[2]);
    PyObject* const type = arguments[3];
    const int may_replace = PyObject_IsTrue(arguments[7]);
    if (PyErr_Occurred() != nullptr || (may_replace == 0 && !check_is_free(name, type))) {
        return nullptr;
    }
    auto made = std::make_unique<const Storable>(Storable{
        static_cast<Storable::Kind>(kind), std::string(name), static_cast<std::uint32_t>(version),
        Ref::borrow(type), none_or(arguments[4]), none_or(arguments[5]), none_or(arguments[6])});
    Registry& known = registry();
    known.by_type[reinterpret_cast<PyTypeObject*>(type)] = made.get();
    known.by_name.erase(name);  // the key is a part of the entry that is replaced
    known.by_name.emplace(made->name, made.get());
    known.all.push_back(std::move(made));
    Py_RETURN_NONE;
}

}  // namespace stoplog::python
