// The reserved names are read from the Routine class itself, so the list cannot go stale.
#include "bindings/names.hpp"

#include "stoplog/base/error.hpp"

#include "bindings/definition.hpp"
#include "bindings/face.hpp"

#include <algorithm>
#include <iterator>

namespace stoplog::python {
namespace {

// Beside what the class has today: names that belong to it.
constexpr std::string_view kReserved[] = {"to_dict", "concurrency"};

}  // namespace

bool check_single_name(PyObject* owner, PyObject* known, PyObject* name) {
    if (text_of(known) == "?" || PyUnicode_Compare(known, name) == 0) {
        return true;
    }
    const char* const cls =
        PyType_Check(owner) ? reinterpret_cast<PyTypeObject*>(owner)->tp_name : "?";
    raise("ConfigurationError", join("class ", cls, ": '", text_of(name), "' and '", text_of(known),
                                     "' are one object; make one for each name"));
    return false;
}

bool check_part_name(PyObject* owner, PyObject* name, const char* kind) {
    PyObject* const every = face("Routine");
    if (every == nullptr) {
        return false;
    }
    const std::string_view text = text_of(name);
    const char* const cls =
        PyType_Check(owner) ? reinterpret_cast<PyTypeObject*>(owner)->tp_name : "?";
    if (!PyUnicode_Check(name) || PyUnicode_IsIdentifier(name) != 1) {
        raise("ConfigurationError",
              join("class ", cls, ": ", kind, " '", text, "': a name must be an identifier"));
        return false;
    }
    const bool is_reserved =
        std::find(std::begin(kReserved), std::end(kReserved), text) != std::end(kReserved) ||
        _PyType_Lookup(reinterpret_cast<PyTypeObject*>(every), name) != nullptr;
    if (!is_reserved) {
        return true;
    }
    raise("ConfigurationError", join("class ", cls, ": ", kind, " '", text,
                                     "': this name belongs to Routine; choose another"));
    return false;
}

}  // namespace stoplog::python
