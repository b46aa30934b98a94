// The schema, and the arena of values: what is written once a file, checked before all else.
#include "stoplog/archive/columns.hpp"

#include "stoplog/base/error.hpp"

#include <algorithm>

namespace stoplog::archive {
namespace {

constexpr std::size_t kFirstKnown = 64;

std::size_t slot_of(const void* payload, std::size_t mask) {
    constexpr std::uint64_t kOdd = 0x9E3779B97F4A7C15U;
    return static_cast<std::size_t>((reinterpret_cast<std::uintptr_t>(payload) >> 4U) * kOdd >>
                                    32U) &
           mask;
}

}  // namespace

void write_schema(const std::deque<SavedTable>& tables, Image& image) {
    wire::Writer schema;
    schema.varint(tables.size());
    for (const SavedTable& table : tables) {
        schema.text(table.name);
        schema.varint(table.rows);
        schema.varint(table.columns.size());
        for (const SavedColumn& column : table.columns) {
            schema.text(column.name);
            schema.byte(static_cast<std::uint8_t>(column.kind));
            schema.varint(column.bytes.size());
            image.columns += column.bytes.view();
        }
    }
    image.schema = schema.view();
}

std::deque<LoadedTable> read_schema(const Image& image) {
    wire::Reader schema(image.schema, "the schema");
    wire::Reader bytes(image.columns, "the columns");
    std::deque<LoadedTable> tables(schema.count(3));
    for (LoadedTable& table : tables) {
        table.name = schema.text();
        table.rows = schema.varint();
        table.columns.resize(schema.count(3));
        if (table.columns.empty() && table.rows != 0) {
            schema.fail(join("table ", table.name, " has rows and no columns"));
        }
        for (LoadedColumn& column : table.columns) {
            column.name = schema.text();
            column.kind = static_cast<Kind>(schema.byte());
            column.place = join(table.name, ".", column.name);
            column.bytes = wire::Reader(bytes.raw(schema.varint()), column.place);
            if (column.bytes.left() < table.rows) {
                schema.fail(join(column.place, " is shorter than its table"));
            }
        }
    }
    schema.expect_end();
    bytes.expect_end();
    return tables;
}

void expect_all_read(const std::deque<LoadedTable>& tables) {
    for (const LoadedTable& table : tables) {
        if (!table.is_known) {
            continue;
        }
        if (table.rows_read != table.rows) {
            throw SerializationError(join("damaged: ", std::to_string(table.rows - table.rows_read),
                                          " rows of ", table.name, " belong to nothing"));
        }
        for (const LoadedColumn* column : table.by_field) {
            if (column != nullptr) {
                column->bytes.expect_end();
            }
        }
    }
}

LoadedColumn* find_column(LoadedTable& table, std::string_view name, Kind kind) {
    const auto found = std::ranges::find(table.columns, name, &LoadedColumn::name);
    if (found == table.columns.end()) {
        return nullptr;
    }
    if (found->kind != kind) {
        throw SerializationError(join("damaged: ", found->place, " is a column of kind ",
                                      std::to_string(static_cast<unsigned>(found->kind)),
                                      ", expected is ",
                                      std::to_string(static_cast<unsigned>(kind))));
    }
    return &*found;
}

std::uint64_t* SavedArena::find_or_add(const void* payload) {
    if (known_count_ * 2 >= known_.size()) {
        grow();
    }
    const std::size_t mask = known_.size() - 1;
    std::size_t slot = slot_of(payload, mask);
    while (known_[slot].payload != nullptr && known_[slot].payload != payload) {
        slot = (slot + 1) & mask;
    }
    if (known_[slot].payload == nullptr) {
        known_[slot].payload = payload;
        ++known_count_;
    }
    return &known_[slot].number;
}

void SavedArena::grow() {
    std::vector<Known> old(std::max(kFirstKnown, known_.size() * 2));
    std::swap(old, known_);
    const std::size_t mask = known_.size() - 1;
    for (const Known& known : old) {
        if (known.payload == nullptr) {
            continue;
        }
        std::size_t slot = slot_of(known.payload, mask);
        while (known_[slot].payload != nullptr) {
            slot = (slot + 1) & mask;
        }
        known_[slot] = known;
    }
}

std::string SavedArena::bytes() const {
    wire::Writer all;
    all.varint(count_);
    all.raw(lengths_.view());
    all.raw(bytes_.view());
    return std::string(all.view());
}

LoadedArena::LoadedArena(std::string_view bytes, wire::LoadedStrings& strings)
    : strings_(&strings) {
    wire::Reader in(bytes, "the values");
    std::vector<std::uint64_t> sizes(in.count());
    for (std::uint64_t& size : sizes) {
        size = in.varint();
    }
    base_ = bytes.size() - in.left();
    all_ = bytes.substr(base_);
    values_.reserve(sizes.size());
    for (const std::uint64_t size : sizes) {
        const std::size_t start = all_.size() - in.left();
        values_.push_back({start, in.raw(size).size()});
    }
    in.expect_end();
}

wire::Reader LoadedArena::at(std::uint64_t number) const {
    const Place& place = values_[number];
    return {all_.substr(place.start, place.size), "the values", strings_, base_ + place.start};
}

}  // namespace stoplog::archive
