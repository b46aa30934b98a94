// Saving as text: visits a type's field list and hands out each field by name, row after row.
//
// Names stand for the legend's numbers, ISO 8601 for times. Requires: what is saved stays as it is.
#pragma once

#include "stoplog/archive/codec.hpp"
#include "stoplog/archive/fields.hpp"
#include "stoplog/archive/labels.hpp"
#include "stoplog/archive/place.hpp"
#include "stoplog/archive/row_sink.hpp"
#include "stoplog/archive/spelling.hpp"
#include "stoplog/base/error.hpp"

#include <optional>
#include <type_traits>

namespace stoplog::archive {

class RowWriter {
public:
    /// `frozen`: as of which cut documents are read; null: as they are.
    RowWriter(const ForeignCodec& codec, const Timebase& timebase, const Legend& legend,
              const Frozen* frozen, RowSink& out)
        : codec_(codec),
          timebase_(timebase),
          legend_(legend),
          frozen_(frozen),
          labels_(legend),
          out_(out) {}

    /// The fields of one row.
    template <class T>
    void write(const T& value) {
        visit_fields(*this, value);
    }

    void operator()(const char* name, const std::uint64_t& value) { out_.natural(name, value); }
    void operator()(const char* name, const std::int64_t& value) { out_.integer(name, value); }
    void operator()(const char* name, const std::uint32_t& value) { out_.natural(name, value); }
    void operator()(const char* name, const bool& value) { out_.claim(name, value); }
    template <class E>
        requires std::is_enum_v<E>
    void operator()(const char* name, const E& value) {
        out_.text(name, name_of(value));
    }
    void operator()(const char* name, const std::string& value) { out_.text(name, value); }
    void operator()(const char* name, const std::shared_ptr<const std::string>& value) {
        value ? out_.text(name, *value) : out_.no_text(name);
    }
    void operator()(const char* name, const ErrorText& value) {
        value ? out_.text(name, *value) : out_.no_text(name);
    }
    void operator()(const char* name, RoutineNumber<const std::uint32_t> routine) {
        index(name, routine.value, labels_.routines());
    }
    void operator()(const char* name, SlotNumber<const std::uint32_t> slot) {
        index(name, slot.value, labels_.slots());
    }
    void operator()(const char* name, ConnectionNumber<const std::uint32_t> connection) {
        index(name, connection.value, labels_.connections());
    }
    void operator()(const char* name, RoutineNumber<const std::vector<std::uint32_t>> list) {
        indexes(name, list.value, labels_.routines());
    }
    void operator()(const char* name, SlotNumber<const std::vector<std::uint32_t>> list) {
        indexes(name, list.value, labels_.slots());
    }
    void operator()(const char* name, Wall<const WallTime> wall) {
        wall.value == 0 ? out_.no_text(name) : out_.text(name, spell_wall_time(wall.value));
    }
    void operator()(const char* name, Moment<const Stamp> moment) {
        out_.text(name, spell_wall_time(timebase_.wall(moment.value)));
    }
    void operator()(const char* name, Span<const std::int64_t> span) {
        out_.text(name, spell_span(timebase_.nanoseconds(span.value)));
    }
    void operator()(const char* name, const PayloadRef& payload) { save_payload(name, payload); }
    void operator()(const char* name, DeclaredState<const std::shared_ptr<Document>> declared) {
        save_fields(name, declared.document.get(), declared.routine);
    }
    template <class T>
    void operator()(const char* name, const std::vector<T>& list) {
        out_.begin_list(name, list.size());
        for (const T& item : list) {
            row(item);
        }
        out_.end_list();
    }
    template <class Item, class View>
    void operator()(const char* name, Queue<Item, View> queue) {
        out_.begin_list(name, queue.view.size());
        queue.view.each([&](const Item& item) { row(item); });
        out_.end_list();
    }
    template <class T>
    void operator()(const char* name, const std::optional<T>& item) {
        one(name, item ? &*item : nullptr);
    }
    template <class T>
    void operator()(const char* name, const std::shared_ptr<const T>& item) {
        one(name, item.get());
    }

private:
    void index(const char* name, std::uint32_t value, const Labels::List& labels) {
        value == kNone ? out_.no_text(name) : out_.text(name, labels.of(value));
    }
    void indexes(const char* name, const std::vector<std::uint32_t>& list,
                 const Labels::List& labels) {
        out_.begin_list(name, list.size());
        for (const std::uint32_t value : list) {
            out_.item(labels.of(value));
        }
        out_.end_list();
    }
    template <class T>
    void row(const T& item) {
        try {
            out_.begin_row();
            write(item);
            out_.end_row();
        } catch (const SerializationError& error) {
            throw error.at(place_of(item, legend_));
        }
    }
    template <class T>
    void one(const char* name, const T* item) {
        if (item == nullptr) {
            out_.no_one(name);
            return;
        }
        out_.begin_one(name);
        write(*item);
        out_.end_one();
    }
    void save_payload(const char* name, const PayloadRef& payload);
    void save_fields(const char* name, const Document* document, std::uint32_t routine);

    const ForeignCodec& codec_;
    const Timebase& timebase_;
    const Legend& legend_;
    const Frozen* frozen_;
    Labels labels_;
    RowSink& out_;
    wire::Writer bytes_;
};

}  // namespace stoplog::archive
