// Two interchange formats, XML and text, written and read by Boost.Serialization.
//
// Only texts and their nesting go through it: no pointers, no tracking, no classes. A description
// of the rows comes first. Nothing reaches the XML parser before one scan of it all.
#pragma once

#include "stoplog/archive/row_shape.hpp"
#include "stoplog/archive/row_sink.hpp"
#include "stoplog/archive/tree.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace stoplog::archive {

/// Rows of the first of some types, which the others are parts of.
class InterchangeWriter : public RowSink {
public:
    /// Ends the archive. Requires: all that was begun has ended.
    [[nodiscard]] virtual std::string finish() = 0;
};

[[nodiscard]] std::unique_ptr<InterchangeWriter> make_xml_writer(
    const std::vector<TypeShape>& shapes);
[[nodiscard]] std::unique_ptr<InterchangeWriter> make_text_writer(
    const std::vector<TypeShape>& shapes);

// Each makes one object of the row. Throws SerializationError.
void parse_xml(std::string_view text, Tree& into);
void parse_text(std::string_view text, Tree& into);

}  // namespace stoplog::archive
