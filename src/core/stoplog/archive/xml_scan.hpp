// One look at a text that calls itself XML, before any parser, and one beside it.
#pragma once

#include "stoplog/value/limits.hpp"

#include <cstddef>
#include <string_view>

namespace stoplog::archive {

/// Throws SerializationError for what is nested too deeply, has too many elements, and for all that
/// we never write: declarations, comments, instructions, attributes, entities beyond the five.
/// Linear, and takes no memory.
void scan_xml(std::string_view text, const Limits& limits);

/// The tags of a scanned text, one after the other. The parser does not tell the name of an element
/// that begins, and compares the one that ends beyond its length.
class XmlTags {
public:
    explicit XmlTags(std::string_view text) : text_(text) {}
    /// Throws SerializationError unless the next one begins, or ends, an element of this name.
    void expect_begin(std::string_view name) { expect(name, false); }
    void expect_end(std::string_view name) { expect(name, true); }

private:
    void expect(std::string_view name, bool is_end);

    std::string_view text_;
    std::size_t at_ = 0;
};

}  // namespace stoplog::archive
