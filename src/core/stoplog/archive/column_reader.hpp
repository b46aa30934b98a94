// Loading: visits a type's field list and takes each field from the column of its name.
//
// Nothing is allocated before its count is compared with the rows or bytes that are left. A field
// without a column stays as it is born. What the numbers mean is checked by whoever knows.
#pragma once

#include "stoplog/archive/codec.hpp"
#include "stoplog/archive/columns.hpp"
#include "stoplog/archive/fields.hpp"
#include "stoplog/base/error.hpp"

#include <optional>
#include <type_traits>

namespace stoplog::archive {

class ColumnReader {
public:
    /// Requires: the image outlives the reader.
    ColumnReader(const Image& image, const ForeignCodec& codec, const Limits& limits = {})
        : codec_(codec),
          strings_(image.strings, limits),
          arena_(image.values, strings_),
          tables_(read_schema(image)),
          payloads_(arena_.size()),
          is_taken_(arena_.size()) {}

    template <class T>
    void read(T& value) {
        LoadedTable* const table = find_table<T>();
        if (table == nullptr || table->rows == 0) {
            throw SerializationError(join("damaged: no ", kTypeName<T>, " is in it"));
        }
        read_row(*table, value);
    }
    /// Throws unless everything was read.
    void finish() const { expect_all_read(tables_); }

private:
    class Row;

    template <class T>
    LoadedTable* find_table() {
        for (LoadedTable& table : tables_) {
            if (table.name == kTypeName<T>) {
                table.is_known = true;
                return &table;
            }
        }
        return nullptr;
    }
    template <class T>
    void read_row(LoadedTable& table, T& value);

    [[nodiscard]] PayloadRef payload(LoadedColumn& column);
    [[nodiscard]] std::shared_ptr<Document> fields(LoadedColumn& column, std::uint32_t routine);
    void set_legend(const std::shared_ptr<const Legend>& legend);

    const ForeignCodec& codec_;
    wire::LoadedStrings strings_;
    LoadedArena arena_;
    std::deque<LoadedTable> tables_;
    std::vector<PayloadRef> payloads_;  // by number; made at the first use
    std::vector<bool> is_taken_;        // by a field of declared state, so by nobody else
    std::shared_ptr<const Legend> legend_;
};

/// One visit of a field list: the n-th field comes from the column found for it at the first visit.
class ColumnReader::Row {
public:
    Row(ColumnReader& archive, LoadedTable& table) : archive_(archive), table_(table) {}

    void operator()(std::string_view name, std::uint64_t& value) {
        if (LoadedColumn* const from = column(name, Kind::Number)) {
            value = from->number();
        }
    }
    void operator()(std::string_view name, std::int64_t& value) {
        if (LoadedColumn* const from = column(name, Kind::Number)) {
            value = static_cast<std::int64_t>(from->number());
        }
    }
    void operator()(std::string_view name, std::uint32_t& value) {
        if (LoadedColumn* const from = column(name, Kind::Small)) {
            value = static_cast<std::uint32_t>(from->bytes.bounded(0xFFFFFFFF, "the number"));
        }
    }
    void operator()(std::string_view name, bool& value) {
        if (LoadedColumn* const from = column(name, Kind::Small)) {
            value = from->bytes.bounded(1, "a claim") == 1;
        }
    }
    template <class E>
        requires std::is_enum_v<E>
    void operator()(std::string_view name, E& value) {
        if (LoadedColumn* const from = column(name, Kind::Small)) {
            value = static_cast<E>(from->bytes.bounded(count_of(value) - 1U, "the choice"));
        }
    }
    void operator()(std::string_view name, std::string& value) {
        if (LoadedColumn* const from = column(name, Kind::Text)) {
            const std::optional<std::string_view> found = text(*from);
            if (!found) {
                from->bytes.fail("a text is missing");
            }
            value = *found;
        }
    }
    void operator()(std::string_view name, std::shared_ptr<const std::string>& value) {
        if (LoadedColumn* const from = column(name, Kind::Text)) {
            if (const std::optional<std::string_view> found = text(*from)) {
                value = std::make_shared<const std::string>(*found);
            }
        }
    }
    void operator()(std::string_view name, ErrorText& value) {
        if (LoadedColumn* const from = column(name, Kind::Text)) {
            if (const std::optional<std::string_view> found = text(*from)) {
                value = ErrorText(std::string(*found));
            }
        }
    }
    void operator()(std::string_view name, RoutineNumber<std::uint32_t> routine) {
        index(name, routine.value);
    }
    void operator()(std::string_view name, SlotNumber<std::uint32_t> slot) {
        index(name, slot.value);
    }
    void operator()(std::string_view name, ConnectionNumber<std::uint32_t> connection) {
        index(name, connection.value);
    }
    void operator()(std::string_view name, RoutineNumber<std::vector<std::uint32_t>> list) {
        indexes(name, list.value);
    }
    void operator()(std::string_view name, SlotNumber<std::vector<std::uint32_t>> list) {
        indexes(name, list.value);
    }
    void operator()(std::string_view name, Wall<WallTime> wall) { (*this)(name, wall.value); }
    void operator()(std::string_view name, Moment<Stamp> moment) { (*this)(name, moment.value); }
    void operator()(std::string_view name, Span<std::int64_t> span) { (*this)(name, span.value); }
    void operator()(std::string_view name, PayloadRef& payload) {
        if (LoadedColumn* const from = column(name, Kind::Value)) {
            payload = archive_.payload(*from);
        }
    }
    void operator()(std::string_view name, DeclaredState<std::shared_ptr<Document>> declared) {
        if (LoadedColumn* const from = column(name, Kind::Values)) {
            declared.document = archive_.fields(*from, declared.routine);
        }
    }
    template <class T>
    void operator()(std::string_view name, std::vector<T>& list) {
        const std::size_t count = rows<T>(name);
        list.reserve(count);
        for (std::size_t i = 0; i < count; ++i) {
            archive_.read_row(*list_table_, list.emplace_back());
        }
    }
    template <class Item, class View>
    void operator()(std::string_view name, Queue<Item, View> queue) {
        const std::size_t count = rows<Item>(name);
        LoadedTable* const table = list_table_;
        Chain<Item> chain;
        for (std::size_t i = 0; i < count; ++i) {
            Item item;
            archive_.read_row(*table, item);
            chain.push(std::move(item));
        }
        queue.view = chain.view();
    }
    template <class T>
    void operator()(std::string_view name, std::optional<T>& item) {
        if (const std::size_t count = rows<T>(name); at_most_one(count)) {
            archive_.read_row(*list_table_, item.emplace());
        }
    }
    void operator()(std::string_view name, std::shared_ptr<const Legend>& legend) {
        if (const std::size_t count = rows<Legend>(name); at_most_one(count)) {
            auto made = std::make_shared<Legend>();
            archive_.read_row(*list_table_, *made);
            legend = std::move(made);
            archive_.set_legend(legend);
        }
    }

private:
    LoadedColumn* column(std::string_view name, Kind kind) {
        if (next_ == table_.by_field.size()) [[unlikely]] {
            table_.by_field.push_back(find_column(table_, name, kind));
        }
        return table_.by_field[next_++];
    }
    std::optional<std::string_view> text(LoadedColumn& from) {
        const std::uint64_t number =
            from.bytes.bounded(archive_.strings_.size(), "a text's number");
        if (number == 0) {
            return std::nullopt;
        }
        const std::string_view found = archive_.strings_.at(static_cast<std::uint32_t>(number - 1));
        if (!wire::is_utf8(found)) {
            from.bytes.fail("a text that is no UTF-8");
        }
        return found;
    }
    static std::uint32_t one_index(LoadedColumn& from) {
        return static_cast<std::uint32_t>(from.bytes.bounded(0xFFFFFFFF, "an index")) - 1;
    }
    void index(std::string_view name, std::uint32_t& value) {
        if (LoadedColumn* const from = column(name, Kind::Index)) {
            value = one_index(*from);
        }
    }
    void indexes(std::string_view name, std::vector<std::uint32_t>& list) {
        if (LoadedColumn* const from = column(name, Kind::Indexes)) {
            list.resize(from->bytes.count());
            for (std::uint32_t& value : list) {
                value = one_index(*from);
            }
        }
    }
    // How many rows of T follow; list_table_ is where.
    template <class T>
    std::size_t rows(std::string_view name) {
        LoadedColumn* const from = column(name, Kind::List);
        if (from == nullptr) {
            return 0;
        }
        list_table_ = archive_.find_table<T>();
        const std::uint64_t left =
            list_table_ == nullptr ? 0 : list_table_->rows - list_table_->rows_read;
        const std::uint64_t count = from->bytes.bounded(left, "the number of rows");
        archive_.strings_.spend(count);
        return static_cast<std::size_t>(count);
    }
    [[nodiscard]] bool at_most_one(std::size_t count) const {
        if (count > 1) {
            throw SerializationError(join("damaged: ", table_.name, " has one twice"));
        }
        return count == 1;
    }

    ColumnReader& archive_;
    LoadedTable& table_;
    LoadedTable* list_table_ = nullptr;
    std::size_t next_ = 0;
};

template <class T>
void ColumnReader::read_row(LoadedTable& table, T& value) {
    if (table.rows_read == table.rows) {
        throw SerializationError(join("damaged: a row of ", table.name, " is missing"));
    }
    ++table.rows_read;
    Row row(*this, table);
    visit_fields(row, value);
}

}  // namespace stoplog::archive
