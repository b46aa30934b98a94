// The column archive's image: every field of a saved type is a column, described by a schema.
//
// Other versions read it by name: a column that they do not know is skipped, one that they miss
// leaves its field as it is born. Payloads and values stand in an arena, each behind its number.
#pragma once

#include "stoplog/value/wire.hpp"

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace stoplog::archive {

struct Image {
    std::uint32_t version = 1;
    std::string schema;
    std::string strings;
    std::string columns;
    std::string values;
};

/// How a column's numbers are written; every row takes at least one byte.
enum class Kind : std::uint8_t {
    Small = 1,    // varint
    Number = 2,   // zigzag difference to the row before
    Index = 3,    // varint: 0 names nothing, else an index of the legend + 1
    Text = 4,     // varint: 0 is no text, else a number in the table of strings + 1
    List = 5,     // varint: how many rows of another table
    Indexes = 6,  // varint: how many; then as Index
    Value = 7,    // as Number: 0 is none, else a number in the arena + 1
    Values = 8,   // varint: how many; then as Value
};

struct SavedColumn {
    std::string_view name;
    Kind kind;
    wire::Writer bytes;
    std::uint64_t last = 0;

    void number(std::uint64_t value) {
        bytes.zigzag(static_cast<std::int64_t>(value - last));
        last = value;
    }
};

struct SavedTable {
    std::string_view name;
    std::uint64_t rows = 0;
    std::vector<SavedColumn> columns;
};

struct LoadedColumn {
    std::string place;  // "Delivery.number"
    std::string_view name;
    Kind kind = Kind::Small;
    wire::Reader bytes;
    std::uint64_t last = 0;

    std::uint64_t number() {
        last += static_cast<std::uint64_t>(bytes.zigzag());
        return last;
    }
};

struct LoadedTable {
    std::string_view name;
    std::uint64_t rows = 0;
    std::uint64_t rows_read = 0;
    bool is_known = false;  // somebody asked for it
    std::deque<LoadedColumn> columns;
    std::vector<LoadedColumn*> by_field;  // in the order of the field list; null: not in the file
};

/// The tables of an image, each with a column at least and a byte a row in every column.
[[nodiscard]] std::deque<LoadedTable> read_schema(const Image& image);
void write_schema(const std::deque<SavedTable>& tables, Image& image);

/// Throws a SerializationError unless all rows of all known tables have been read.
void expect_all_read(const std::deque<LoadedTable>& tables);

/// The column of `table` that a field is in; null: there is none. Throws where its kind differs.
[[nodiscard]] LoadedColumn* find_column(LoadedTable& table, std::string_view name, Kind kind);

/// Values in order of first use, each found by its number.
class SavedArena {
public:
    explicit SavedArena(wire::StringTable& strings) : bytes_(&strings) {}
    /// What follows in `out()` until `end` is one value; end returns its number.
    [[nodiscard]] wire::Writer& out() { return bytes_; }
    std::uint64_t end() {
        lengths_.varint(bytes_.size() - started_);
        started_ = bytes_.size();
        return count_++;
    }
    /// The number of a payload that is there already, or where to write its number.
    [[nodiscard]] std::uint64_t* find_or_add(const void* payload);
    [[nodiscard]] std::string bytes() const;

    static constexpr std::uint64_t kNew = 0xFFFFFFFFFFFFFFFF;

private:
    struct Known {
        const void* payload = nullptr;
        std::uint64_t number = kNew;
    };
    void grow();

    wire::Writer bytes_;
    wire::Writer lengths_;
    std::size_t started_ = 0;
    std::uint64_t count_ = 0;
    std::vector<Known> known_;  // open addressing
    std::size_t known_count_ = 0;
};

class LoadedArena {
public:
    LoadedArena(std::string_view bytes, wire::LoadedStrings& strings);
    [[nodiscard]] std::size_t size() const { return values_.size(); }
    [[nodiscard]] wire::Reader at(std::uint64_t number) const;

private:
    struct Place {
        std::size_t start;
        std::size_t size;
    };
    std::string_view all_;
    std::size_t base_ = 0;
    wire::LoadedStrings* strings_;
    std::vector<Place> values_;
};

}  // namespace stoplog::archive
