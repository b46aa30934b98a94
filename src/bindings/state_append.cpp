// Growing a list under a key: converted first, looked up, then written without running Python code.
#include "bindings/state_append.hpp"

#include "bindings/state_list.hpp"

namespace stoplog::python {

namespace {

/// Null: there is none yet. Requires: the key is a str, whose comparison cannot fail.
PyObject* list_under(PyObject* state_dict, PyObject* key) {
    const Document& document = document_of(state_dict);
    const Position found = document.find(key, hash_of(key));
    return found == kAbsent ? nullptr : as_object(document.value_at(found));
}

Ref made_under(PyObject* state_dict, PyObject* key) {
    Document& document = document_of(state_dict);
    Ref made = Ref::steal(new_state_list(document.log(), as_state_dict(state_dict)->depth + 1));
    if (!made) return {};
    document.append(key, hash_of(key), made.get());
    Py_INCREF(key);
    Py_INCREF(made.get());
    return made;
}

bool append(StateList* list, PyObject* value, Position limit) {
    Ref kept = kept_item(list, value, size_of(list));
    if (!kept || !check_room(list, 1)) return false;
    const Position size = list->document.size();
    if (limit != 0 && size >= limit) list->document.splice(0, size - limit + 1, {});
    list->document.append(kept.get());
    static_cast<void>(kept.release());
    return true;
}

}  // namespace

bool append_under(PyObject* state_dict, PyObject* key, PyObject* value, Position limit) {
    return or_no_memory(false, [&] {
        Ref list = Ref::borrow(list_under(state_dict, key));
        if (!list) list = made_under(state_dict, key);
        return list && append(as_state_list(list.get()), value, limit);
    });
}

}  // namespace stoplog::python
