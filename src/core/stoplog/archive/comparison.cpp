// A visitor of the same field lists: row by row, with names where the state has numbers.
#include "stoplog/archive/comparison.hpp"

#include "stoplog/archive/fields.hpp"
#include "stoplog/base/error.hpp"

#include <algorithm>
#include <vector>

namespace stoplog {
namespace {

using archive::ConnectionNumber;
using archive::DeclaredState;
using archive::Moment;
using archive::Queue;
using archive::RoutineNumber;
using archive::SlotNumber;
using archive::Span;
using archive::Wall;

class NamedRow {
public:
    NamedRow(const JobState& state, const ForeignCodec& codec) : state_(state), codec_(codec) {}

    void operator()(std::string_view, const std::uint64_t& value) { out_.varint(value); }
    void operator()(std::string_view, const std::int64_t& value) { out_.zigzag(value); }
    void operator()(std::string_view, const std::uint32_t& value) { out_.varint(value); }
    template <class E>
        requires std::is_enum_v<E> || std::is_same_v<E, bool>
    void operator()(std::string_view, const E& value) {
        out_.byte(static_cast<std::uint8_t>(value));
    }
    void operator()(std::string_view, const std::string& value) { out_.text(value); }
    void operator()(std::string_view, const std::shared_ptr<const std::string>& value) {
        out_.byte(value ? 1 : 0);
        out_.text(value ? *value : std::string());
    }
    void operator()(std::string_view, const ErrorText& value) {
        out_.byte(value ? 1 : 0);
        out_.text(value ? *value : std::string());
    }
    void operator()(std::string_view, RoutineNumber<const std::uint32_t> routine) {
        out_.text(routine_name(routine.value));
    }
    void operator()(std::string_view, SlotNumber<const std::uint32_t> slot) {
        out_.text(slot_path(slot.value));
    }
    void operator()(std::string_view, ConnectionNumber<const std::uint32_t> connection) {
        write_connection(out_, connection.value);
    }
    void operator()(std::string_view, RoutineNumber<const std::vector<std::uint32_t>> list) {
        names(list.value, [&](std::uint32_t routine) { return routine_name(routine); });
    }
    void operator()(std::string_view, SlotNumber<const std::vector<std::uint32_t>> list) {
        names(list.value, [&](std::uint32_t slot) { return slot_path(slot); });
    }
    void operator()(std::string_view, Wall<const WallTime> wall) { out_.zigzag(wall.value); }
    void operator()(std::string_view, Moment<const Stamp> moment) {
        out_.zigzag(state_.timebase.wall(moment.value));
    }
    void operator()(std::string_view, Span<const std::int64_t> span) {
        out_.zigzag(state_.timebase.nanoseconds(span.value));
    }
    void operator()(std::string_view, const PayloadRef& payload) {
        out_.byte(payload ? 1 : 0);
        if (payload) {
            codec_.encode_payload(*payload.get(), out_);
        }
    }
    void operator()(std::string_view, DeclaredState<const std::shared_ptr<Document>> declared) {
        fields(declared.document, declared.routine);
    }
    void operator()(std::string_view, const std::vector<CellState>& cells) {
        sorted(cells.size(),
               [&](NamedRow& row, std::size_t i) { archive::visit_fields(row, cells[i]); });
    }
    // In order slot by slot: the order of the slots means nothing.
    void operator()(std::string_view, const std::vector<Waiting>& waiting) {
        std::vector<Waiting> by_slot = waiting;
        std::ranges::stable_sort(by_slot, {},
                                 [&](const Waiting& one) { return slot_path(one.slot); });
        in_order(by_slot);
    }
    void operator()(std::string_view, const std::vector<Tried>& tried) { in_order(tried); }
    void operator()(std::string_view, const std::vector<DueDelivery>& due) { in_order(due); }
    void operator()(std::string_view, const std::vector<DroppedCount>& dropped) {
        in_any_order(dropped);
    }
    void operator()(std::string_view, const std::vector<NextTurn>& turns) { in_any_order(turns); }
    template <class Item, class View>
    void operator()(std::string_view, Queue<Item, View> queue) {
        out_.varint(queue.view.size());
        queue.view.each([&](const Item& item) { archive::visit_fields(*this, item); });
    }
    template <class T>
    void operator()(std::string_view, const std::optional<T>& item) {
        out_.byte(item ? 1 : 0);
        if (item) {
            archive::visit_fields(*this, *item);
        }
    }
    void operator()(std::string_view, const std::shared_ptr<const Legend>& legend) {
        sorted(legend->routines.size(),
               [&](NamedRow& row, std::size_t i) { row.out_.text(legend->routines[i].name); });
        sorted(legend->slots.size(), [&](NamedRow& row, std::size_t i) {
            row.out_.text(row.slot_path(static_cast<std::uint32_t>(i)));
        });
        sorted(legend->fields.size(), [&](NamedRow& row, std::size_t i) {
            row.out_.text(row.routine_name(legend->fields[i].routine));
            row.out_.text(legend->fields[i].name);
        });
        sorted(legend->connections.size(), [&](NamedRow& row, std::size_t i) {
            row.write_connection(row.out_, static_cast<std::uint32_t>(i));
        });
    }

    void outcome() {
        out_.byte(static_cast<std::uint8_t>(state_.status));
        std::vector<const CellState*> telling;
        for (const CellState& cell : state_.cells) {
            if (cell.fields || cell.mailbox.size() != 0) {
                telling.push_back(&cell);
            }
        }
        sorted(telling.size(), [&](NamedRow& row, std::size_t i) {
            const CellState& cell = *telling[i];
            row.out_.text(row.routine_name(cell.routine));
            row.fields(cell.fields, cell.routine);
            row.out_.varint(cell.mailbox.size());
            cell.mailbox.each([&](const Delivery& delivery) { row.item(delivery); });
        });
        sorted(state_.due.size(),
               [&](NamedRow& row, std::size_t i) { row.item(state_.due[i].delivery); });
    }
    [[nodiscard]] std::string take() const { return std::string(out_.view()); }

private:
    void item(const Delivery& delivery) {
        (*this)("", SlotNumber{delivery.slot});
        (*this)("", ConnectionNumber{delivery.connection});
        (*this)("", delivery.payload);
    }
    template <class T>
    void in_order(const std::vector<T>& list) {
        out_.varint(list.size());
        for (const T& one : list) {
            archive::visit_fields(*this, one);
        }
    }
    template <class T>
    void in_any_order(const std::vector<T>& list) {
        sorted(list.size(),
               [&](NamedRow& row, std::size_t i) { archive::visit_fields(row, list[i]); });
    }

    static constexpr wire::Mode kMode{.is_canonical = true, .allows_opaque = true};

    [[nodiscard]] std::string routine_name(std::uint32_t routine) const {
        return routine == kNone ? std::string() : state_.legend->routines[routine].name;
    }
    [[nodiscard]] std::string slot_path(std::uint32_t slot) const {
        return slot == kNone ? std::string() : state_.legend->slot_path(slot);
    }
    void write_connection(wire::Writer& out, std::uint32_t number) const {
        if (number == kNone) {
            out.byte(0);
            return;
        }
        const Legend::Connection& connection = state_.legend->connections[number];
        out.byte(1);
        out.text(state_.legend->event_path(number));
        out.text(slot_path(connection.target));
        out.varint(connection.rename.size());
        for (const auto& [from, to] : connection.rename) {
            out.text(from);
            out.text(to);
        }
    }
    template <class NameOf>
    void names(const std::vector<std::uint32_t>& list, const NameOf& name_of) {
        out_.varint(list.size());
        for (const std::uint32_t number : list) {
            out_.text(name_of(number));
        }
    }
    void fields(const std::shared_ptr<Document>& document, std::uint32_t routine) {
        if (!document) {
            out_.byte(0);
            return;
        }
        const Frozen* const frozen = state_.frozen.get();
        const Version version =
            frozen != nullptr ? frozen->version_of(*document) : document->version();
        std::vector<Leaf> values;
        version.each([&](const Entry& entry) {
            values.push_back(entry.value);
            return true;
        });
        const std::uint32_t first = state_.legend->routines[routine].first_field;
        sorted(values.size(), [&](NamedRow& row, std::size_t i) {
            row.out_.text(state_.legend->fields[first + i].name);
            codec_.encode_leaf(values[i], frozen, row.out_);
        });
    }
    // Each part by a row of its own, so that their order does not count.
    template <class WritePart>
    void sorted(std::size_t count, const WritePart& write_part) {
        std::vector<std::string> parts;
        for (std::size_t i = 0; i < count; ++i) {
            NamedRow row(state_, codec_);
            write_part(row, i);
            parts.push_back(row.take());
        }
        std::ranges::sort(parts);
        out_.varint(count);
        for (const std::string& part : parts) {
            out_.text(part);
        }
    }

    const JobState& state_;
    const ForeignCodec& codec_;
    wire::Writer out_{nullptr, kMode};
};

}  // namespace

std::string comparison_image(const JobState& state, const ForeignCodec& codec, bool outcome_only) {
    NamedRow row(state, codec);
    if (outcome_only) {
        row.outcome();
    } else {
        archive::visit_fields(row, state);
    }
    return row.take();
}

}  // namespace stoplog
