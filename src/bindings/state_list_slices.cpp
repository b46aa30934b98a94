// Slices of a StateList, read and written.
//
// A slice that is written is one splice. A container that the slice takes out and puts in again
// moves: it stays the same object.
#include "bindings/state_list.hpp"

namespace stoplog::python {

namespace {

struct Bounds {
    Py_ssize_t start;
    Py_ssize_t stop;
    Py_ssize_t step;
    Py_ssize_t count;
};

/// As the slice falls on the list at this moment. Requires: no Python code runs until they are
/// used.
Bounds adjusted(const StateList* self, Bounds bounds) {
    bounds.count = PySlice_AdjustIndices(size_of(self), &bounds.start, &bounds.stop, bounds.step);
    if (bounds.step > 0 && bounds.stop < bounds.start) bounds.stop = bounds.start;
    return bounds;
}

bool unpack(PyObject* slice, Bounds& bounds) {
    return PySlice_Unpack(slice, &bounds.start, &bounds.stop, &bounds.step) == 0;
}

/// The same items, counted upwards. Requires: there are some.
Bounds ascending(const Bounds& bounds) {
    if (bounds.step > 0) return bounds;
    const Py_ssize_t last = bounds.start + bounds.step * (bounds.count - 1);
    return {last, bounds.start + 1, -bounds.step, bounds.count};
}

Ref item(const StateList* self, Py_ssize_t at) {
    return Ref::borrow(as_object(self->document.at(static_cast<Position>(at))));
}

Movable containers_in(const StateList* self, const Bounds& bounds) {
    Movable found;
    for (Py_ssize_t i = 0; i < bounds.count; ++i) {
        const Ref held = item(self, bounds.start + i * bounds.step);
        if (is_state_container(held.get())) found.insert(held.get());
    }
    return found;
}

/// Rewrite the run that the slice spans: without its items, or with others in their places.
int rewrite(StateList* self, const Bounds& bounds, const std::vector<Leaf>* others) {
    const Bounds up = ascending(bounds);
    const Py_ssize_t end = up.start + up.step * (up.count - 1) + 1;
    PendingItems run;
    run.reserve(static_cast<std::size_t>(end - up.start));
    for (Py_ssize_t at = up.start; at < end; ++at) {
        if ((at - up.start) % up.step != 0) {
            run.add(item(self, at));
        } else if (others != nullptr) {
            const Py_ssize_t nth = (at - up.start) / up.step;
            const Py_ssize_t from = bounds.step > 0 ? nth : up.count - 1 - nth;
            run.add(Ref::borrow(as_object((*others)[static_cast<std::size_t>(from)])));
        }
    }
    run.put(self->document, static_cast<Position>(up.start), static_cast<Position>(end - up.start));
    return 0;
}

int remove_slice(StateList* self, const Bounds& bounds) {
    if (bounds.count == 0) return 0;
    if (bounds.step == 1) {
        return remove_items(self, static_cast<Position>(bounds.start),
                            static_cast<Position>(bounds.count));
    }
    return rewrite(self, bounds, nullptr);
}

/// Where converting changed the list, nothing may move: it is converted again, wholly.
bool convert_slice(StateList* self, const Bounds& raw, PyObject* source, PendingItems& pending) {
    const std::uint64_t seen = self->document.changes();
    const Bounds bounds = adjusted(self, raw);
    const Movable movable = containers_in(self, bounds);
    if (!convert_items(self, source, movable, bounds.start, pending)) return false;
    if (movable.empty() || seen == self->document.changes()) return true;
    pending.clear();
    return convert_items(self, source, {}, bounds.start, pending);
}

int put_slice(StateList* self, const Bounds& raw, PyObject* value) {
    constexpr const char* kNotIterable = "can only assign an iterable";
    const Ref source = Ref::steal(PySequence_Fast(value, kNotIterable));
    if (!source) return -1;
    PendingItems pending;
    if (!convert_slice(self, raw, source.get(), pending)) return -1;
    const Bounds bounds = adjusted(self, raw);
    const auto count = static_cast<Py_ssize_t>(pending.size());
    if (raw.step == 1) {
        if (count == 0 && bounds.count == 0) return 0;
        if (!check_room(self, pending.size())) return -1;
        pending.put(self->document, static_cast<Position>(bounds.start),
                    static_cast<Position>(bounds.count));
        return 0;
    }
    if (count != bounds.count) {
        PyErr_Format(PyExc_ValueError,
                     "attempt to assign sequence of size %zd to extended slice of size %zd", count,
                     bounds.count);
        return -1;
    }
    return count == 0 ? 0 : rewrite(self, bounds, &pending.leaves());
}

}  // namespace

PyObject* slice_of(StateList* self, PyObject* slice) {
    Bounds bounds{};
    if (!unpack(slice, bounds)) return nullptr;
    bounds = adjusted(self, bounds);
    if (bounds.step == 1) {
        return opened(Ref::steal(items_of(self, static_cast<Position>(bounds.start),
                                          static_cast<Position>(bounds.start + bounds.count))));
    }
    const LeafTree items = self->document.version();  // making a list may run a collection
    Ref taken = Ref::steal(PyList_New(bounds.count));
    for (Py_ssize_t i = 0; taken && i < bounds.count; ++i) {
        const auto at = static_cast<Position>(bounds.start + i * bounds.step);
        PyList_SET_ITEM(taken.get(), i, Py_NewRef(as_object(items.at(at))));
    }
    return opened(std::move(taken));
}

int assign_slice(StateList* self, PyObject* slice, PyObject* value) {
    Bounds raw{};
    if (!unpack(slice, raw)) return -1;
    return or_no_memory(-1, [&] {
        return value == nullptr ? remove_slice(self, adjusted(self, raw))
                                : put_slice(self, raw, value);
    });
}

}  // namespace stoplog::python
