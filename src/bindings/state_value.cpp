// Copying containers into the state.
//
// Python code may run while a plain container is read (a hash), so that one is watched. Ours are
// read as of one moment.
#include "bindings/state_value.hpp"

#include "bindings/held_type.hpp"
#include "bindings/state_append.hpp"
#include "bindings/value_copy.hpp"
#include "bindings/value_text.hpp"

namespace stoplog::python {

namespace {

class Converter {
public:
    Converter(const std::shared_ptr<CallLog>& log, const Origin& origin, const Frozen* frozen)
        : log_(log), origin_(origin), frozen_(frozen) {}

    Ref convert(PyObject* value, const Place* place, std::uint32_t depth) const {
        if (is_plain_leaf(value)) return Ref::borrow(value);
        const Fill fill = filler_of(value);
        if (fill != nullptr) return convert_container(value, fill, place, depth);
        if (is_held(value)) return Ref::borrow(value);
        if (!check_leaf(origin_, value, place, depth)) return {};
        return keep(value, place);
    }

private:
    using Fill = bool (Converter::*)(PyObject* made, PyObject* source, const Place* place) const;

    static Fill filler_of(PyObject* value);
    Ref keep(PyObject* value, const Place* place) const;
    Ref make_like(PyObject* value, std::uint32_t depth) const;
    Ref convert_container(PyObject* value, Fill fill, const Place* place,
                          std::uint32_t depth) const;
    bool check_cycle(PyObject* value, const Place* place) const;
    bool fill_from_dict(PyObject* made, PyObject* plain, const Place* place) const;
    bool fill_from_state_dict(PyObject* made, PyObject* source, const Place* place) const;
    bool fill_from_list(PyObject* made, PyObject* plain, const Place* place) const;
    bool fill_from_state_list(PyObject* made, PyObject* source, const Place* place) const;
    bool fill_from_set(PyObject* made, PyObject* plain, const Place* place) const;
    bool fill_from_state_set(PyObject* made, PyObject* source, const Place* place) const;
    bool load_item(PyObject* made, PyObject* item, const Place& place) const;

    const std::shared_ptr<CallLog>& log_;
    const Origin& origin_;
    const Frozen* frozen_;
};

Converter::Fill Converter::filler_of(PyObject* value) {
    if (PyDict_CheckExact(value)) return &Converter::fill_from_dict;
    if (PyList_CheckExact(value)) return &Converter::fill_from_list;
    if (PySet_CheckExact(value)) return &Converter::fill_from_set;
    if (is_state_dict(value)) return &Converter::fill_from_state_dict;
    if (is_state_list(value) || is_appended(value)) return &Converter::fill_from_state_list;
    return is_state_set(value) ? &Converter::fill_from_state_set : nullptr;
}

Ref Converter::make_like(PyObject* value, std::uint32_t depth) const {
    if (PyDict_CheckExact(value) || is_state_dict(value)) {
        return Ref::steal(new_state_dict(log_, depth));
    }
    if (PyList_CheckExact(value) || is_state_list(value) || is_appended(value)) {
        return Ref::steal(new_state_list(log_, depth));
    }
    return Ref::steal(new_state_set(log_, depth));
}

// A codec may refuse; then the path is told, and its error stays behind ours.
Ref Converter::keep(PyObject* value, const Place* place) const {
    try {
        return keep_leaf(value);
    } catch (const Refusal& refusal) {
        refuse("SerializationError", origin_, place, "%s%s%s", refusal.path.c_str(),
               refusal.path.empty() ? "" : ": ", refusal.what.c_str());
        if (refusal.cause) {
            const Ref error = take_error();
            PyException_SetCause(error.get(), Py_NewRef(refusal.cause.get()));
            PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(error.get())), error.get());
        }
    } catch (const PendingError&) {
        return {};  // set already
    }
    return {};
}

bool Converter::check_cycle(PyObject* value, const Place* place) const {
    bool is_cycle = value == origin_.container;
    for (const Place* at = place; at != nullptr && !is_cycle; at = at->outer) {
        is_cycle = at->container == value;
    }
    if (!is_cycle) return true;
    refuse("SerializationError", origin_, place,
           "a container cannot be put into itself: that would be a cycle");
    return false;
}

Ref Converter::convert_container(PyObject* value, Fill fill, const Place* place,
                                 std::uint32_t depth) const {
    if (!check_cycle(value, place) || !check_depth(origin_, place, depth)) return {};
    Ref made = make_like(value, depth);
    if (!made || !(this->*fill)(made.get(), value, place)) return {};
    return made;
}

bool refuse_change(const char* what) {
    PyErr_Format(PyExc_RuntimeError, "%s changed while it was copied", what);
    return false;
}

// Dicts.

bool load(PyObject* made, PyObject* key, LeafHash hash, Ref value) {
    document_of(made).load(key, hash, value.get());
    Py_INCREF(key);
    static_cast<void>(value.release());
    return true;
}

bool Converter::fill_from_state_dict(PyObject* made, PyObject* source, const Place* place) const {
    const Version version = version_at(frozen_, source);
    document_of(made).reserve(version.size);
    const std::uint32_t depth = as_state_dict(made)->depth + 1;
    return version.each([&](const Entry& entry) {
        const Place inner{place, source, Step::Item, as_object(entry.key), 0};
        Ref kept = convert(as_object(entry.value), &inner, depth);
        return kept && load(made, as_object(entry.key), entry.hash, std::move(kept));
    });
}

bool Converter::fill_from_dict(PyObject* made, PyObject* plain, const Place* place) const {
    const Py_ssize_t size = PyDict_GET_SIZE(plain);
    Document& document = document_of(made);
    document.reserve(static_cast<std::uint32_t>(size));
    const std::uint32_t depth = as_state_dict(made)->depth + 1;
    PyObject* key = nullptr;
    PyObject* value = nullptr;
    for (Py_ssize_t i = 0; PyDict_Next(plain, &i, &key, &value);) {
        const Ref held_key = Ref::borrow(key);
        const Ref held_value = Ref::borrow(value);
        const LeafHash hash = hash_of(key);
        if (hash == -1 || !check_key(origin_, place, key)) return false;
        const Place inner{place, plain, Step::Item, key, 0};
        Ref kept = convert(value, &inner, depth);
        if (!kept) return false;
        const Position found = document.find(key, hash);
        if (found == kFailed) return false;
        if (found != kAbsent || PyDict_GET_SIZE(plain) != size) {
            return refuse_change("dictionary");
        }
        load(made, key, hash, std::move(kept));
    }
    return true;
}

// Lists.

bool Converter::load_item(PyObject* made, PyObject* item, const Place& place) const {
    Ref kept = convert(item, &place, as_state_list(made)->depth + 1);
    if (!kept) return false;
    list_of(made).load(kept.get());
    static_cast<void>(kept.release());
    return true;
}

bool Converter::fill_from_state_list(PyObject* made, PyObject* source, const Place* place) const {
    const LeafTree items =
        is_appended(source) ? items_of_appended(source) : list_at(frozen_, source);
    Py_ssize_t i = 0;
    return items.each([&](Leaf item) {
        return load_item(made, as_object(item), {place, source, Step::Index, nullptr, i++});
    });
}

bool Converter::fill_from_list(PyObject* made, PyObject* plain, const Place* place) const {
    const Py_ssize_t size = PyList_GET_SIZE(plain);
    for (Py_ssize_t i = 0; i < size; ++i) {
        if (PyList_GET_SIZE(plain) != size) return refuse_change("list");
        const Ref item = Ref::borrow(PyList_GET_ITEM(plain, i));
        if (!load_item(made, item.get(), {place, plain, Step::Index, nullptr, i})) return false;
    }
    return true;
}

// Sets.

bool Converter::fill_from_state_set(PyObject* made, PyObject* source, const Place*) const {
    const Version version = version_at(frozen_, source);
    document_of(made).reserve(version.size);
    return version.each([&](const Entry& entry) {
        return load(made, as_object(entry.key), entry.hash, Ref::borrow(Py_None));
    });
}

bool Converter::fill_from_set(PyObject* made, PyObject* plain, const Place* place) const {
    Document& document = document_of(made);
    document.reserve(static_cast<std::uint32_t>(PySet_GET_SIZE(plain)));
    const Ref members = Ref::steal(PyObject_GetIter(plain));
    if (!members) return false;
    for (;;) {
        const Ref member = Ref::steal(PyIter_Next(members.get()));
        if (!member) return PyErr_Occurred() == nullptr;
        const LeafHash hash = hash_of(member.get());
        if (hash == -1 || !check_key(origin_, place, member.get(), Step::Member)) return false;
        const Position found = document.find(member.get(), hash);
        if (found == kFailed) return false;
        if (found != kAbsent) return refuse_change("set");
        load(made, member.get(), hash, Ref::borrow(Py_None));
    }
}

Ref convert_at(const Frozen* frozen, const std::shared_ptr<CallLog>& log, const Origin& origin,
               PyObject* value, const Place* place, std::uint32_t depth) {
    return or_no_memory(
        Ref(), [&] { return Converter(log, origin, frozen).convert(value, place, depth); });
}

}  // namespace

Ref convert(const std::shared_ptr<CallLog>& log, const Origin& origin, PyObject* value,
            const Place* place, std::uint32_t depth) {
    return convert_at(nullptr, log, origin, value, place, depth);
}

PyObject* tracked(const std::shared_ptr<CallLog>& log, PyObject* value, PyObject* field,
                  const Frozen* frozen) {
    return convert_at(frozen, log, Origin{*log, nullptr, field}, value, nullptr, 1).release();
}

bool assign_field(Document& root, Position position, PyObject* value) {
    PyObject* field = as_object(root.key_at(position));
    if (root.value_at(position) == value) return true;
    Ref kept =
        is_plain_leaf(value) ? Ref::borrow(value) : Ref::steal(tracked(root.log(), value, field));
    if (!kept) return false;
    return or_no_memory(false, [&] {
        root.set_at(position, kept.get());
        static_cast<void>(kept.release());
        return true;
    });
}

}  // namespace stoplog::python
