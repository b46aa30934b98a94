// A description as one line of words.
#include "stoplog/archive/row_shape.hpp"

#include "stoplog/base/error.hpp"

#include <array>

namespace stoplog::archive {
namespace {

constexpr std::array<std::string_view, 7> kKinds = {"text",  "number", "claim", "names",
                                                    "value", "rows",   "one"};

std::string_view take_until(std::string_view& text, std::string_view mark) {
    const std::size_t end = text.find(mark);
    const std::string_view part = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + mark.size());
    return part;
}

FieldShape read_field(std::string_view text) {
    const std::string_view name = take_until(text, " ");
    const std::string_view word = take_until(text, " ");
    const auto kind = std::ranges::find(kKinds, word);
    if (name.empty() || kind == kKinds.end()) {
        throw SerializationError(join("damaged: '", name, "' is a field of no kind"));
    }
    return {std::string(name), static_cast<FieldShape::Kind>(kind - kKinds.begin()),
            std::string(text)};
}

}  // namespace

std::string spell_fields(const TypeShape& shape) {
    std::string text;
    for (const FieldShape& field : shape.fields) {
        text.append(text.empty() ? "" : ", ").append(field.name).append(" ");
        text.append(kKinds[static_cast<std::size_t>(field.kind)]);
        text.append(field.type.empty() ? "" : " ").append(field.type);
    }
    return text;
}

std::vector<FieldShape> read_fields(std::string_view text) {
    std::vector<FieldShape> fields;
    while (!text.empty()) {
        fields.push_back(read_field(take_until(text, ", ")));
    }
    return fields;
}

}  // namespace stoplog::archive
