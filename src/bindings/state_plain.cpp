// Copying containers out of the state: plain ones, nested ones too, as of a cut or of now.
#include "bindings/held_type.hpp"
#include "bindings/state_objects.hpp"

namespace stoplog::python {

namespace {

/// `is_for_user`: what is held is made anew.
Ref plain_of(const Frozen* frozen, PyObject* value, bool is_for_user);

Ref plain_dict_of(const Frozen* frozen, PyObject* state_dict, bool is_for_user) {
    const Version version = version_at(frozen, state_dict);
    Ref plain = Ref::steal(PyDict_New());
    if (!plain) return {};
    const bool is_whole = version.each([&](const Entry& entry) {
        const Ref item = plain_of(frozen, as_object(entry.value), is_for_user);
        return item && PyDict_SetItem(plain.get(), as_object(entry.key), item.get()) == 0;
    });
    if (!is_whole) return {};
    return plain;
}

Ref plain_list_of(const Frozen* frozen, PyObject* state_list, bool is_for_user) {
    const LeafTree items = list_at(frozen, state_list);
    Ref plain = Ref::steal(PyList_New(0));
    if (!plain) return {};
    const bool is_whole = items.each([&](Leaf leaf) {
        const Ref item = plain_of(frozen, as_object(leaf), is_for_user);
        return item && PyList_Append(plain.get(), item.get()) == 0;
    });
    if (!is_whole) return {};
    return plain;
}

Ref plain_set_of(const Frozen* frozen, PyObject* state_set) {
    const Version version = version_at(frozen, state_set);
    Ref plain = Ref::steal(PySet_New(nullptr));
    if (!plain) return {};
    const bool is_whole = version.each(
        [&](const Entry& entry) { return PySet_Add(plain.get(), as_object(entry.key)) == 0; });
    if (!is_whole) return {};
    return plain;
}

Ref plain_of(const Frozen* frozen, PyObject* value, bool is_for_user) {
    if (is_state_dict(value)) return plain_dict_of(frozen, value, is_for_user);
    if (is_state_list(value)) return plain_list_of(frozen, value, is_for_user);
    if (is_state_set(value)) return plain_set_of(frozen, value);
    return is_for_user ? Ref::steal(hand_out(value)) : Ref::borrow(value);
}

}  // namespace

PyObject* plain_at(const Frozen* frozen, PyObject* value) {
    return or_no_memory(Ref(), [&] { return plain_of(frozen, value, false); }).release();
}

PyObject* to_plain(PyObject* value) {
    return or_no_memory(Ref(), [&] { return plain_of(nullptr, value, true); }).release();
}

}  // namespace stoplog::python
