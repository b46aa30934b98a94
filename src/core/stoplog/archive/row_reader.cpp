// Loading what the foreign side reads; names of the legend, before anything refers to them.
#include "stoplog/archive/row_reader.hpp"

#include "stoplog/archive/consistency.hpp"
#include "stoplog/base/suggest.hpp"

#include <algorithm>
#include <string_view>
#include <unordered_map>

namespace stoplog::archive {

PayloadRef RowReader::payload(const View& from) {
    wire::Writer bytes;
    text_.read_payload(from, bytes);
    wire::Reader in = text_.reader(bytes);
    PayloadRef made = codec_.decode_payload(in);
    in.expect_end();
    return made;
}

std::shared_ptr<Document> RowReader::fields(const View& from, std::uint32_t routine) {
    if (!legend_ || routine >= legend_->routines.size()) {
        throw SerializationError("damaged: the state of a routine that is none");
    }
    const std::uint32_t first = legend_->routines[routine].first_field;
    const std::uint32_t count = legend_->field_count(routine);
    const ValueText::Fields found = ValueText::fields_of(from);
    std::unordered_map<std::string_view, View> by_name(found.begin(), found.end());
    std::vector<wire::Writer> bytes(count);
    std::vector<wire::Reader> values;
    std::vector<const std::string*> names;
    for (std::uint32_t i = 0; i < count; ++i) {
        const std::string& name = legend_->fields[first + i].name;
        const auto at = by_name.find(name);
        if (at == by_name.end()) {
            throw SerializationError(join("damaged: the state field '", name, "' is missing"));
        }
        text_.read_value(at->second, bytes[i]);
        values.push_back(text_.reader(bytes[i]));
        names.push_back(&name);
    }
    if (found.size() != count) {
        throw SerializationError(join("damaged: ", std::to_string(found.size()),
                                      " values of a routine's state that declares ",
                                      std::to_string(count)));
    }
    std::shared_ptr<Document> made =
        codec_.decode_fields(legend_->routines[routine].name, names, values);
    for (const wire::Reader& value : values) {
        value.expect_end();
    }
    return made;
}

void RowReader::set_legend(const std::shared_ptr<const Legend>& legend) {
    check_legend(*legend);
    legend_ = legend;
}

void RowReader::Row::learn(const std::vector<Legend::Slot>& slots) {
    for (const Legend::Slot& slot : slots) {
        if (slot.routine == kNone) {
            throw SerializationError("damaged: a slot belongs to no routine");
        }
    }
    archive_.labels_.name_slots(slots);
}

void RowReader::Row::learn(const std::vector<Legend::Connection>& connections) {
    for (const Legend::Connection& connection : connections) {
        if (connection.source == kNone || connection.target == kNone) {
            throw SerializationError("damaged: a connection from or to nothing");
        }
    }
    archive_.labels_.name_connections(connections);
}

void RowReader::Row::expect_all_known(std::string_view type) const {
    from_.members([&](std::string_view key, const View&) {
        if (std::ranges::find(known_, key) == known_.end()) {
            throw SerializationError(join("damaged: a ", type, " has no field '", key,
                                          "'; its fields are ", quoted_list(known_),
                                          did_you_mean(key, known_)));
        }
    });
}

}  // namespace stoplog::archive
