// Bytes, very long numbers and characters without a place in UTF-8, as text.
#include "stoplog/archive/spelling.hpp"
#include "stoplog/base/error.hpp"
#include "stoplog/value/wire.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <limits>
#include <ranges>
#include <vector>

namespace stoplog::archive {
namespace {

constexpr std::string_view kSixBits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kHex = "0123456789abcdef";
// A longer number is written in hex: decimal digits take quadratic time.
constexpr std::size_t kMostDecimalBytes = 512;
constexpr std::size_t kMostDecimals = 1300;

[[noreturn]] void refuse(std::string_view text, std::string_view expected) {
    constexpr std::size_t kShown = 60;
    throw SerializationError(join("damaged: '", text.substr(0, kShown), "' is no ", expected));
}

std::uint32_t byte_at(std::string_view bytes, std::size_t at) {
    return static_cast<std::uint8_t>(bytes[at]);
}

std::uint32_t six_bits(char character, std::string_view text) {
    const std::size_t value = kSixBits.find(character);
    if (value == std::string_view::npos) {
        refuse(text, "base64");
    }
    return static_cast<std::uint32_t>(value);
}

std::uint32_t hex_digit(char character, std::string_view text) {
    const std::size_t value = kHex.find(character);
    if (value == std::string_view::npos) {
        refuse(text, "hexadecimal number");
    }
    return static_cast<std::uint32_t>(value);
}

// Little-endian words, without zeros at the end.
using Magnitude = std::vector<std::uint32_t>;

std::string decimal(Magnitude words) {
    constexpr std::uint32_t kChunk = 1'000'000'000;
    std::string reversed;
    while (!words.empty()) {
        std::uint64_t rest = 0;
        for (std::uint32_t& word : std::views::reverse(words)) {
            rest = rest << 32U | word;
            word = static_cast<std::uint32_t>(rest / kChunk);
            rest %= kChunk;
        }
        while (!words.empty() && words.back() == 0) {
            words.pop_back();
        }
        for (int i = 0; i < 9 && (rest != 0 || !words.empty()); ++i, rest /= 10) {
            reversed.push_back(static_cast<char>('0' + rest % 10));
        }
    }
    std::ranges::reverse(reversed);
    return reversed;
}

Magnitude from_decimal(std::string_view digits, std::string_view text) {
    Magnitude words;
    for (const char digit : digits) {
        if (digit < '0' || digit > '9') {
            refuse(text, "whole number");
        }
        auto carry = static_cast<std::uint64_t>(digit - '0');
        for (std::uint32_t& word : words) {
            carry += std::uint64_t{word} * 10;
            word = static_cast<std::uint32_t>(carry);
            carry >>= 32U;
        }
        if (carry != 0) {
            words.push_back(static_cast<std::uint32_t>(carry));
        }
    }
    return words;
}

Magnitude from_hex(std::string_view digits, std::string_view text) {
    Magnitude words(digits.size() / 8 + 1);
    for (std::size_t i = 0; i < digits.size(); ++i) {
        const std::size_t place = digits.size() - 1 - i;
        words[place / 8] |= hex_digit(digits[i], text) << 4 * (place % 8);
    }
    return words;
}

// The bytes of the number, one at least more than needed for its sign.
std::string two_complement(const Magnitude& words, bool is_negative) {
    std::string bytes;
    std::uint32_t carry = 1;
    for (std::size_t i = 0; i <= words.size() * 4; ++i) {
        std::uint32_t byte = i == words.size() * 4 ? 0 : words[i / 4] >> 8 * (i % 4) & 0xFFU;
        if (is_negative) {
            byte = (~byte & 0xFFU) + carry;
            carry = byte >> 8U;
        }
        bytes.push_back(static_cast<char>(byte & 0xFFU));
    }
    return bytes;
}

}  // namespace

std::string spell_base64(std::string_view bytes) {
    std::string out;
    out.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t at = 0; at < bytes.size(); at += 3) {
        const std::size_t left = bytes.size() - at;
        const std::uint32_t three = byte_at(bytes, at) << 16U |
                                    (left > 1 ? byte_at(bytes, at + 1) << 8U : 0U) |
                                    (left > 2 ? byte_at(bytes, at + 2) : 0U);
        out.push_back(kSixBits[three >> 18U]);
        out.push_back(kSixBits[three >> 12U & 63U]);
        out.push_back(left > 1 ? kSixBits[three >> 6U & 63U] : '=');
        out.push_back(left > 2 ? kSixBits[three & 63U] : '=');
    }
    return out;
}

std::string read_base64(std::string_view text) {
    if (text.size() % 4 != 0) {
        refuse(text, "base64");
    }
    const std::size_t missing = text.ends_with("==") ? 2 : (text.ends_with('=') ? 1 : 0);
    std::string bytes;
    bytes.reserve(text.size() / 4 * 3);
    for (std::size_t at = 0; at < text.size(); at += 4) {
        std::uint32_t three = 0;
        for (std::size_t i = at; i < at + 4; ++i) {
            three = three << 6U | (i + missing < text.size() ? six_bits(text[i], text) : 0);
        }
        for (unsigned shift = 24; shift != 0;) {
            shift -= 8;
            bytes.push_back(static_cast<char>(three >> shift & 0xFFU));
        }
    }
    for (std::size_t i = 0; i < missing; ++i) {
        if (bytes.back() != 0) {  // bits that stand for nothing
            refuse(text, "base64");
        }
        bytes.pop_back();
    }
    return bytes;
}

std::string spell_big_int(std::string_view bytes) {
    const bool is_negative = !bytes.empty() && byte_at(bytes, bytes.size() - 1) > 127;
    Magnitude words(bytes.size() / 4 + 1);
    std::uint32_t carry = 1;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        std::uint32_t byte = byte_at(bytes, i);
        if (is_negative) {
            byte = (~byte & 0xFFU) + carry;
            carry = byte >> 8U;
        }
        words[i / 4] |= (byte & 0xFFU) << 8 * (i % 4);
    }
    if (is_negative && carry != 0) {  // a power of 256
        words[bytes.size() / 4] |= 1U << 8 * (bytes.size() % 4);
    }
    while (!words.empty() && words.back() == 0) {
        words.pop_back();
    }
    const std::string sign = is_negative ? "-" : "";
    if (words.empty()) {
        return "0";
    }
    if (bytes.size() <= kMostDecimalBytes) {
        return sign + decimal(std::move(words));
    }
    std::string digits;
    for (const std::uint32_t word : words) {
        for (unsigned shift = 0; shift < 32; shift += 4) {
            digits.push_back(kHex[word >> shift & 15U]);
        }
    }
    digits.resize(digits.find_last_not_of('0') + 1);
    std::ranges::reverse(digits);
    return sign + "0x" + digits;
}

std::string read_big_int(std::string_view text) {
    std::string_view digits = text;
    const bool is_negative = digits.starts_with('-');
    digits.remove_prefix(is_negative ? 1 : 0);
    const bool is_hex = digits.starts_with("0x");
    digits.remove_prefix(is_hex ? 2 : 0);
    if (digits.empty() || (!is_hex && digits.size() > kMostDecimals)) {
        refuse(text, "whole number; a very long one is written as 0x...");
    }
    return two_complement(is_hex ? from_hex(digits, text) : from_decimal(digits, text),
                          is_negative);
}

std::string spell_odd_float(std::uint64_t bits) {
    constexpr std::uint64_t kSign = std::uint64_t{1} << 63U;
    const auto value = std::bit_cast<double>(bits & ~kSign);
    const std::string sign = (bits & kSign) != 0 ? "-" : "";
    if (value == std::numeric_limits<double>::infinity()) {
        return sign + "inf";
    }
    if ((bits & ~kSign) == std::bit_cast<std::uint64_t>(std::numeric_limits<double>::quiet_NaN())) {
        return sign + "nan";
    }
    std::string out = "0x";
    for (int shift = 60; shift >= 0; shift -= 4) {
        out.push_back(kHex[bits >> static_cast<unsigned>(shift) & 15U]);
    }
    return out;
}

std::uint64_t read_odd_float(std::string_view text) {
    constexpr std::size_t kDigits = 16;
    for (const double odd :
         {std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity(),
          std::numeric_limits<double>::quiet_NaN(), -std::numeric_limits<double>::quiet_NaN()}) {
        const auto bits = std::bit_cast<std::uint64_t>(odd);
        if (spell_odd_float(bits) == text) {
            return bits;
        }
    }
    if (!text.starts_with("0x") || text.size() != 2 + kDigits) {
        refuse(text, "float that needs a name: nan, -nan, inf, -inf or 0x and 16 digits");
    }
    std::uint64_t bits = 0;
    for (const char digit : text.substr(2)) {
        bits = bits << 4U | hex_digit(digit, text);
    }
    return bits;
}

std::string spell_surrogates(std::string_view text) {
    std::string out;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const std::uint32_t first = byte_at(text, at);
        if (first == '\\') {
            out.append("\\\\");
        } else if (first == 0xED && at + 2 < text.size() && byte_at(text, at + 1) >= 0xA0) {
            const std::uint32_t character =
                0xD000U | (byte_at(text, at + 1) & 63U) << 6U | (byte_at(text, at + 2) & 63U);
            out.append("\\u");
            for (int shift = 12; shift >= 0; shift -= 4) {
                out.push_back(kHex[character >> static_cast<unsigned>(shift) & 15U]);
            }
            at += 2;
        } else {
            out.push_back(text[at]);
        }
    }
    return out;
}

std::string read_surrogates(std::string_view text) {
    std::string out;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] != '\\') {
            out.push_back(text[at]);
        } else if (text.substr(at + 1).starts_with('\\')) {
            out.push_back(text[++at]);
        } else {
            const std::string_view digits = text.substr(at, 6);
            if (digits.size() != 6 || digits[1] != 'u') {
                refuse(text, "text whose odd characters are written as \\ud800");
            }
            std::uint32_t character = 0;
            for (const char digit : digits.substr(2)) {
                character = character << 4U | hex_digit(digit, text);
            }
            if (character >> 11U != 0xD800U >> 11U) {
                refuse(text, "text whose odd characters are written as \\ud800");
            }
            out.push_back(static_cast<char>(0xED));
            out.push_back(static_cast<char>(0x80U | (character >> 6U & 63U)));
            out.push_back(static_cast<char>(0x80U | (character & 63U)));
            at += 5;
        }
    }
    return out;
}

}  // namespace stoplog::archive
