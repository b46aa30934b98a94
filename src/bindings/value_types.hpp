// The classes of the standard library that are stored by a number of ours.
#pragma once

#include "bindings/python_object.hpp"

#include <cstddef>
#include <cstdint>
#include <datetime.h>
#include <string_view>

namespace stoplog::python {

/// A dict of at most so many entries is taken for a record, whose keys repeat in others.
inline constexpr std::size_t kMostNamedKeys = 64;

/// A path is stored as one of these and its text; PosixPath and WindowsPath as the Path of whoever
/// loads it.
inline constexpr const char* kPathClasses[] = {"PurePosixPath", "PureWindowsPath", "Path"};
inline constexpr std::uint8_t kConcretePath = 2;

/// Whether `type` is the class `module.name`, where that module is loaded.
[[nodiscard]] inline bool is_class(const PyTypeObject* type, const char* module, const char* name) {
    const std::string_view full = type->tp_name;
    if (full.substr(full.rfind('.') + 1) != name) {
        return false;
    }
    const Ref module_name = Ref::steal(PyUnicode_FromString(module));
    const Ref loaded = Ref::steal(module_name ? PyImport_GetModule(module_name.get()) : nullptr);
    const Ref found = Ref::steal(loaded ? PyObject_GetAttrString(loaded.get(), name) : nullptr);
    if (!found) {
        PyErr_Clear();
    }
    return found.get() == reinterpret_cast<const PyObject*>(type);
}

/// Fills a file's own table of datetime's C-API; false with a Python error set.
///
/// datetime.h gives each file a static `PyDateTimeAPI`. No function of a header may name it: all
/// files share one copy of that function, and it would fill the table of one file only.
[[nodiscard]] inline bool has_datetime(PyDateTime_CAPI*& table) {
    if (table == nullptr) {
        table = static_cast<PyDateTime_CAPI*>(PyCapsule_Import(PyDateTime_CAPSULE_NAME, 0));
    }
    return table != nullptr;
}

/// May this text name a time zone? A part with a dot, or an absolute path, is not looked up at all.
inline bool is_zone_key(std::string_view key) {
    constexpr std::size_t kLongest = 64;
    constexpr std::string_view kAllowed =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/";
    return !key.empty() && key.size() <= kLongest && key.front() != '/' &&
           key.find_first_not_of(kAllowed) == std::string_view::npos;
}

}  // namespace stoplog::python
