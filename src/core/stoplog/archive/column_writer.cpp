// Saving what the foreign side writes: payloads once each, declared state field by field.
#include "stoplog/archive/column_writer.hpp"

namespace stoplog::archive {

Image ColumnWriter::finish() {
    Image image;
    write_schema(tables_, image);
    image.strings = strings_.bytes();
    image.values = arena_.bytes();
    return image;
}

std::uint64_t ColumnWriter::number_of(const PayloadRef& payload) {
    std::uint64_t& number = *arena_.find_or_add(payload.get());
    if (number == SavedArena::kNew) {
        codec_.encode_payload(*payload.get(), arena_.out());
        number = arena_.end();
    }
    return number;
}

std::uint64_t ColumnWriter::save_field(const Entry& entry, std::uint32_t field) {
    try {
        codec_.encode_leaf(entry.value, frozen_, arena_.out());
    } catch (const SerializationError& error) {
        throw error.at(place_of_field(field, legend_));
    }
    return arena_.end();
}

void ColumnWriter::save_fields(const Document& document, std::uint32_t routine,
                               SavedColumn& column) {
    const Version version = frozen_ != nullptr ? frozen_->version_of(document) : document.version();
    column.bytes.varint(version.size);
    std::uint32_t field = legend_.routines[routine].first_field;
    version.each([&](const Entry& entry) {
        column.number(save_field(entry, field++) + 1);
        return true;
    });
}

}  // namespace stoplog::archive
