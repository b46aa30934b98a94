// Counts brackets and commas outside of strings; the grammar is the parser's affair.
#include "stoplog/archive/json_scan.hpp"

#include "stoplog/archive/json.hpp"
#include "stoplog/base/error.hpp"
#include "stoplog/value/wire.hpp"

#include <cstdint>
#include <string>

namespace stoplog::archive {
namespace {

[[noreturn]] void refuse(std::string_view what, std::size_t at) {
    throw SerializationError(join("damaged at byte ", std::to_string(at), ": ", what));
}

// The byte behind a string that begins at `at`.
std::size_t behind_string(std::string_view text, std::size_t at) {
    const std::size_t begin = at;
    for (++at; at < text.size(); ++at) {
        const char character = text[at];
        if (character == '"') {
            return at + 1;
        }
        if (static_cast<std::uint8_t>(character) < 0x20) {
            refuse("a control character in a text", at);
        }
        at += character == '\\' ? 1 : 0;
    }
    refuse("a text does not end", begin);
}

// What one scan has counted.
struct Counts {
    std::uint32_t depth = 0;
    std::uint64_t items = 0;

    void count(char character, std::size_t at, std::uint32_t max_depth) {
        switch (character) {
            case '{':
            case '[':
                if (++depth > max_depth) {
                    refuse(join("nested more than ", std::to_string(max_depth), " deep"), at);
                }
                ++items;
                break;
            case '}':
            case ']':
                if (depth-- == 0) {
                    refuse("something ends that did not begin", at);
                }
                break;
            case ',':
            case ':':
                ++items;
                break;
            default:
                break;
        }
    }
};

}  // namespace

void scan_json(std::string_view text, const Limits& limits) {
    const std::uint32_t max_depth = json_depth(limits.max_depth);
    Counts counts;
    for (std::size_t at = 0; at < text.size();) {
        if (text[at] == '"') {
            at = behind_string(text, at);
            continue;
        }
        counts.count(text[at], at, max_depth);
        if (counts.items > limits.max_items) {
            refuse(join("more than ", std::to_string(limits.max_items),
                        " items; Limits(max_items=...) allows more"),
                   at);
        }
        ++at;
    }
    if (counts.depth != 0) {
        refuse("it ends too early", text.size());
    }
    if (!wire::is_utf8(text)) {
        throw SerializationError("damaged: a text that is no UTF-8");
    }
}

}  // namespace stoplog::archive
