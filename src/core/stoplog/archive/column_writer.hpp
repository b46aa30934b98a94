// Saving: visits a type's field list and appends each field to its column.
//
// Requires: what is saved stays as it is until `finish`.
#pragma once

#include "stoplog/archive/codec.hpp"
#include "stoplog/archive/columns.hpp"
#include "stoplog/archive/fields.hpp"
#include "stoplog/archive/place.hpp"
#include "stoplog/base/error.hpp"

#include <optional>
#include <type_traits>

namespace stoplog::archive {

class ColumnWriter {
public:
    /// `frozen`: as of which cut documents are read; null: as they are.
    ColumnWriter(const ForeignCodec& codec, const Timebase& timebase, const Legend& legend,
                 const Frozen* frozen)
        : codec_(codec), timebase_(timebase), legend_(legend), frozen_(frozen), arena_(strings_) {}

    template <class T>
    void write(const T& value);
    [[nodiscard]] Image finish();

private:
    class Row;

    template <class T>
    SavedTable& table_of() {
        for (SavedTable& table : tables_) {
            if (table.name.data() == kTypeName<T>.data()) {
                return table;
            }
        }
        return tables_.emplace_back(SavedTable{kTypeName<T>, 0, {}});
    }
    std::uint64_t number_of(const PayloadRef& payload);
    std::uint64_t save_field(const Entry& entry, std::uint32_t field);
    void save_fields(const Document& document, std::uint32_t routine, SavedColumn& column);

    const ForeignCodec& codec_;
    const Timebase& timebase_;
    const Legend& legend_;
    const Frozen* frozen_;
    wire::StringTable strings_;
    SavedArena arena_;
    std::deque<SavedTable> tables_;
};

/// One visit of a field list: the n-th field goes to the n-th column.
class ColumnWriter::Row {
public:
    Row(ColumnWriter& archive, SavedTable& table)
        : archive_(archive),
          table_(table),
          next_(table.columns.data()),
          end_(next_ + table.columns.size()) {}

    void operator()(std::string_view name, const std::uint64_t& value) {
        column(name, Kind::Number).number(value);
    }
    void operator()(std::string_view name, const std::int64_t& value) {
        column(name, Kind::Number).number(static_cast<std::uint64_t>(value));
    }
    void operator()(std::string_view name, const std::uint32_t& value) {
        column(name, Kind::Small).bytes.varint(value);
    }
    template <class E>
        requires std::is_enum_v<E> || std::is_same_v<E, bool>
    void operator()(std::string_view name, const E& value) {
        column(name, Kind::Small).bytes.byte(static_cast<std::uint8_t>(value));
    }
    void operator()(std::string_view name, const std::string& value) {
        text(column(name, Kind::Text), value);
    }
    void operator()(std::string_view name, const std::shared_ptr<const std::string>& value) {
        SavedColumn& texts = column(name, Kind::Text);
        value ? text(texts, *value) : texts.bytes.byte(0);
    }
    void operator()(std::string_view name, const ErrorText& value) {
        SavedColumn& texts = column(name, Kind::Text);
        value ? text(texts, *value) : texts.bytes.byte(0);
    }
    void operator()(std::string_view name, RoutineNumber<const std::uint32_t> routine) {
        index(name, routine.value);
    }
    void operator()(std::string_view name, SlotNumber<const std::uint32_t> slot) {
        index(name, slot.value);
    }
    void operator()(std::string_view name, ConnectionNumber<const std::uint32_t> connection) {
        index(name, connection.value);
    }
    void operator()(std::string_view name, RoutineNumber<const std::vector<std::uint32_t>> list) {
        indexes(name, list.value);
    }
    void operator()(std::string_view name, SlotNumber<const std::vector<std::uint32_t>> list) {
        indexes(name, list.value);
    }
    void operator()(std::string_view name, Wall<const WallTime> wall) { (*this)(name, wall.value); }
    void operator()(std::string_view name, Moment<const Stamp> moment) {
        (*this)(name, archive_.timebase_.wall(moment.value));
    }
    void operator()(std::string_view name, Span<const std::int64_t> span) {
        (*this)(name, archive_.timebase_.nanoseconds(span.value));
    }
    void operator()(std::string_view name, const PayloadRef& payload) {
        column(name, Kind::Value).number(payload ? archive_.number_of(payload) + 1 : 0);
    }
    void operator()(std::string_view name,
                    DeclaredState<const std::shared_ptr<Document>> declared) {
        SavedColumn& fields = column(name, Kind::Values);
        if (declared.document) {
            archive_.save_fields(*declared.document, declared.routine, fields);
        } else {
            fields.bytes.byte(0);
        }
    }
    template <class T>
    void operator()(std::string_view name, const std::vector<T>& list) {
        rows<T>(name, list.size(), [&](auto&& look) {
            for (const T& item : list) {
                look(item);
            }
        });
    }
    template <class Item, class View>
    void operator()(std::string_view name, Queue<Item, View> queue) {
        rows<Item>(name, queue.view.size(), [&](auto&& look) { queue.view.each(look); });
    }
    template <class T>
    void operator()(std::string_view name, const std::optional<T>& item) {
        one(name, item ? &*item : nullptr);
    }
    template <class T>
    void operator()(std::string_view name, const std::shared_ptr<const T>& item) {
        one(name, item.get());
    }

private:
    SavedColumn& column(std::string_view name, Kind kind) {
        if (next_ == end_) [[unlikely]] {
            add_column(name, kind);
        }
        return *next_++;
    }
    // In the first row only, so out of the way of the others.
    [[gnu::noinline]] void add_column(std::string_view name, Kind kind) {
        table_.columns.push_back(SavedColumn{name, kind, {}});
        end_ = table_.columns.data() + table_.columns.size();
        next_ = end_ - 1;
    }
    void text(SavedColumn& texts, std::string_view value) {
        texts.bytes.varint(std::uint64_t{archive_.strings_.number_of(value)} + 1);
    }
    void index(std::string_view name, std::uint32_t value) {
        column(name, Kind::Index).bytes.varint(value + 1);  // wraps: kNone is 0
    }
    void indexes(std::string_view name, const std::vector<std::uint32_t>& list) {
        SavedColumn& values = column(name, Kind::Indexes);
        values.bytes.varint(list.size());
        for (const std::uint32_t value : list) {
            values.bytes.varint(value + 1);
        }
    }
    template <class T>
    void one(std::string_view name, const T* item) {
        rows<T>(name, item == nullptr ? 0 : 1, [&](auto&& look) {
            if (item != nullptr) {
                look(*item);
            }
        });
    }
    template <class T, class Each>
    void rows(std::string_view name, std::size_t count, const Each& each) {
        column(name, Kind::List).bytes.varint(count);
        SavedTable& table = archive_.table_of<T>();
        const T* current = nullptr;
        try {
            each([&](const T& item) {
                current = &item;
                Row row(archive_, table);
                visit_fields(row, item);
            });
        } catch (const SerializationError& error) {
            throw error.at(place_of(*current, archive_.legend_));
        }
        table.rows += count;
    }

    ColumnWriter& archive_;
    SavedTable& table_;
    SavedColumn* next_;
    SavedColumn* end_;
};

template <class T>
void ColumnWriter::write(const T& value) {
    SavedTable& table = table_of<T>();
    Row row(*this, table);
    visit_fields(row, value);
    ++table.rows;
}

}  // namespace stoplog::archive
