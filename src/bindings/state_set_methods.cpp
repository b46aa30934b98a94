// The methods of StateSet: those of set, and `to_plain`.
//
// A method that can write asks for the right to write first, whether or not there is something to
// do. What comes from outside is read whole before anything is written.
#include "bindings/state_set.hpp"

#include <vector>

namespace stoplog::python {

namespace {

PyObject* none_unless(bool has_failed) { return has_failed ? nullptr : Py_NewRef(Py_None); }

PyObject* add(PyObject* object, PyObject* value) {
    StateSet* self = as_state_set(object);
    if (!check_may_write(self)) return nullptr;
    const LeafHash hash = check_member(self, value);
    return none_unless(hash == -1 || !add_member(self, value, hash));
}

PyObject* discard(PyObject* object, PyObject* value) {
    StateSet* self = as_state_set(object);
    if (!check_may_write(self)) return nullptr;
    return none_unless(discard_member(self, value) < 0);
}

PyObject* remove(PyObject* object, PyObject* value) {
    StateSet* self = as_state_set(object);
    if (!check_may_write(self)) return nullptr;
    const int was_there = discard_member(self, value);
    if (was_there == 0) set_key_error(value);
    return none_unless(was_there != 1);
}

/// The member that was added last: as good as any, and the same in every re-run.
PyObject* pop(PyObject* object, PyObject*) {
    StateSet* self = as_state_set(object);
    if (!check_may_write(self)) return nullptr;
    const Position last = self->document.live_before(kAbsent);
    if (last == kAbsent) {
        PyErr_SetString(PyExc_KeyError, "pop from an empty set");
        return nullptr;
    }
    Ref member = Ref::borrow(as_object(self->document.key_at(last)));
    return or_no_memory(static_cast<PyObject*>(nullptr), [&] {
        self->document.remove_at(last);
        return member.release();
    });
}

PyObject* clear(PyObject* object, PyObject*) {
    StateSet* self = as_state_set(object);
    if (!check_may_write(self)) return nullptr;
    return or_no_memory(static_cast<PyObject*>(nullptr), [&] {
        self->document.clear();
        return Py_NewRef(Py_None);
    });
}

// Several at once.

/// Everything in `iterables`, each item once, in order: the keys of a plain dict.
Ref gather(PyObject* iterables) {
    Ref gathered = Ref::steal(PyDict_New());
    for (Py_ssize_t i = 0; gathered && i < PyTuple_GET_SIZE(iterables); ++i) {
        const Ref items = Ref::steal(PyObject_GetIter(PyTuple_GET_ITEM(iterables, i)));
        if (!items) return {};
        while (const Ref item = Ref::steal(PyIter_Next(items.get()))) {
            if (PyDict_SetItem(gathered.get(), item.get(), Py_None) < 0) return {};
        }
        if (PyErr_Occurred() != nullptr) return {};
    }
    return gathered;
}

template <bool (*kAct)(StateSet*, PyObject*)>
PyObject* change_by_all(PyObject* object, PyObject* iterables) {
    StateSet* self = as_state_set(object);
    if (!check_may_write(self)) return nullptr;
    const Ref source = gather(iterables);
    return none_unless(!source || !kAct(self, source.get()));
}

PyObject* symmetric_difference_update(PyObject* object, PyObject* iterable) {
    const Ref iterables = Ref::steal(PyTuple_Pack(1, iterable));
    return !iterables ? nullptr : change_by_all<toggle_all>(object, iterables.get());
}

PyObject* intersection_update(PyObject* object, PyObject* iterables) {
    StateSet* self = as_state_set(object);
    if (!check_may_write(self)) return nullptr;
    const Ref kept = Ref::steal(ask_plain(object, "intersection", iterables));
    return none_unless(!kept || !keep_only(self, kept.get()));
}

// Asked of a plain copy.

template <const char* const& kName>
PyObject* ask(PyObject* self, PyObject* arguments) {
    return ask_plain(self, kName, arguments);
}
constexpr const char* kUnion = "union";
constexpr const char* kIntersection = "intersection";
constexpr const char* kDifference = "difference";
constexpr const char* kSymmetricDifference = "symmetric_difference";
constexpr const char* kIsDisjoint = "isdisjoint";
constexpr const char* kIsSubset = "issubset";
constexpr const char* kIsSuperset = "issuperset";

PyObject* copy_plain(PyObject* self, PyObject*) { return to_plain(self); }
PyObject* reduce(PyObject* self, PyObject*) {
    PyObject* plain = PySequence_List(self);
    return plain == nullptr ? nullptr : Py_BuildValue("O(N)", &PySet_Type, plain);
}

}  // namespace

PyObject* ask_plain(PyObject* self, const char* name, PyObject* arguments) {
    const Ref plain = Ref::steal(members_of(self));
    const Ref bound = Ref::steal(plain ? PyObject_GetAttrString(plain.get(), name) : nullptr);
    return !bound ? nullptr : PyObject_CallObject(bound.get(), arguments);
}

bool add_all(StateSet* self, PyObject* source) {
    return or_no_memory(false, [&] {
        const Ref items = Ref::steal(PySequence_List(source));
        if (!items) return false;
        std::vector<LeafHash> hashes;
        for (Py_ssize_t i = 0; i < PyList_GET_SIZE(items.get()); ++i) {
            hashes.push_back(check_member(self, PyList_GET_ITEM(items.get(), i)));
            if (hashes.back() == -1) return false;
        }
        Py_ssize_t i = 0;
        for (const LeafHash hash : hashes) {
            if (!add_member(self, PyList_GET_ITEM(items.get(), i++), hash)) return false;
        }
        return true;
    });
}

bool discard_all(StateSet* self, PyObject* gone) {
    const Ref items = Ref::steal(PySequence_List(gone));
    if (!items) return false;
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(items.get()); ++i) {
        if (discard_member(self, PyList_GET_ITEM(items.get(), i)) < 0) return false;
    }
    return true;
}

bool keep_only(StateSet* self, PyObject* kept) {
    const Ref plain = Ref::steal(members_of(object(self)));
    const Ref gone =
        Ref::steal(plain ? PyObject_CallMethod(plain.get(), "difference", "(O)", kept) : nullptr);
    return gone && discard_all(self, gone.get());
}

bool toggle_all(StateSet* self, PyObject* toggled) {
    const Ref both = Ref::steal(members_of(object(self)));
    const Ref shared = Ref::steal(
        both ? PyObject_CallMethod(both.get(), "intersection", "(O)", toggled) : nullptr);
    if (!shared) return false;
    const Ref order = Ref::steal(PySequence_List(toggled));
    if (!order || !add_all(self, order.get())) return false;
    return discard_all(self, shared.get());
}

PyMethodDef state_set_methods[] = {
    {"add", add, METH_O, "Add a member; it does nothing where that is in it."},
    {"discard", discard, METH_O, "Remove a member, if it is in the set."},
    {"remove", remove, METH_O, "Remove a member; raises KeyError where it is not in the set."},
    {"pop", pop, METH_NOARGS, "Remove the member that was added last and return it."},
    {"clear", clear, METH_NOARGS, "Remove everything."},
    {"update", change_by_all<add_all>, METH_VARARGS,
     "Add the items of iterables: all of them or, refused, none."},
    {"difference_update", change_by_all<discard_all>, METH_VARARGS,
     "Remove the items of iterables."},
    {"intersection_update", intersection_update, METH_VARARGS,
     "Keep only what is in all iterables."},
    {"symmetric_difference_update", symmetric_difference_update, METH_O,
     "Remove what an iterable has in common with it, and add the rest."},
    {"union", ask<kUnion>, METH_VARARGS, "Return a plain set of what is in any."},
    {"intersection", ask<kIntersection>, METH_VARARGS, "Return a plain set of what is in all."},
    {"difference", ask<kDifference>, METH_VARARGS,
     "Return a plain set of what is in this one alone."},
    {"symmetric_difference", ask<kSymmetricDifference>, METH_VARARGS,
     "Return a plain set of what is in just one of two."},
    {"isdisjoint", ask<kIsDisjoint>, METH_VARARGS, "Tell whether nothing is in both."},
    {"issubset", ask<kIsSubset>, METH_VARARGS, "Tell whether an iterable holds all of it."},
    {"issuperset", ask<kIsSuperset>, METH_VARARGS, "Tell whether it holds all of an iterable."},
    {"copy", copy_plain, METH_NOARGS, "Return a plain set."},
    {"to_plain", copy_plain, METH_NOARGS, "Return a plain set."},
    {"__reduce__", reduce, METH_NOARGS, "Copied and pickled as a plain set."},
    {"__class_getitem__", Py_GenericAlias, METH_O | METH_CLASS, "StateSet[T]"},
    {nullptr, nullptr, 0, nullptr}};

}  // namespace stoplog::python
