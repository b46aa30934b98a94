// Loading what the foreign side reads: payloads once each, declared state with its names.
#include "stoplog/archive/column_reader.hpp"

#include "stoplog/archive/consistency.hpp"

namespace stoplog::archive {

PayloadRef ColumnReader::payload(LoadedColumn& column) {
    const std::uint64_t number = column.number();
    if (number == 0) {
        return {};
    }
    if (number > payloads_.size() || is_taken_[static_cast<std::size_t>(number - 1)]) {
        column.bytes.fail(join("there is no payload ", std::to_string(number - 1)));
    }
    PayloadRef& known = payloads_[static_cast<std::size_t>(number - 1)];
    if (!known) {
        wire::Reader value = arena_.at(number - 1);
        known = codec_.decode_payload(value);
        value.expect_end();
    }
    return known;
}

std::shared_ptr<Document> ColumnReader::fields(LoadedColumn& column, std::uint32_t routine) {
    const std::size_t count = column.bytes.count();
    if (count == 0) {
        return nullptr;
    }
    if (!legend_ || routine >= legend_->routines.size() || count != legend_->field_count(routine)) {
        column.bytes.fail(join(std::to_string(count), " values of a routine's state that declares",
                               " another number of them"));
    }
    std::vector<wire::Reader> values;
    std::vector<const std::string*> names;
    for (std::size_t i = 0; i < count; ++i) {
        const std::uint64_t number = column.number();
        if (number == 0 || number > arena_.size() ||
            is_taken_[static_cast<std::size_t>(number - 1)] ||
            payloads_[static_cast<std::size_t>(number - 1)]) {
            column.bytes.fail("there is no such value, or it belongs to another");
        }
        is_taken_[static_cast<std::size_t>(number - 1)] = true;
        values.push_back(arena_.at(number - 1));
        names.push_back(&legend_->fields[legend_->routines[routine].first_field + i].name);
    }
    std::shared_ptr<Document> made =
        codec_.decode_fields(legend_->routines[routine].name, names, values);
    for (const wire::Reader& value : values) {
        value.expect_end();
    }
    return made;
}

void ColumnReader::set_legend(const std::shared_ptr<const Legend>& legend) {
    check_legend(*legend);
    legend_ = legend;
}

}  // namespace stoplog::archive
