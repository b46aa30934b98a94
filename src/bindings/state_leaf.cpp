// Telling leaves from the rest.
//
// Classes of the standard library are looked up by name and then compared by identity, so no module
// is imported for it: who has such a value has the module.
#include "bindings/state_leaf.hpp"

#include "bindings/held_type.hpp"
#include "bindings/storable.hpp"
#include "bindings/stored_type.hpp"
#include "bindings/value_coded.hpp"
#include "bindings/value_numbers.hpp"
#include "bindings/value_numpy.hpp"
#include "bindings/value_text.hpp"
#include "bindings/value_types.hpp"

#include <array>
#include <string>
#include <unordered_set>

namespace stoplog::python {

namespace {

constexpr const char* kRefused = "SerializationError";

void retain(Leaf leaf) noexcept { Py_INCREF(as_object(leaf)); }
void release(Leaf leaf) noexcept { Py_DECREF(as_object(leaf)); }
int equal(Leaf stored, Leaf asked) {
    PyObject* mine = as_object(stored);
    PyObject* other = as_object(asked);
    if (PyUnicode_CheckExact(mine) && PyUnicode_CheckExact(other)) {
        return PyUnicode_Compare(mine, other) == 0 ? 1 : 0;
    }
    const Ref held = Ref::borrow(mine);
    return PyObject_RichCompareBool(mine, other, Py_EQ);
}

// A fixed offset, or a place whose name can be stored.
bool is_time_zone(PyObject* value) {
    if (is_class(Py_TYPE(value), "datetime", "timezone")) return true;
    if (!is_class(Py_TYPE(value), "zoneinfo", "ZoneInfo")) return false;
    const Ref key = Ref::steal(PyObject_GetAttrString(value, "key"));
    if (!key) PyErr_Clear();
    return key && PyUnicode_CheckExact(key.get()) && is_zone_key(text_of(key.get()));
}

bool is_path(PyObject* value) {
    constexpr std::array kNames{"PosixPath", "WindowsPath", "PurePosixPath", "PureWindowsPath"};
    for (const char* name : kNames) {
        if (is_class(Py_TYPE(value), "pathlib", name)) return true;
    }
    return false;
}

bool is_date_or_span(PyObject* value) {
    const PyTypeObject* type = Py_TYPE(value);
    return is_class(type, "datetime", "date") || is_class(type, "datetime", "timedelta") ||
           is_time_zone(value);
}

bool is_clock_time(PyObject* value) {
    const PyTypeObject* type = Py_TYPE(value);
    return is_class(type, "datetime", "datetime") || is_class(type, "datetime", "time");
}

/// False also with an error set.
bool is_array(PyObject* value) {
    try {
        return numpy_kind(value) != NumpyKind::None;
    } catch (const PendingError&) {
        return false;
    }
}

/// A reference to each type is held. Guarded by the GIL.
std::unordered_set<PyTypeObject*>& kept_types() {
    static auto* const kTypes = new std::unordered_set<PyTypeObject*>;  // outlives the interpreter
    return *kTypes;
}

bool is_plain_container(PyObject* value) {
    return PyDict_CheckExact(value) || PyList_CheckExact(value) || PySet_CheckExact(value);
}

std::string advice_for(PyObject* value) {
    if (PyList_Check(value)) return "; use a plain list";
    if (PyAnySet_Check(value)) return "; use a plain set or frozenset";
    if (PyByteArray_Check(value)) return "; use bytes";
    if (PyDict_Check(value)) return "; use a plain dict";
    return PyTuple_Check(value) ? "; use a plain tuple" : storing_advice(value);
}

void refuse_type(const Origin& origin, PyObject* value, const Place* place) {
    const char* name = Py_TYPE(value)->tp_name;
    if (is_plain_container(value) || is_state_container(value)) {
        refuse(kRefused, origin, place,
               "%s cannot be kept in the state inside a tuple, a frozenset or a key; put it into "
               "a dict or a list",
               name);
    } else {
        refuse(kRefused, origin, place, "%s cannot be kept in the state%s", name,
               advice_for(value).c_str());
    }
}

bool check_zone(const Origin& origin, PyObject* value, const Place* place) {
    const Ref zone = Ref::steal(PyObject_GetAttrString(value, "tzinfo"));
    if (!zone) return false;
    if (zone.get() == Py_None || is_time_zone(zone.get())) return true;
    refuse(kRefused, origin, place,
           "%s with a tzinfo of type %s cannot be kept in the state; use datetime.timezone",
           Py_TYPE(value)->tp_name, Py_TYPE(zone.get())->tp_name);
    return false;
}

bool check_items(const Origin& origin, PyObject* value, const Place* place, std::uint32_t depth) {
    if (!check_depth(origin, place, depth)) return false;
    const Ref items = Ref::steal(PyObject_GetIter(value));
    if (!items) return false;
    const Step step = PyTuple_CheckExact(value) ? Step::Index : Step::Member;
    for (Py_ssize_t i = 0;; ++i) {
        const Ref item = Ref::steal(PyIter_Next(items.get()));
        if (!item) return PyErr_Occurred() == nullptr;
        if (is_plain_leaf(item.get())) continue;
        const Place inner{place, nullptr, step, item.get(), i};
        if (!check_leaf(origin, item.get(), &inner, depth + 1)) return false;
    }
}

// Of a dataclass each field, since its being frozen says nothing of them.
bool check_storable(const Origin& origin, PyObject* value, const Storable& type, const Place* place,
                    std::uint32_t depth) {
    if (type.kind != Storable::Kind::Dataclass) return true;
    if (!check_depth(origin, place, depth)) return false;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(type.parts.get()); ++i) {
        PyObject* const name = PyTuple_GET_ITEM(type.parts.get(), i);
        const Ref field = Ref::steal(PyObject_GetAttr(value, name));
        const Place inner{place, nullptr, Step::Field, name, 0};
        if (!field || !check_leaf(origin, field.get(), &inner, depth + 1)) return false;
    }
    return true;
}

}  // namespace

const LeafVerbs python_leaves{retain, release, equal};

bool check_depth(const Origin& origin, const Place* place, std::uint32_t depth) {
    if (depth <= kMaxNesting) return true;
    refuse(kRefused, origin, place, "nested deeper than %u", unsigned{kMaxNesting});
    return false;
}

void keep_as_leaf(PyTypeObject* type, bool is_kept) {
    if (is_kept && kept_types().insert(type).second) Py_INCREF(type);
    if (!is_kept && kept_types().erase(type) != 0) Py_DECREF(type);
}

bool check_leaf(const Origin& origin, PyObject* value, const Place* place, std::uint32_t depth) {
    if (is_plain_leaf(value)) return true;
    if (PyTuple_CheckExact(value) || PyFrozenSet_CheckExact(value)) {
        return check_items(origin, value, place, depth);
    }
    if (is_held(value) || is_stored(value) || kept_types().contains(Py_TYPE(value))) return true;
    if (is_clock_time(value)) return check_zone(origin, value, place);
    if (is_date_or_span(value) || is_path(value) || is_number(value)) return true;
    if (const Storable* const known = storable_of(Py_TYPE(value))) {
        return check_storable(origin, value, *known, place, depth);
    }
    if (is_array(value)) return true;
    if (PyErr_Occurred() == nullptr) refuse_type(origin, value, place);
    return false;
}

bool check_key(const Origin& origin, const Place* outer, PyObject* key, Step step) {
    if (is_plain_leaf(key)) return true;
    const Place place{outer, nullptr, step, key, 0};
    return or_no_memory(false, [&] { return check_leaf(origin, key, &place, 1); });
}

}  // namespace stoplog::python
