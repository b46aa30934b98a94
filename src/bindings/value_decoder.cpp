// One function for each tag. A number is bounded before Python sees it.
#include "bindings/value_decoder.hpp"

#include "stoplog/base/error.hpp"

#include "bindings/state_container.hpp"
#include "bindings/value_coded.hpp"
#include "bindings/value_copy.hpp"
#include "bindings/value_numbers.hpp"
#include "bindings/value_numpy.hpp"
#include "bindings/value_text.hpp"
#include "bindings/value_types.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <iterator>
#include <utility>

namespace stoplog::python {
namespace {

using wire::Reader;
using wire::Tag;

class ValueDecoder {
public:
    /// `log`: of the state that the value is for; null: it is for a payload.
    explicit ValueDecoder(Reader& in, std::shared_ptr<CallLog> log = nullptr)
        : in_(in), log_(std::move(log)) {}
    Ref decode();

private:
    Ref decode_tagged(Tag tag);
    Ref decode_none() { return Ref::borrow(Py_None); }
    Ref decode_false() { return Ref::borrow(Py_False); }
    Ref decode_true() { return Ref::borrow(Py_True); }
    Ref decode_int() { return make(PyLong_FromLongLong(in_.zigzag())); }
    Ref decode_str() { return decode_text(in_, in_.text()); }
    Ref decode_float() { return make(PyFloat_FromDouble(std::bit_cast<double>(in_.fixed64()))); }
    Ref decode_big_int();
    Ref decode_bytes();
    Ref decode_byte_array();
    Ref decode_name();
    Ref decode_list();
    Ref decode_tuple();
    Ref decode_dict();
    Ref decode_set() { return log_ ? decode_state_set() : decode_members(PySet_New(nullptr)); }
    Ref decode_state_set();
    Ref decode_frozenset() { return decode_members(PyFrozenSet_New(nullptr)); }
    Ref decode_members(PyObject* empty_set);
    Ref decode_date_time();
    Ref decode_date();
    Ref decode_time();
    Ref decode_timedelta();
    Ref decode_time_zone();
    Ref decode_zone_info();
    Ref decode_zone();
    Ref decode_path();
    template <Ref (*decode_kind)(Reader&)>
    Ref by() {
        return decode_kind(in_);
    }

    Ref decode_hashable();
    Ref decode_item(Py_ssize_t i);
    Ref decode_at(PyObject* key);
    Ref make(PyObject* object) { return made(in_, object); }
    int part(std::uint64_t greatest) {
        return static_cast<int>(in_.bounded(greatest, "a part of a time"));
    }
    void need_datetime() {
        if (!has_datetime(PyDateTimeAPI)) {
            in_.fail(take_error_text());
        }
    }

    Reader& in_;
    std::shared_ptr<CallLog> log_;
};

Ref ValueDecoder::decode() {
    const std::uint8_t byte = in_.byte();
    if (byte >= wire::kSmallInt) {
        return make(PyLong_FromLong(long{byte} - wire::kSmallInt + wire::kLeastSmallInt));
    }
    return decode_tagged(static_cast<Tag>(byte));
}

Ref ValueDecoder::decode_tagged(Tag tag) {
    using Decode = Ref (ValueDecoder::*)();
    static constexpr Decode kDecoders[] = {
        &ValueDecoder::decode_none,         &ValueDecoder::decode_false,
        &ValueDecoder::decode_true,         &ValueDecoder::decode_int,
        &ValueDecoder::decode_big_int,      &ValueDecoder::decode_float,
        &ValueDecoder::decode_str,          &ValueDecoder::decode_name,
        &ValueDecoder::decode_bytes,        &ValueDecoder::decode_byte_array,
        &ValueDecoder::decode_list,         &ValueDecoder::decode_tuple,
        &ValueDecoder::decode_dict,         &ValueDecoder::decode_set,
        &ValueDecoder::decode_frozenset,    &ValueDecoder::decode_date_time,
        &ValueDecoder::decode_date,         &ValueDecoder::decode_time,
        &ValueDecoder::decode_timedelta,    &ValueDecoder::decode_time_zone,
        &ValueDecoder::decode_zone_info,    &ValueDecoder::decode_path,
        &ValueDecoder::by<decode_complex>,  &ValueDecoder::by<decode_decimal>,
        &ValueDecoder::by<decode_fraction>, &ValueDecoder::by<decode_uuid>,
        &ValueDecoder::by<decode_range>,    &ValueDecoder::by<decode_array>,
        &ValueDecoder::by<decode_scalar>,   &ValueDecoder::by<decode_coded>,
    };
    static_assert(std::size(kDecoders) == std::size(wire::kTagRows));
    const auto number = static_cast<std::size_t>(tag);
    if (number >= std::size(kDecoders)) {
        in_.fail(join("there is no type ", std::to_string(number)));
    }
    return (this->*kDecoders[number])();
}

Ref ValueDecoder::decode_big_int() {
    const std::string_view bytes = in_.text();
    const auto* const data = reinterpret_cast<const unsigned char*>(bytes.data());
#if PY_VERSION_HEX >= 0x030D0000
    return make(PyLong_FromNativeBytes(data, bytes.size(), Py_ASNATIVEBYTES_LITTLE_ENDIAN));
#else
    return make(_PyLong_FromByteArray(data, bytes.size(), /*little_endian=*/1, /*is_signed=*/1));
#endif
}

Ref ValueDecoder::decode_bytes() {
    const std::string_view bytes = in_.text();
    return make(PyBytes_FromStringAndSize(bytes.data(), static_cast<Py_ssize_t>(bytes.size())));
}

Ref ValueDecoder::decode_byte_array() {
    const std::string_view bytes = in_.text();
    return make(PyByteArray_FromStringAndSize(bytes.data(), static_cast<Py_ssize_t>(bytes.size())));
}

// The table's memo may hold a payload's names under the same text: that is no str.
Ref ValueDecoder::decode_name() {
    const std::uint32_t number = in_.name_number();
    std::shared_ptr<void>& memo = in_.strings().memo(number);
    auto* const known = static_cast<PyObject*>(memo.get());
    if (known != nullptr && PyUnicode_CheckExact(known)) {
        return Ref::borrow(known);
    }
    Ref name = decode_text(in_, in_.strings().at(number));
    if (known == nullptr) {
        memo = carried(name);
    }
    return name;
}

// A key or member: the value itself, since nobody could look for a held one.
Ref ValueDecoder::decode_hashable() {
    Ref value = decode();
    return is_plain_leaf(Py_TYPE(value.get())) ? value : hand_out_copy(value.get());
}

Ref ValueDecoder::decode_item(Py_ssize_t i) {
    try {
        return decode();
    } catch (Refusal& refusal) {
        refusal.path.insert(0, join("[", std::to_string(i), "]"));
        throw;
    }
}

Ref ValueDecoder::decode_at(PyObject* key) {
    try {
        return decode();
    } catch (Refusal& refusal) {
        refusal.path.insert(0, step_of(key));
        throw;
    }
}

Ref ValueDecoder::decode_list() {
    const Reader::Level level(in_);
    const auto size = static_cast<Py_ssize_t>(in_.count());
    Ref list = make(PyList_New(size));
    for (Py_ssize_t i = 0; i < size; ++i) {
        PyList_SET_ITEM(list.get(), i, decode_item(i).release());
    }
    return list;
}

Ref ValueDecoder::decode_tuple() {
    const Reader::Level level(in_);
    const auto size = static_cast<Py_ssize_t>(in_.count());
    Ref tuple = make(PyTuple_New(size));
    for (Py_ssize_t i = 0; i < size; ++i) {
        PyTuple_SET_ITEM(tuple.get(), i, decode_item(i).release());
    }
    return tuple;
}

Ref ValueDecoder::decode_dict() {
    const Reader::Level level(in_);
    const std::size_t size = in_.count(2);
    Ref dict = make(PyDict_New());
    for (std::size_t i = 0; i < size; ++i) {
        const Ref key = decode_hashable();
        const Ref value = decode_at(key.get());
        if (PyDict_SetItem(dict.get(), key.get(), value.get()) < 0) {
            in_.fail(take_error_text());
        }
    }
    if (static_cast<std::size_t>(PyDict_GET_SIZE(dict.get())) != size) {
        in_.fail("a dict has a key twice");
    }
    return dict;
}

Ref ValueDecoder::decode_members(PyObject* empty_set) {
    Ref set = make(empty_set);
    const Reader::Level level(in_);
    const std::size_t size = in_.count();
    for (std::size_t i = 0; i < size; ++i) {
        const Ref member = decode_hashable();
        if (PySet_Add(set.get(), member.get()) < 0) {
            in_.fail(take_error_text());
        }
    }
    if (static_cast<std::size_t>(PySet_GET_SIZE(set.get())) != size) {
        in_.fail("a set has a member twice");
    }
    return set;
}

Ref ValueDecoder::decode_state_set() {
    Ref set = make(new_state_set(log_));
    Document& document = document_of(set.get());
    const Reader::Level level(in_);
    const std::size_t size = in_.count();
    for (std::size_t i = 0; i < size; ++i) {
        Ref member = decode_hashable();
        const LeafHash hash = hash_of(member.get());
        const Position found = hash == -1 ? kFailed : document.find(member.get(), hash);
        if (found == kFailed) {
            in_.fail(take_error_text());
        }
        if (found != kAbsent) {
            in_.fail("a set has a member twice");
        }
        document.load(member.release(), hash, Py_NewRef(Py_None));
    }
    return set;
}

Ref ValueDecoder::decode_date_time() {
    need_datetime();
    const int year = part(9999);
    const int month = part(12);
    const int day = part(31);
    const int hour = part(23);
    const int minute = part(59);
    const int second = part(59);
    const int microsecond = part(999'999);
    const int fold = part(1);
    const Ref zone = decode_zone();
    return make(PyDateTimeAPI->DateTime_FromDateAndTimeAndFold(year, month, day, hour, minute,
                                                               second, microsecond, zone.get(),
                                                               fold, PyDateTimeAPI->DateTimeType));
}

Ref ValueDecoder::decode_date() {
    need_datetime();
    const int year = part(9999);
    const int month = part(12);
    const int day = part(31);
    return make(PyDate_FromDate(year, month, day));
}

Ref ValueDecoder::decode_time() {
    need_datetime();
    const int hour = part(23);
    const int minute = part(59);
    const int second = part(59);
    const int microsecond = part(999'999);
    const int fold = part(1);
    const Ref zone = decode_zone();
    return make(PyDateTimeAPI->Time_FromTimeAndFold(hour, minute, second, microsecond, zone.get(),
                                                    fold, PyDateTimeAPI->TimeType));
}

Ref ValueDecoder::decode_timedelta() {
    need_datetime();
    const std::int64_t days = in_.zigzag();
    if (days != std::clamp<std::int64_t>(days, -999'999'999, 999'999'999)) {
        in_.fail("a time span of too many days");
    }
    const int seconds = part(86'399);
    const int microseconds = part(999'999);
    return make(PyDelta_FromDSU(static_cast<int>(days), seconds, microseconds));
}

Ref ValueDecoder::decode_time_zone() {
    const Ref offset = decode_timedelta();
    const auto label = static_cast<Tag>(in_.byte());
    if (label == Tag::None) {
        return make(PyTimeZone_FromOffset(offset.get()));
    }
    if (label != Tag::Str) {
        in_.fail("a time zone's name that is no text");
    }
    const Ref name = decode_text(in_, in_.text());
    return make(PyTimeZone_FromOffsetAndName(offset.get(), name.get()));
}

Ref ValueDecoder::decode_zone_info() {
    const std::string_view key = in_.text();
    if (!is_zone_key(key)) {
        in_.fail("a time zone without a proper name");
    }
    const Ref module = make(PyImport_ImportModule("zoneinfo"));
    const Ref name = decode_text(in_, key);
    return make(PyObject_CallMethod(module.get(), "ZoneInfo", "O", name.get()));
}

Ref ValueDecoder::decode_zone() {
    const auto tag = static_cast<Tag>(in_.byte());
    if (tag == Tag::None || tag == Tag::TimeZone || tag == Tag::ZoneInfo) {
        return decode_tagged(tag);
    }
    in_.fail("a time in something that is no time zone");
}

Ref ValueDecoder::decode_path() {
    const std::uint64_t stored_as = in_.bounded(kConcretePath, "the kind of a path");
    const Ref module = make(PyImport_ImportModule("pathlib"));
    const Ref text = decode_text(in_, in_.text());
    return make(PyObject_CallMethod(module.get(), kPathClasses[stored_as], "O", text.get()));
}

}  // namespace

Ref made(const Reader& in, PyObject* object) {
    if (object == nullptr) {
        in.fail(take_error_text());
    }
    return Ref::steal(object);
}

Ref decode_text(const Reader& in, std::string_view text) {
    return made(in, PyUnicode_DecodeUTF8(text.data(), static_cast<Py_ssize_t>(text.size()),
                                         "surrogatepass"));
}

Ref decode_value(Reader& in) { return ValueDecoder(in).decode(); }

Ref decode_field(Reader& in, const std::shared_ptr<CallLog>& log) {
    return ValueDecoder(in, log).decode();
}

}  // namespace stoplog::python
