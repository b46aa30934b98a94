// The one table of what a value's bytes can begin with, and of what follows, part by part.
//
// Enough to walk a value without knowing its type: to carry it, to compare it, to print it. A new
// type is one enumerator and one row here, and one function of whoever makes values of it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string_view>

namespace stoplog::wire {

/// What a value's bytes begin with. From kSmallInt on, the byte is an integer by itself.
enum class Tag : std::uint8_t {
    None = 0,
    False = 1,
    True = 2,
    Int = 3,
    BigInt = 4,
    Float = 5,
    Str = 6,
    Name = 7,
    Bytes = 8,
    ByteArray = 9,
    List = 10,
    Tuple = 11,
    Dict = 12,
    Set = 13,
    FrozenSet = 14,
    DateTime = 15,
    Date = 16,
    Time = 17,
    TimeDelta = 18,
    TimeZone = 19,
    ZoneInfo = 20,
    Path = 21,
    Complex = 22,
    Decimal = 23,
    Fraction = 24,
    Uuid = 25,
    Range = 26,
    Array = 27,
    Scalar = 28,
    Coded = 29,
    Opaque = 127,  // by identity: in a comparison only, never in a file
};
inline constexpr std::uint8_t kSmallInt = 0x80;
inline constexpr std::int64_t kLeastSmallInt = -16;
inline constexpr std::int64_t kGreatestSmallInt = 111;

/// One part of what follows a tag.
enum class Part : std::uint8_t {
    End,      // nothing more
    Byte,     // one byte: a choice
    Varint,   // a number from 0 on
    Zigzag,   // a number
    Fixed64,  // eight bytes: a double, bit for bit, or an identity
    Text,     // a length and UTF-8, lone surrogates as three bytes
    Bytes,    // a length and bytes
    Name,     // a text by its number in the table of strings; the text where there is no table
    Value,    // one value
    Items,    // a count and so many values
    Pairs,    // a count and so many keys with their values
};

struct TagRow {
    std::string_view name;
    Tag tag;
    bool is_container;  // counts as a level of nesting
    std::array<Part, 9> parts;
};

inline constexpr TagRow kTagRows[] = {
    {"none", Tag::None, false, {}},
    {"false", Tag::False, false, {}},
    {"true", Tag::True, false, {}},
    {"int", Tag::Int, false, {Part::Zigzag}},
    {"int", Tag::BigInt, false, {Part::Bytes}},  // two's complement, little-endian
    {"float", Tag::Float, false, {Part::Fixed64}},
    {"str", Tag::Str, false, {Part::Text}},
    {"str", Tag::Name, false, {Part::Name}},
    {"bytes", Tag::Bytes, false, {Part::Bytes}},
    {"bytearray", Tag::ByteArray, false, {Part::Bytes}},
    {"list", Tag::List, true, {Part::Items}},
    {"tuple", Tag::Tuple, true, {Part::Items}},
    {"dict", Tag::Dict, true, {Part::Pairs}},
    {"set", Tag::Set, true, {Part::Items}},
    {"frozenset", Tag::FrozenSet, true, {Part::Items}},
    // Year, month, day, hour, minute, second, microsecond, fold; the zone or none.
    {"datetime",
     Tag::DateTime,
     false,
     {Part::Varint, Part::Varint, Part::Varint, Part::Varint, Part::Varint, Part::Varint,
      Part::Varint, Part::Varint, Part::Value}},
    {"date", Tag::Date, false, {Part::Varint, Part::Varint, Part::Varint}},
    {"time",
     Tag::Time,
     false,
     {Part::Varint, Part::Varint, Part::Varint, Part::Varint, Part::Varint, Part::Value}},
    // Days, seconds, microseconds; of a fixed zone also its name or none.
    {"timedelta", Tag::TimeDelta, false, {Part::Zigzag, Part::Varint, Part::Varint}},
    {"timezone", Tag::TimeZone, false, {Part::Zigzag, Part::Varint, Part::Varint, Part::Value}},
    {"zoneinfo", Tag::ZoneInfo, false, {Part::Text}},
    {"path", Tag::Path, false, {Part::Byte, Part::Text}},
    {"complex", Tag::Complex, false, {Part::Fixed64, Part::Fixed64}},
    {"decimal", Tag::Decimal, false, {Part::Text}},
    {"fraction", Tag::Fraction, false, {Part::Value, Part::Value}},         // two ints
    {"uuid", Tag::Uuid, false, {Part::Byte, Part::Bytes}},                  // is it safe; 16 bytes
    {"range", Tag::Range, false, {Part::Value, Part::Value, Part::Value}},  // three ints
    {"array", Tag::Array, true, {Part::Value}},    // a tuple: dtype, shape, order, bytes
    {"scalar", Tag::Scalar, true, {Part::Value}},  // a tuple: dtype, bytes
    // Under a registered name: the version it was stored in, and the plain value it was made to.
    {"coded", Tag::Coded, true, {Part::Name, Part::Varint, Part::Value}},
};

/// Null: no value in a file begins so.
[[nodiscard]] constexpr const TagRow* row_of(Tag tag) {
    const auto number = static_cast<std::size_t>(tag);
    return number < std::size(kTagRows) ? &kTagRows[number] : nullptr;
}

constexpr bool are_tags_in_order() {
    for (std::size_t i = 0; i < std::size(kTagRows); ++i) {
        if (static_cast<std::size_t>(kTagRows[i].tag) != i) {
            return false;
        }
    }
    return true;
}
static_assert(are_tags_in_order());

}  // namespace stoplog::wire
