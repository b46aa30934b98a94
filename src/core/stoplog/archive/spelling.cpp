// Times and numbers. Bytes and characters are in spelling_bytes.cpp.
#include "stoplog/archive/spelling.hpp"

#include "stoplog/base/error.hpp"

#include <charconv>
#include <chrono>
#include <cstdlib>
#include <limits>

namespace stoplog::archive {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kDay = 86'400 * kSecond;

[[noreturn]] void refuse(std::string_view text, std::string_view expected) {
    constexpr std::size_t kShown = 60;
    throw SerializationError(join("damaged: '", text.substr(0, kShown), "' is no ", expected));
}

void put_padded(std::string& out, std::uint64_t number, std::size_t width) {
    const std::string digits = std::to_string(number);
    out.append(digits.size() < width ? width - digits.size() : 0, '0').append(digits);
}

// ".000005" with as many digits as needed, of `width`; nothing where it is 0.
void put_fraction(std::string& out, std::uint64_t number, std::size_t width) {
    if (number == 0) {
        return;
    }
    std::string digits;
    put_padded(digits, number, width);
    out.append(".").append(digits, 0, digits.find_last_not_of('0') + 1);
}

// Takes text away from its beginning; `whole` is for the message.
class Taker {
public:
    Taker(std::string_view& text, std::string_view expected)
        : text_(text), whole_(text), expected_(expected) {}

    std::uint64_t digits(std::size_t count) {
        std::uint64_t number = 0;
        for (; count != 0; --count) {
            if (text_.empty() || text_.front() < '0' || text_.front() > '9') {
                fail();
            }
            number = number * 10 + static_cast<std::uint64_t>(text_.front() - '0');
            text_.remove_prefix(1);
        }
        return number;
    }
    [[nodiscard]] bool is_next(char character) const { return text_.starts_with(character); }
    bool take(char character) {
        if (!is_next(character)) {
            return false;
        }
        text_.remove_prefix(1);
        return true;
    }
    void expect(char character) {
        if (!take(character)) {
            fail();
        }
    }
    // What stands behind a point, as a number of `width` digits.
    std::uint64_t fraction(std::size_t width) {
        std::uint64_t number = 0;
        std::size_t count = 0;
        if (take('.')) {
            for (; !text_.empty() && text_.front() >= '0' && text_.front() <= '9'; ++count) {
                if (count == width) {
                    fail();
                }
                number = number * 10 + digits(1);
            }
            if (count == 0) {
                fail();
            }
        }
        for (; count < width; ++count) {
            number *= 10;
        }
        return number;
    }
    void expect_end() const {
        if (!text_.empty()) {
            fail();
        }
    }
    [[noreturn]] void fail() const { refuse(whole_, expected_); }

private:
    std::string_view& text_;
    std::string_view whole_;
    std::string_view expected_;
};

template <class Number>
Number read_number(std::string_view text, std::string_view expected) {
    Number number = 0;
    const char* const begin = text.data();
    const char* const end = begin + text.size();
    const auto [stop, error] = std::from_chars(begin, end, number);
    if (error != std::errc() || stop != end) {
        refuse(text, expected);
    }
    return number;
}

}  // namespace

std::string spell_wall_time(WallTime time) {
    using std::chrono::days;
    using std::chrono::sys_days;
    std::int64_t day = time / kDay;
    std::int64_t rest = time % kDay;
    if (rest < 0) {
        --day;
        rest += kDay;
    }
    const std::chrono::year_month_day date{sys_days{days{day}}};
    const auto seconds = static_cast<std::uint64_t>(rest / kSecond);
    std::string out =
        spell_date({static_cast<std::uint64_t>(static_cast<int>(date.year())),
                    static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day())});
    out.append("T").append(
        spell_clock({0, 0, 0, seconds / 3600, seconds / 60 % 60, seconds % 60, 0}));
    put_fraction(out, static_cast<std::uint64_t>(rest % kSecond), 9);
    return out.append("Z");
}

WallTime read_wall_time(std::string_view text) {
    using namespace std::chrono;  // NOLINT(google-build-using-namespace)
    std::string_view left = text;
    Taker taker(left, "time in UTC such as 2026-03-01T12:00:00Z");
    const auto y = static_cast<int>(taker.digits(4));
    taker.expect('-');
    const auto m = static_cast<unsigned>(taker.digits(2));
    taker.expect('-');
    const auto d = static_cast<unsigned>(taker.digits(2));
    taker.expect('T');
    const std::uint64_t hour = taker.digits(2);
    taker.expect(':');
    const std::uint64_t minute = taker.digits(2);
    taker.expect(':');
    const std::uint64_t second = taker.digits(2);
    const std::uint64_t fraction = taker.fraction(9);
    taker.expect('Z');
    taker.expect_end();
    const year_month_day date{year(y), month(m), day(d)};
    if (!date.ok() || hour > 23 || minute > 59 || second > 59) {
        taker.fail();
    }
    // From the day behind, so that the earliest time is reached too.
    const std::int64_t days = sys_days(date).time_since_epoch().count() + 1;
    const std::int64_t of_day =
        static_cast<std::int64_t>(hour * 3600 + minute * 60 + second) * kSecond +
        static_cast<std::int64_t>(fraction);
    std::int64_t time = 0;
    if (days > 0 ? __builtin_mul_overflow(days - 1, kDay, &time) ||
                       __builtin_add_overflow(time, of_day, &time)
                 : __builtin_mul_overflow(days, kDay, &time) ||
                       __builtin_add_overflow(time, of_day - kDay, &time)) {
        taker.fail();  // nanoseconds in 64 bits reach from 1677 to 2262
    }
    return time;
}

std::string spell_span(std::int64_t nanoseconds) {
    const std::uint64_t size = nanoseconds < 0 ? 0 - static_cast<std::uint64_t>(nanoseconds)
                                               : static_cast<std::uint64_t>(nanoseconds);
    std::string out = nanoseconds < 0 ? "-PT" : "PT";
    out.append(std::to_string(size / kSecond));
    put_fraction(out, size % kSecond, 9);
    return out.append("S");
}

std::int64_t read_span(std::string_view text) {
    constexpr std::string_view kExpected = "span of time such as PT1.5S";
    std::string_view left = text;
    Taker taker(left, kExpected);
    const bool is_negative = taker.take('-');
    taker.expect('P');
    taker.expect('T');
    const std::size_t digits = left.find_first_not_of("0123456789");
    const auto seconds = read_number<std::uint64_t>(left.substr(0, digits), kExpected);
    left.remove_prefix(digits == std::string_view::npos ? left.size() : digits);
    const std::uint64_t fraction = taker.fraction(9);
    taker.expect('S');
    taker.expect_end();
    constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    const std::uint64_t size = seconds * kSecond + fraction;
    if (seconds > kMost / kSecond || size > kMost + (is_negative ? 1 : 0)) {
        taker.fail();
    }
    return static_cast<std::int64_t>(is_negative ? 0 - size : size);
}

std::string spell_date(const ClockParts& parts) {
    std::string out;
    put_padded(out, parts[0], 4);
    put_padded(out.append("-"), parts[1], 2);
    put_padded(out.append("-"), parts[2], 2);
    return out;
}

std::string spell_clock(const ClockParts& parts) {
    std::string out;
    put_padded(out, parts[3], 2);
    put_padded(out.append(":"), parts[4], 2);
    put_padded(out.append(":"), parts[5], 2);
    put_fraction(out, parts[6], 6);
    return out;
}

std::string spell_offset(std::int64_t microseconds) {
    const auto size = static_cast<std::uint64_t>(std::llabs(microseconds));
    const std::uint64_t seconds = size / 1'000'000;
    std::string out = microseconds < 0 ? "-" : "+";
    put_padded(out, seconds / 3600, 2);
    put_padded(out.append(":"), seconds / 60 % 60, 2);
    if (seconds % 60 != 0 || size % 1'000'000 != 0) {
        put_padded(out.append(":"), seconds % 60, 2);
        put_fraction(out, size % 1'000'000, 6);
    }
    return out;
}

void take_date(std::string_view& text, ClockParts& parts) {
    Taker taker(text, "date such as 2026-03-01");
    parts[0] = taker.digits(4);
    taker.expect('-');
    parts[1] = taker.digits(2);
    taker.expect('-');
    parts[2] = taker.digits(2);
}

void take_clock(std::string_view& text, ClockParts& parts) {
    Taker taker(text, "time of day such as 12:00:00.5");
    parts[3] = taker.digits(2);
    taker.expect(':');
    parts[4] = taker.digits(2);
    taker.expect(':');
    parts[5] = taker.digits(2);
    parts[6] = taker.fraction(6);
}

std::int64_t take_offset(std::string_view& text) {
    Taker taker(text, "offset of a time zone such as +01:00");
    const bool is_west = taker.is_next('-');
    if (!taker.take('-')) {
        taker.expect('+');
    }
    std::uint64_t seconds = taker.digits(2) * 3600;
    taker.expect(':');
    seconds += taker.digits(2) * 60;
    std::uint64_t fraction = 0;
    if (taker.take(':')) {
        seconds += taker.digits(2);
        fraction = taker.fraction(6);
    }
    const auto size = static_cast<std::int64_t>(seconds * 1'000'000 + fraction);
    return is_west ? -size : size;
}

std::int64_t read_int(std::string_view text) {
    return read_number<std::int64_t>(text, "whole number that is expected here");
}

std::uint64_t read_natural(std::string_view text) {
    return read_number<std::uint64_t>(text, "whole number from 0 on");
}

}  // namespace stoplog::archive
