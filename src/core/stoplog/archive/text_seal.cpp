// Where the digits are, and what they must be.
#include "stoplog/archive/text_seal.hpp"

#include "stoplog/archive/envelope.hpp"

#include <cassert>
#include <cstdint>

namespace stoplog::archive {
namespace {

constexpr std::size_t kLatest = 256;  // no mark begins later

std::size_t behind_mark(std::string_view text, std::string_view mark) {
    const std::size_t at = text.substr(0, kLatest).find(mark);
    return at == std::string_view::npos || at + mark.size() + kNoDigits.size() > text.size()
               ? std::string_view::npos
               : at + mark.size();
}

std::string digits_of(std::string_view text, std::size_t at) {
    std::string beginning(text.substr(0, at));
    beginning.append(kNoDigits);
    const std::uint64_t sum = checksum_of_parts(beginning, text.substr(beginning.size()));
    std::string digits;
    for (unsigned shift = 64; shift != 0; shift -= 4) {
        digits.push_back("0123456789abcdef"[sum >> (shift - 4) & 15U]);
    }
    return digits;
}

}  // namespace

void seal_text(std::string& text, std::string_view mark) {
    const std::size_t at = behind_mark(text, mark);
    assert(at != std::string_view::npos);
    text.replace(at, kNoDigits.size(), digits_of(text, at));
}

bool is_sealed(std::string_view text, std::string_view mark) {
    const std::size_t at = behind_mark(text, mark);
    return at != std::string_view::npos && text.substr(at, kNoDigits.size()) == digits_of(text, at);
}

}  // namespace stoplog::archive
