// Tags are plain names in angle brackets; what stands between them holds no bracket.
#include "stoplog/archive/xml_scan.hpp"

#include "stoplog/base/error.hpp"
#include "stoplog/value/wire.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>

namespace stoplog::archive {
namespace {

constexpr std::uint32_t kMostNested = 32;  // rows in rows; values are JSON and have no elements
constexpr std::size_t kLongestName = 64;

[[noreturn]] void refuse(std::string_view what, std::size_t at) {
    throw SerializationError(join("damaged at byte ", std::to_string(at), ": ", what));
}

bool is_of_name(char character) {
    return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
           (character >= '0' && character <= '9') || character == '_';
}

// The byte behind a tag that begins at `at`.
std::size_t behind_tag(std::string_view text, std::size_t at) {
    const std::size_t begin = text.substr(at + 1).starts_with('/') ? at + 2 : at + 1;
    std::size_t end = begin;
    while (end < text.size() && is_of_name(text[end])) {
        ++end;
    }
    if (end == begin || end - begin > kLongestName || end == text.size() || text[end] != '>') {
        refuse("expected is a tag that is a plain name", at);
    }
    return end + 1;
}

std::size_t behind_entity(std::string_view text, std::size_t at) {
    constexpr std::array<std::string_view, 5> kEntities = {"&amp;", "&lt;", "&gt;", "&quot;",
                                                           "&apos;"};
    const auto found = std::ranges::find_if(
        kEntities, [&](std::string_view entity) { return text.substr(at).starts_with(entity); });
    if (found == kEntities.end()) {
        refuse("an entity that is not one of the five of XML", at);
    }
    return at + found->size();
}

void expect_at_most(const Limits& limits, std::uint64_t elements, std::size_t at) {
    if (elements > limits.max_items) {
        refuse(join("more than ", std::to_string(limits.max_items),
                    " items; Limits(max_items=...) allows more"),
               at);
    }
}

}  // namespace

void scan_xml(std::string_view text, const Limits& limits) {
    std::uint32_t depth = 0;
    std::uint64_t elements = 0;
    for (std::size_t at = text.find_first_of("<&"); at != std::string_view::npos;
         at = text.find_first_of("<&", at)) {
        if (text[at] == '&') {
            at = behind_entity(text, at);
            continue;
        }
        const bool is_end = text.substr(at + 1).starts_with('/');
        const std::size_t behind = behind_tag(text, at);
        if (is_end ? depth-- == 0 : ++depth > kMostNested) {
            refuse(is_end ? "something ends that did not begin" : "nested too deeply", at);
        }
        elements += is_end ? 0 : 1;
        expect_at_most(limits, elements, at);
        at = behind;
    }
    if (depth != 0) {
        refuse("it ends too early", text.size());
    }
    if (!wire::is_utf8(text)) {
        throw SerializationError("damaged: a text that is no UTF-8");
    }
}

void XmlTags::expect(std::string_view name, bool is_end) {
    const std::size_t at = std::min(text_.find('<', at_), text_.size());
    const std::string tag = join(is_end ? "</" : "<", name, ">");
    if (!text_.substr(at).starts_with(tag)) {
        refuse(join("expected is ", tag, ", found ",
                    text_.substr(at, std::min(kLongestName, text_.find('>', at) - at + 1))),
               at);
    }
    at_ = at + tag.size();
}

}  // namespace stoplog::archive
