// Texts without the characters that no XML may hold.
#include "stoplog/archive/spelling.hpp"
#include "stoplog/base/error.hpp"

#include <charconv>

namespace stoplog::archive {
namespace {

constexpr std::size_t kEscape = 6;  // "\u0001"

// How many bytes at `at` are a character that is forbidden, or that readers of XML change.
std::size_t forbidden_at(std::string_view text, std::size_t at) {
    const auto first = static_cast<std::uint8_t>(text[at]);
    if (first < 0x20) {
        return first == '\t' || first == '\n' ? 0 : 1;
    }
    const std::string_view three = text.substr(at, 3);
    return three == "\xEF\xBF\xBE" || three == "\xEF\xBF\xBF" ? 3 : 0;
}

void put_escape(std::string& out, std::string_view character) {
    constexpr std::string_view kHex = "0123456789abcdef";
    const auto last = static_cast<std::uint8_t>(character.back());
    if (character.size() == 3) {
        out.append(last == 0xBE ? "\\ufffe" : "\\uffff");
    } else {
        out.append("\\u00");
        out.push_back(kHex[last >> 4U]);
        out.push_back(kHex[last & 15U]);
    }
}

std::string spell(std::string_view text, bool doubles_backslash) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (const std::size_t size = forbidden_at(text, at); size != 0) {
            put_escape(out, text.substr(at, size));
            at += size - 1;
        } else {
            out.append(text[at] == '\\' && doubles_backslash ? 2 : 1, text[at]);
        }
    }
    return out;
}

// What "\\u001F" and its like stand for.
void append_escaped(std::string& out, std::string_view escape) {
    std::uint32_t character = 0;
    const bool is_whole = escape.size() == kEscape && escape[1] == 'u';
    const char* const end = escape.data() + escape.size();
    if (!is_whole || std::from_chars(escape.data() + 2, end, character, 16).ptr != end) {
        throw SerializationError("damaged: a backslash in a text is written as two");
    }
    if (character >= 0xFFFE) {
        out.append(character == 0xFFFE ? "\xEF\xBF\xBE" : "\xEF\xBF\xBF");
    } else if (character < 0x20) {
        out.push_back(static_cast<char>(character));
    } else {
        throw SerializationError(join("damaged: '", escape, "' needs no backslash"));
    }
}

}  // namespace

std::string spell_plain(std::string_view text) { return spell(text, true); }

std::string spell_plain_json(std::string_view json) { return spell(json, false); }

std::string read_plain(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] != '\\') {
            out.push_back(text[at]);
            continue;
        }
        if (text.substr(at, 2) == "\\\\") {
            out.push_back(text[++at]);
            continue;
        }
        append_escaped(out, text.substr(at, kEscape));
        at += kEscape - 1;
    }
    return out;
}

}  // namespace stoplog::archive
