// Loading from text: visits a type's field list and finds each field by its name.
//
// A field that is not there stays as it is born; one that nobody knows is skipped, or refused where
// a person may have misspelt it. What the state means is checked by whoever knows.
#pragma once

#include "stoplog/archive/codec.hpp"
#include "stoplog/archive/fields.hpp"
#include "stoplog/archive/labels.hpp"
#include "stoplog/archive/spelling.hpp"
#include "stoplog/archive/tree.hpp"
#include "stoplog/archive/value_text.hpp"
#include "stoplog/base/error.hpp"

#include <memory>
#include <optional>
#include <type_traits>

namespace stoplog::archive {

class RowReader {
public:
    /// `is_strict`: a field that nobody knows is refused.
    RowReader(const ForeignCodec& codec, const Limits& limits, bool is_strict)
        : codec_(codec), text_(limits), is_strict_(is_strict) {}

    template <class T>
    void read(const View& from, T& value);

private:
    class Row;

    [[nodiscard]] PayloadRef payload(const View& from);
    [[nodiscard]] std::shared_ptr<Document> fields(const View& from, std::uint32_t routine);
    void set_legend(const std::shared_ptr<const Legend>& legend);

    const ForeignCodec& codec_;
    ValueText text_;
    bool is_strict_;
    Labels labels_;
    std::shared_ptr<const Legend> legend_;
};

/// One visit of a field list. Errors get the way to the field put before them.
class RowReader::Row {
public:
    Row(RowReader& archive, const View& from) : archive_(archive), from_(from), members_(from) {}

    void operator()(const char* name, std::uint64_t& value) {
        field(name, [&](const View& at) { value = read_natural(at.number()); });
    }
    void operator()(const char* name, std::int64_t& value) {
        field(name, [&](const View& at) { value = read_int(at.number()); });
    }
    void operator()(const char* name, std::uint32_t& value) {
        field(name, [&](const View& at) {
            const std::uint64_t number = read_natural(at.number());
            if (number > 0xFFFFFFFF) {
                throw SerializationError(join("damaged: ", at.number(), " is too much"));
            }
            value = static_cast<std::uint32_t>(number);
        });
    }
    void operator()(const char* name, bool& value) {
        field(name, [&](const View& at) { value = at.claim(); });
    }
    template <class E>
        requires std::is_enum_v<E>
    void operator()(const char* name, E& value) {
        field(name, [&](const View& at) {
            for (std::uint8_t i = 0; i < count_of(value); ++i) {
                if (name_of(static_cast<E>(i)) == at.text()) {
                    value = static_cast<E>(i);
                    return;
                }
            }
            throw SerializationError(join("damaged: there is no '", at.text(), "'"));
        });
    }
    void operator()(const char* name, std::string& value) {
        field(name, [&](const View& at) { value = at.text(); });
    }
    void operator()(const char* name, std::shared_ptr<const std::string>& value) {
        some(name, [&](const View& at) { value = std::make_shared<const std::string>(at.text()); });
    }
    void operator()(const char* name, ErrorText& value) {
        some(name, [&](const View& at) { value = ErrorText(std::string(at.text())); });
    }
    void operator()(const char* name, RoutineNumber<std::uint32_t> routine) {
        index(name, routine.value, archive_.labels_.routines(), "routine");
    }
    void operator()(const char* name, SlotNumber<std::uint32_t> slot) {
        index(name, slot.value, archive_.labels_.slots(), "slot");
    }
    void operator()(const char* name, ConnectionNumber<std::uint32_t> connection) {
        index(name, connection.value, archive_.labels_.connections(), "connection");
    }
    void operator()(const char* name, RoutineNumber<std::vector<std::uint32_t>> list) {
        indexes(name, list.value, archive_.labels_.routines(), "routine");
    }
    void operator()(const char* name, SlotNumber<std::vector<std::uint32_t>> list) {
        indexes(name, list.value, archive_.labels_.slots(), "slot");
    }
    void operator()(const char* name, Wall<WallTime> wall) {
        some(name, [&](const View& at) { wall.value = read_wall_time(at.text()); });
    }
    void operator()(const char* name, Moment<Stamp> moment) {
        field(name, [&](const View& at) { moment.value = read_wall_time(at.text()); });
    }
    void operator()(const char* name, Span<std::int64_t> span) {
        field(name, [&](const View& at) { span.value = read_span(at.text()); });
    }
    void operator()(const char* name, PayloadRef& payload) {
        some(name, [&](const View& at) { payload = archive_.payload(at); });
    }
    void operator()(const char* name, DeclaredState<std::shared_ptr<Document>> declared) {
        some(name,
             [&](const View& at) { declared.document = archive_.fields(at, declared.routine); });
    }
    template <class T>
    void operator()(const char* name, std::vector<T>& list) {
        rows<T>(name, [&](T&& item) { list.push_back(std::move(item)); });
        learn(list);
    }
    template <class Item, class View>
    void operator()(const char* name, Queue<Item, View> queue) {
        Chain<Item> chain;
        rows<Item>(name, [&](Item&& item) { chain.push(std::move(item)); });
        queue.view = chain.view();
    }
    template <class T>
    void operator()(const char* name, std::optional<T>& item) {
        some_row(name, [&](const View& at) { archive_.read(at, item.emplace()); });
    }
    void operator()(const char* name, std::shared_ptr<const Legend>& legend) {
        some_row(name, [&](const View& at) {
            auto made = std::make_shared<Legend>();
            archive_.read(at, *made);
            legend = std::move(made);
            archive_.set_legend(legend);
        });
    }

    /// Throws where there is a member that was not asked for.
    void expect_all_known(std::string_view type) const;

private:
    void note(const char* name) {
        if (archive_.is_strict_) {
            known_.emplace_back(name);
        }
    }
    template <class Read>
    void field(const char* name, const Read& read) {
        note(name);
        if (!members_.find(name)) {
            return;
        }
        try {
            read(members_.found());
        } catch (const SerializationError& error) {
            throw error.at(join(name, ": "));
        }
    }
    // The same for what may be null.
    template <class Read>
    void some(const char* name, const Read& read) {
        field(name, [&](const View& at) {
            if (!at.is_null()) {
                read(at);
            }
        });
    }
    // The same; what went wrong has a way of its own.
    template <class Read>
    void some_row(const char* name, const Read& read) {
        note(name);
        if (!members_.find(name) || members_.found().is_null()) {
            return;
        }
        try {
            read(members_.found());
        } catch (const SerializationError& error) {
            throw error.at(join(name, "."));
        }
    }
    template <class T, class Take>
    void rows(const char* name, const Take& take) {
        note(name);
        if (!members_.find(name)) {
            return;
        }
        std::size_t i = 0;
        members_.found().items([&](const View& at) {
            try {
                T item;
                archive_.read(at, item);
                take(std::move(item));
            } catch (const SerializationError& error) {
                throw error.at(join(name, "[", std::to_string(i), "]."));
            }
            ++i;
        });
    }
    void index(const char* name, std::uint32_t& value, const Labels::List& labels,
               std::string_view kind) {
        some(name, [&](const View& at) { value = labels.number_of(at.text(), kind); });
    }
    void indexes(const char* name, std::vector<std::uint32_t>& list, const Labels::List& labels,
                 std::string_view kind) {
        field(name, [&](const View& at) {
            at.items(
                [&](const View& item) { list.push_back(labels.number_of(item.text(), kind)); });
        });
    }
    // Names that the rest refers to.
    template <class T>
    void learn(const std::vector<T>&) const {}
    void learn(const std::vector<Legend::Routine>& routines) {
        archive_.labels_.name_routines(routines);
    }
    void learn(const std::vector<Legend::Slot>& slots);
    void learn(const std::vector<Legend::Connection>& connections);

    RowReader& archive_;
    View from_;
    Members members_;
    std::vector<std::string> known_;
};

template <class T>
void RowReader::read(const View& from, T& value) {
    Row row(*this, from);
    visit_fields(row, value);
    if (is_strict_) {
        row.expect_all_known(kTypeName<T>);
    }
}

}  // namespace stoplog::archive
