// Saving what the foreign side writes: as its bytes first, then as text.
#include "stoplog/archive/row_writer.hpp"

#include "stoplog/archive/value_text.hpp"

namespace stoplog::archive {

void RowWriter::save_payload(const char* name, const PayloadRef& payload) {
    if (!payload) {
        out_.no_value(name);
        return;
    }
    bytes_.clear();
    codec_.encode_payload(*payload.get(), bytes_);
    wire::Reader in(bytes_.view(), "a payload");
    spell_payload(in, out_.begin_value(name));
    out_.end_value();
}

// Spelt like a payload whose fields are those of the state.
void RowWriter::save_fields(const char* name, const Document* document, std::uint32_t routine) {
    if (document == nullptr) {
        out_.no_value(name);
        return;
    }
    const Version version =
        frozen_ != nullptr ? frozen_->version_of(*document) : document->version();
    std::uint32_t field = legend_.routines[routine].first_field;
    wire::Writer names;
    for (std::uint32_t i = 0; i < version.size; ++i) {
        names.text(legend_.fields[field + i].name);
    }
    bytes_.clear();
    bytes_.text(names.view());
    version.each([&](const Entry& entry) {
        try {
            codec_.encode_leaf(entry.value, frozen_, bytes_);
        } catch (const SerializationError& error) {
            throw error.at(place_of_field(field, legend_));
        }
        ++field;
        return true;
    });
    wire::Reader in(bytes_.view(), "declared state");
    spell_payload(in, out_.begin_value(name));
    out_.end_value();
}

}  // namespace stoplog::archive
