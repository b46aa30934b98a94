// How a text format spells what has no form of its own in it: times, bytes, odd characters.
//
// Reading takes exactly what writing makes, and throws SerializationError for all else.
#pragma once

#include "stoplog/base/clock.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace stoplog::archive {

/// "2026-03-01T12:00:00.000000005Z"
[[nodiscard]] std::string spell_wall_time(WallTime time);
[[nodiscard]] WallTime read_wall_time(std::string_view text);

/// "PT0.000035S"; from nanoseconds.
[[nodiscard]] std::string spell_span(std::int64_t nanoseconds);
[[nodiscard]] std::int64_t read_span(std::string_view text);

/// Of a value: year, month, day, hour, minute, second, microsecond.
using ClockParts = std::array<std::uint64_t, 7>;
[[nodiscard]] std::string spell_date(const ClockParts& parts);   // "2026-03-01"
[[nodiscard]] std::string spell_clock(const ClockParts& parts);  // "12:00:00.000005"
/// Microseconds to the east of Greenwich, less than a day: "+01:00", "-00:30:00.000001"
[[nodiscard]] std::string spell_offset(std::int64_t microseconds);

/// Takes the beginning of `text` away that is a date, a time of day, an offset.
void take_date(std::string_view& text, ClockParts& parts);
void take_clock(std::string_view& text, ClockParts& parts);
[[nodiscard]] std::int64_t take_offset(std::string_view& text);

[[nodiscard]] std::string spell_base64(std::string_view bytes);
[[nodiscard]] std::string read_base64(std::string_view text);

/// Of an int in two's complement, little-endian: decimal, or "0x..." where it is very long.
[[nodiscard]] std::string spell_big_int(std::string_view bytes);
[[nodiscard]] std::string read_big_int(std::string_view text);

/// A float's bits where they are no number: "nan", "-inf", or "0x..." of another nan.
[[nodiscard]] std::string spell_odd_float(std::uint64_t bits);
[[nodiscard]] std::uint64_t read_odd_float(std::string_view text);

/// Lone surrogates as "\ud800", a backslash as two.
[[nodiscard]] std::string spell_surrogates(std::string_view text);
[[nodiscard]] std::string read_surrogates(std::string_view text);

/// What no XML may hold, as "\u0001"; a backslash as two.
[[nodiscard]] std::string spell_plain(std::string_view text);
[[nodiscard]] std::string read_plain(std::string_view text);
/// The same inside of JSON, whose backslashes stay as they are.
[[nodiscard]] std::string spell_plain_json(std::string_view json);

[[nodiscard]] std::int64_t read_int(std::string_view text);
[[nodiscard]] std::uint64_t read_natural(std::string_view text);

}  // namespace stoplog::archive
