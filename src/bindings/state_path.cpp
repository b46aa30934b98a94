// Writing a path out. Cold: it runs once, before an exception.
//
// The search from the root runs no Python code, so nothing moves under it; reprs come after it.
#include "bindings/state_path.hpp"

#include <cstdarg>
#include <vector>

namespace stoplog::python {

namespace {

constexpr std::size_t kFirstSteps = 6;
constexpr std::size_t kLastSteps = 3;

bool find_way(const Document& from, PyObject* target, std::vector<Ref>& keys);

/// Whether `value` is `target` or holds it; fills `keys` with the way below `value`.
bool leads_to(PyObject* value, PyObject* target, std::vector<Ref>& keys) {
    if (value == target) return true;
    if (is_state_dict(value)) return find_way(document_of(value), target, keys);
    if (!is_state_list(value)) return false;
    const LeafTree items = list_of(value).version();
    Py_ssize_t i = 0;
    return !items.each([&](Leaf item) {
        ++i;
        if (!leads_to(as_object(item), target, keys)) return true;
        keys.push_back(Ref::steal(PyLong_FromSsize_t(i - 1)));
        return false;
    });
}

/// Fills `keys`, innermost first, with the way from `from` down to `target`.
bool find_way(const Document& from, PyObject* target, std::vector<Ref>& keys) {
    const Version version = from.version();
    return !version.each([&](const Entry& entry) {
        if (!leads_to(as_object(entry.value), target, keys)) return true;
        keys.push_back(Ref::borrow(as_object(entry.key)));
        return false;
    });
}

bool append(Ref& text, PyObject* more) {
    const Ref held = Ref::steal(more);
    if (more == nullptr) return false;
    text = Ref::steal(PyUnicode_Concat(text.get(), more));
    return static_cast<bool>(text);
}

bool append_container(Ref& text, const CallLog& log, PyObject* container) {
    std::vector<Ref> keys;
    if (log.root() == nullptr || !find_way(*log.root(), container, keys)) {
        return append(text, PyUnicode_FromString(".<removed>"));
    }
    if (!append(text, PyUnicode_FromFormat(".%S", keys.back().get()))) return false;
    for (std::size_t i = keys.size() - 1; i-- > 0;) {
        if (!append(text, PyUnicode_FromFormat("[%.80R]", keys[i].get()))) return false;
    }
    return true;
}

PyObject* written(const Place& place) {
    switch (place.step) {
        case Step::Item:
            return PyUnicode_FromFormat("[%.80R]", place.key);
        case Step::Index:
            return PyUnicode_FromFormat("[%zd]", place.index);
        case Step::Member:
            return PyUnicode_FromFormat("{%.80R}", place.key);
        case Step::Field:
            return PyUnicode_FromFormat(".%S", place.key);
        case Step::Key:
            return PyUnicode_FromFormat(" key %.80R", place.key);
    }
    Py_UNREACHABLE();
}

/// Of a long way only both ends.
bool append_places(Ref& text, const Place* innermost) {
    std::vector<const Place*> places;
    for (const Place* at = innermost; at != nullptr; at = at->outer) places.push_back(at);
    for (std::size_t left = places.size(); left-- > 0;) {
        if (left >= kLastSteps && left + kFirstSteps < places.size()) {
            if (left == kLastSteps && !append(text, PyUnicode_FromString("[...]"))) return false;
        } else if (!append(text, written(*places[left]))) {
            return false;
        }
    }
    return true;
}

Ref path_of(const Origin& origin, const Place* place) {
    Ref text = Ref::steal(PyUnicode_FromString(origin.log.routine_name().c_str()));
    if (!text) return {};
    const bool has_start = origin.container != nullptr
                               ? append_container(text, origin.log, origin.container)
                               : append(text, PyUnicode_FromFormat(".%S", origin.field));
    if (!has_start || !append_places(text, place)) return {};
    return text;
}

}  // namespace

void refuse(const char* error, const Origin& origin, const Place* place, const char* format, ...) {
    std::va_list arguments;
    va_start(arguments, format);
    const Ref what = Ref::steal(PyUnicode_FromFormatV(format, arguments));
    va_end(arguments);
    if (!what) return;
    const Ref path = or_no_memory(Ref(), [&] { return path_of(origin, place); });
    if (path) PyErr_Format(error_type(error), "%U: %U", path.get(), what.get());
}

}  // namespace stoplog::python
