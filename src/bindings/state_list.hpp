// What the files of StateList share: its primitives, its methods, its iterators.
//
// No file outside `state_list*` includes this; the rest uses `state_container.hpp`.
#pragma once

#include "bindings/held_type.hpp"
#include "bindings/state_value.hpp"

#include <unordered_set>
#include <vector>

namespace stoplog::python {

/// Leaves that are converted and not in the list yet: it owns their references until `put`.
class PendingItems {
public:
    PendingItems() = default;
    ~PendingItems() { clear(); }
    PendingItems(const PendingItems&) = delete;
    PendingItems& operator=(const PendingItems&) = delete;

    [[nodiscard]] std::size_t size() const noexcept { return leaves_.size(); }
    void clear() {
        const std::vector<Leaf> leaves = std::exchange(leaves_, {});
        for (const Leaf leaf : leaves) Py_DECREF(as_object(leaf));
    }
    void reserve(std::size_t count) { leaves_.reserve(count); }
    void add(Ref item) {
        leaves_.push_back(item.get());
        static_cast<void>(item.release());
    }
    [[nodiscard]] const std::vector<Leaf>& leaves() const noexcept { return leaves_; }
    /// Put them in the place of `removed` items from `at`.
    void put(ListDocument& list, Position at, Position removed) {
        list.splice(at, removed, leaves_);
        leaves_.clear();
    }

private:
    std::vector<Leaf> leaves_;
};

/// The containers among some items of a list that are about to leave it: each may move to another
/// place in it once.
using Movable = std::unordered_set<PyObject*>;

inline Py_ssize_t size_of(const StateList* self) noexcept { return self->document.size(); }
/// A plain list of the very items, as they stand now and are kept. New reference.
[[nodiscard]] PyObject* items_of(StateList* self, Position from, Position until);
[[nodiscard]] inline PyObject* items_of(StateList* self) {
    return items_of(self, 0, self->document.size());
}
/// The same for a user: what is held is made anew. Null with an error: also where `items` is.
[[nodiscard]] PyObject* opened(Ref items);
[[nodiscard]] inline PyObject* shown_items_of(StateList* self) {
    return opened(Ref::steal(items_of(self)));
}
/// Whether so many more can be counted; else a MemoryError is set.
[[nodiscard]] bool check_room(const StateList* self, std::size_t more);
/// `value` as it stands in the list; null with an error.
[[nodiscard]] Ref kept_item(StateList* self, PyObject* value, Py_ssize_t index);
/// Everything that `source` (a list or tuple) holds, converted; nothing is written yet.
[[nodiscard]] bool convert_items(StateList* self, PyObject* source, Movable movable,
                                 Py_ssize_t first_index, PendingItems& pending);

[[nodiscard]] int extend_by(StateList* self, PyObject* iterable);
[[nodiscard]] int remove_items(StateList* self, Position at, Position count);
[[nodiscard]] int assign_item(StateList* self, Py_ssize_t index, PyObject* value);
[[nodiscard]] PyObject* slice_of(StateList* self, PyObject* slice);
/// Set, or remove where `value` is null.
[[nodiscard]] int assign_slice(StateList* self, PyObject* slice, PyObject* value);

extern PyMethodDef state_list_methods[];
[[nodiscard]] PyObject* iterate_list(PyObject* self, bool is_reversed);
[[nodiscard]] bool add_list_iterator_type();

}  // namespace stoplog::python
