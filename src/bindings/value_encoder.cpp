// One branch for each type that is stored; the most frequent first, paths only when it fails.
#include "bindings/value_encoder.hpp"

#include "stoplog/base/error.hpp"

#include "bindings/state_container.hpp"
#include "bindings/value_coded.hpp"
#include "bindings/value_copy.hpp"
#include "bindings/value_numbers.hpp"
#include "bindings/value_numpy.hpp"
#include "bindings/value_types.hpp"

#include <algorithm>
#include <bit>
#include <utility>
#include <vector>

namespace stoplog::python {
namespace {

using wire::Tag;

[[noreturn]] void refuse_pending() { throw Refusal{{}, take_error_text()}; }

Ref checked(PyObject* made) {
    if (made == nullptr) {
        refuse_pending();
    }
    return Ref::steal(made);
}

// A share without a proper name is another path when its text is read again.
void check_windows_path(PyObject* path, PyObject* text) {
    const Ref again =
        checked(PyObject_CallOneArg(reinterpret_cast<PyObject*>(Py_TYPE(path)), text));
    if (PyObject_RichCompareBool(again.get(), path, Py_EQ) != 1) {
        PyErr_Clear();
        throw Refusal{{}, join(text_of(text), " cannot be stored: its text is another path")};
    }
}

}  // namespace

void ValueEncoder::encode(PyObject* value) {
    const PyTypeObject* const type = Py_TYPE(value);
    if (type == &PyUnicode_Type) {
        out_.tag(Tag::Str);
        encode_text(value);
    } else if (type == &PyLong_Type) {
        encode_int(value);
    } else if (value == Py_None) {
        out_.tag(Tag::None);
    } else if (type == &PyBool_Type) {
        out_.tag(value == Py_True ? Tag::True : Tag::False);
    } else if (type == &PyFloat_Type) {
        out_.tag(Tag::Float);
        out_.fixed64(std::bit_cast<std::uint64_t>(PyFloat_AS_DOUBLE(value)));
    } else if (type == &PyDict_Type) {
        encode_dict(value);
    } else if (type == &PyList_Type || type == &PyTuple_Type) {
        encode_sequence(type == &PyList_Type ? Tag::List : Tag::Tuple, PySequence_Fast_ITEMS(value),
                        PySequence_Fast_GET_SIZE(value));
    } else if (type == &PyBytes_Type) {
        out_.tag(Tag::Bytes);
        out_.text({PyBytes_AS_STRING(value), static_cast<std::size_t>(PyBytes_GET_SIZE(value))});
    } else if (!encode_rare(value)) {
        if (!out_.allows_opaque()) {
            throw Refusal{{}, join(type->tp_name, " cannot be stored", storing_advice(value))};
        }
        out_.tag(Tag::Opaque);
        out_.fixed64(reinterpret_cast<std::uintptr_t>(value));
    }
}

void ValueEncoder::encode_text(PyObject* text) { out_.text(Utf8(text).view()); }

void ValueEncoder::encode_int(PyObject* value) {
    int overflow = 0;
    const long long number = PyLong_AsLongLongAndOverflow(value, &overflow);
    if (overflow != 0) {
        encode_big_int(value);
    } else if (number >= wire::kLeastSmallInt && number <= wire::kGreatestSmallInt) {
        out_.byte(static_cast<std::uint8_t>(wire::kSmallInt + (number - wire::kLeastSmallInt)));
    } else {
        out_.tag(Tag::Int);
        out_.zigzag(number);
    }
}

void ValueEncoder::encode_big_int(PyObject* value) {
#if PY_VERSION_HEX >= 0x030D0000
    constexpr int kFlags = Py_ASNATIVEBYTES_LITTLE_ENDIAN;
    const Py_ssize_t needed = PyLong_AsNativeBytes(value, nullptr, 0, kFlags);
    if (needed < 0) {
        refuse_pending();
    }
    std::string bytes(static_cast<std::size_t>(needed), '\0');
    const bool is_written = PyLong_AsNativeBytes(value, bytes.data(), needed, kFlags) >= 0;
#else
    std::string bytes(_PyLong_NumBits(value) / 8 + 1, '\0');
    const bool is_written =
        _PyLong_AsByteArray(reinterpret_cast<PyLongObject*>(value),
                            reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(),
                            /*little_endian=*/1, /*is_signed=*/1) >= 0;
#endif
    if (!is_written) {
        refuse_pending();
    }
    out_.tag(Tag::BigInt);
    out_.text(bytes);
}

void ValueEncoder::encode_sequence(Tag tag, PyObject* const* items, Py_ssize_t size) {
    const wire::Writer::Level level(out_);
    out_.tag(tag);
    out_.varint(static_cast<std::uint64_t>(size));
    Py_ssize_t i = 0;
    try {
        for (; i < size; ++i) {
            encode(items[i]);
        }
    } catch (Refusal& refusal) {
        refusal.path.insert(0, join("[", std::to_string(i), "]"));
        throw;
    }
}

void ValueEncoder::encode_key(PyObject* key, bool is_name) {
    if (is_name && PyUnicode_CheckExact(key)) {
        out_.tag(Tag::Name);
        out_.name(Utf8(key).view());
        return;
    }
    try {
        encode(key);
    } catch (Refusal& refusal) {
        refusal.what.append(", it is a key or in one");
        throw;
    }
}

void ValueEncoder::encode_item(PyObject* key, PyObject* value) {
    try {
        encode(value);
    } catch (Refusal& refusal) {
        refusal.path.insert(0, step_of(key));
        throw;
    }
}

template <class Each>
void ValueEncoder::encode_entries(std::size_t size, const Each& each) {
    const wire::Writer::Level level(out_);
    out_.tag(Tag::Dict);
    out_.varint(size);
    if (!out_.is_canonical()) {
        each([&](PyObject* key, PyObject* value) {
            encode_key(key, size <= kMostNamedKeys);
            encode_item(key, value);
        });
        return;
    }
    std::vector<std::string> entries;
    each([&](PyObject* key, PyObject* value) {
        wire::Writer scratch = out_.scratch();
        ValueEncoder entry(scratch, frozen_);
        entry.encode_key(key, false);
        entry.encode_item(key, value);
        entries.emplace_back(scratch.view());
    });
    std::ranges::sort(entries);
    for (const std::string& entry : entries) {
        out_.raw(entry);
    }
}

// A dict in a payload is a copy of ours, which nobody changes meanwhile.
void ValueEncoder::encode_dict(PyObject* dict) {
    encode_entries(static_cast<std::size_t>(PyDict_GET_SIZE(dict)), [&](const auto& look) {
        PyObject* key = nullptr;
        PyObject* value = nullptr;
        for (Py_ssize_t i = 0; PyDict_Next(dict, &i, &key, &value) != 0;) {
            look(key, value);
        }
    });
}

void ValueEncoder::encode_state_dict(PyObject* state_dict) {
    const Version version = version_at(frozen_, state_dict);
    encode_entries(version.size, [&](const auto& look) {
        version.each([&](const Entry& entry) {
            look(static_cast<PyObject*>(entry.key), static_cast<PyObject*>(entry.value));
            return true;
        });
    });
}

void ValueEncoder::encode_member(wire::Writer& out, PyObject* member) const {
    try {
        ValueEncoder(out, frozen_).encode(member);
    } catch (Refusal& refusal) {
        refusal.path.insert(0, "{...}");
        throw;
    }
}

std::string ValueEncoder::member_alone(PyObject* member) const {
    wire::Writer alone = out_.alone();
    encode_member(alone, member);
    return std::string(alone.view());
}

void ValueEncoder::put_members(Tag tag, const std::vector<Member>& members) {
    out_.tag(tag);
    out_.varint(members.size());
    for (const auto& [alone, member] : members) {
        if (out_.is_canonical() || is_plain_leaf(Py_TYPE(member.get()))) {
            out_.raw(alone);
        } else {
            encode_member(out_, member.get());
        }
    }
}

// Sorted by what they are alone, so that equal sets are stored alike, whatever the table of strings
// held before and whichever member was met first.
void ValueEncoder::encode_set(Tag tag, PyObject* set) {
    const wire::Writer::Level level(out_);
    std::vector<Member> members;
    const Ref iterator = checked(PyObject_GetIter(set));
    while (Ref member = Ref::steal(PyIter_Next(iterator.get()))) {
        std::string alone = member_alone(member.get());
        members.emplace_back(std::move(alone), std::move(member));
    }
    if (PyErr_Occurred() != nullptr) {
        refuse_pending();
    }
    std::ranges::sort(members, {}, &Member::first);
    put_members(tag, members);
}

bool ValueEncoder::encode_rare(PyObject* value) {
    if (encode_container(value)) {
        return true;
    }
    if (PySet_CheckExact(value)) {
        encode_set(Tag::Set, value);
    } else if (PyFrozenSet_CheckExact(value)) {
        encode_set(Tag::FrozenSet, value);
    } else if (PyByteArray_CheckExact(value)) {
        out_.tag(Tag::ByteArray);
        out_.text(
            {PyByteArray_AS_STRING(value), static_cast<std::size_t>(PyByteArray_GET_SIZE(value))});
    } else {
        return encode_clock(value) || encode_coded(value, *this) || encode_number(value, *this) ||
               encode_path(value) || encode_numpy(value, *this);
    }
    return true;
}

bool ValueEncoder::encode_clock(PyObject* value) {
    if (!has_datetime(PyDateTimeAPI)) {
        refuse_pending();
    }
    const auto put = [&](int part) { out_.varint(static_cast<std::uint64_t>(part)); };
    if (PyDateTime_CheckExact(value)) {
        out_.tag(Tag::DateTime);
        put(PyDateTime_GET_YEAR(value));
        put(PyDateTime_GET_MONTH(value));
        put(PyDateTime_GET_DAY(value));
        put(PyDateTime_DATE_GET_HOUR(value));
        put(PyDateTime_DATE_GET_MINUTE(value));
        put(PyDateTime_DATE_GET_SECOND(value));
        put(PyDateTime_DATE_GET_MICROSECOND(value));
        put(PyDateTime_DATE_GET_FOLD(value));
        encode_zone(PyDateTime_DATE_GET_TZINFO(value));
    } else if (PyDate_CheckExact(value)) {
        out_.tag(Tag::Date);
        put(PyDateTime_GET_YEAR(value));
        put(PyDateTime_GET_MONTH(value));
        put(PyDateTime_GET_DAY(value));
    } else if (PyTime_CheckExact(value)) {
        out_.tag(Tag::Time);
        put(PyDateTime_TIME_GET_HOUR(value));
        put(PyDateTime_TIME_GET_MINUTE(value));
        put(PyDateTime_TIME_GET_SECOND(value));
        put(PyDateTime_TIME_GET_MICROSECOND(value));
        put(PyDateTime_TIME_GET_FOLD(value));
        encode_zone(PyDateTime_TIME_GET_TZINFO(value));
    } else if (PyDelta_CheckExact(value)) {
        out_.tag(Tag::TimeDelta);
        encode_time_delta(value);
    } else {
        return encode_zone_value(value);
    }
    return true;
}

void ValueEncoder::encode_time_delta(PyObject* value) {
    out_.zigzag(PyDateTime_DELTA_GET_DAYS(value));
    out_.varint(static_cast<std::uint64_t>(PyDateTime_DELTA_GET_SECONDS(value)));
    out_.varint(static_cast<std::uint64_t>(PyDateTime_DELTA_GET_MICROSECONDS(value)));
}

void ValueEncoder::encode_zone(PyObject* zone) {
    if (zone == Py_None) {
        out_.tag(Tag::None);
    } else if (!encode_zone_value(zone)) {
        if (!out_.allows_opaque()) {
            throw Refusal{".tzinfo", join(Py_TYPE(zone)->tp_name, " cannot be stored")};
        }
        out_.tag(Tag::Opaque);
        out_.fixed64(reinterpret_cast<std::uintptr_t>(zone));
    }
}

// A fixed offset, with the name that it was given; a ZoneInfo by its key.
bool ValueEncoder::encode_zone_value(PyObject* zone) {
    if (Py_TYPE(zone) == Py_TYPE(PyDateTime_TimeZone_UTC)) {
        const Ref made_of = checked(PyObject_CallMethod(zone, "__getinitargs__", nullptr));
        const bool is_named = PyTuple_GET_SIZE(made_of.get()) == 2;
        out_.tag(Tag::TimeZone);
        encode_time_delta(PyTuple_GET_ITEM(made_of.get(), 0));
        encode(is_named ? PyTuple_GET_ITEM(made_of.get(), 1) : Py_None);
        return true;
    }
    if (!is_class(Py_TYPE(zone), "zoneinfo", "ZoneInfo")) {
        return false;
    }
    const Ref key = checked(PyObject_GetAttrString(zone, "key"));
    if (!PyUnicode_CheckExact(key.get()) || !is_zone_key(text_of(key.get()))) {
        return false;
    }
    out_.tag(Tag::ZoneInfo);
    encode_text(key.get());
    return true;
}

bool ValueEncoder::encode_path(PyObject* value) {
    const PyTypeObject* const type = Py_TYPE(value);
    const bool is_windows = is_class(type, "pathlib", "WindowsPath");
    std::uint8_t stored_as = 0;
    if (is_windows || is_class(type, "pathlib", "PosixPath")) {
        stored_as = kConcretePath;
    } else if (is_class(type, "pathlib", kPathClasses[1])) {
        stored_as = 1;
    } else if (!is_class(type, "pathlib", kPathClasses[0])) {
        return false;
    }
    const Ref text = checked(PyObject_Str(value));
    if (is_windows || stored_as == 1) {
        check_windows_path(value, text.get());
    }
    out_.tag(Tag::Path);
    out_.byte(stored_as);
    encode_text(text.get());
    return true;
}

}  // namespace stoplog::python
