// One list of fields per saved type: what an archive of any kind visits, and all that it visits.
//
// A visitor is called as `ar("name", member)`. A number that means something in the legend, a time
// or declared state is visited in a wrapper that says so. A new field is one line here.
#pragma once

#include "stoplog/state/job_state.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace stoplog::archive {

/// Indexes of the legend, one or a list: `kNone` where it is one and names nothing.
template <class T>
struct RoutineNumber {
    T& value;
};
template <class T>
RoutineNumber(T&) -> RoutineNumber<T>;
template <class T>
struct SlotNumber {
    T& value;
};
template <class T>
SlotNumber(T&) -> SlotNumber<T>;
template <class T>
struct ConnectionNumber {
    T& value;
};
template <class T>
ConnectionNumber(T&) -> ConnectionNumber<T>;
/// Wall time; 0 is none.
template <class T>
struct Wall {
    T& value;
};
template <class T>
Wall(T&) -> Wall<T>;
/// A stamp of the state's timebase, and a span of its ticks.
template <class T>
struct Moment {
    T& value;
};
template <class T>
Moment(T&) -> Moment<T>;
template <class T>
struct Span {
    T& value;
};
template <class T>
Span(T&) -> Span<T>;
/// A cut of a queue of `Item`.
template <class Item, class View>
struct Queue {
    View& view;
};
template <class Item, class View>
Queue<Item, View> queue(View& view) {
    return {view};
}
/// The declared state of the routine with this number.
template <class T>
struct DeclaredState {
    T& document;
    std::uint32_t routine;
};
template <class T>
DeclaredState(T&, std::uint32_t) -> DeclaredState<T>;

/// The type of a list of fields, const where it is saved.
template <class Self, class Saved>
concept Of = std::is_same_v<std::remove_const_t<Self>, Saved>;

/// What a type is called in a schema.
template <class T>
inline constexpr std::string_view kTypeName = T::kTypeName;
template <>
inline constexpr std::string_view kTypeName<std::pair<std::string, std::string>> = "Rename";
template <>
inline constexpr std::string_view kTypeName<Legend::Routine> = "Routine";
template <>
inline constexpr std::string_view kTypeName<Legend::Slot> = "Slot";
template <>
inline constexpr std::string_view kTypeName<Legend::Field> = "StateField";
template <>
inline constexpr std::string_view kTypeName<Legend::Connection> = "Connection";
template <>
inline constexpr std::string_view kTypeName<Legend> = "Legend";
template <>
inline constexpr std::string_view kTypeName<Delivery> = "Delivery";
template <>
inline constexpr std::string_view kTypeName<Record> = "Record";
template <>
inline constexpr std::string_view kTypeName<JobError> = "JobError";
template <>
inline constexpr std::string_view kTypeName<CellState> = "Cell";
template <>
inline constexpr std::string_view kTypeName<Waiting> = "Waiting";
template <>
inline constexpr std::string_view kTypeName<Tried> = "Tried";
template <>
inline constexpr std::string_view kTypeName<DueDelivery> = "Due";
template <>
inline constexpr std::string_view kTypeName<DroppedCount> = "Dropped";
template <>
inline constexpr std::string_view kTypeName<NextTurn> = "Turn";
template <>
inline constexpr std::string_view kTypeName<JobState> = "JobState";

/// How many enumerators there are.
constexpr std::uint8_t count_of(JobStatus) { return kStatusCount; }
constexpr std::uint8_t count_of(Outcome) { return kOutcomeCount; }

template <class Visitor, class Self>
    requires Of<Self, std::pair<std::string, std::string>>
void visit_fields(Visitor& ar, Self& rename) {
    ar("from", rename.first);
    ar("to", rename.second);
}

template <class Visitor, class Self>
    requires Of<Self, Legend::Routine>
void visit_fields(Visitor& ar, Self& routine) {
    ar("name", routine.name);
    ar("first_slot", routine.first_slot);
    ar("first_field", routine.first_field);
}

template <class Visitor, class Self>
    requires Of<Self, Legend::Slot>
void visit_fields(Visitor& ar, Self& slot) {
    ar("name", slot.name);
    ar("routine", RoutineNumber{slot.routine});
    ar("priority", slot.priority);
}

template <class Visitor, class Self>
    requires Of<Self, Legend::Field>
void visit_fields(Visitor& ar, Self& field) {
    ar("name", field.name);
    ar("routine", RoutineNumber{field.routine});
}

template <class Visitor, class Self>
    requires Of<Self, Legend::Connection>
void visit_fields(Visitor& ar, Self& connection) {
    ar("event", connection.event);
    ar("source", RoutineNumber{connection.source});
    ar("target", SlotNumber{connection.target});
    ar("rename", connection.rename);
    ar("takes_turns", connection.takes_turns);
}

template <class Visitor, class Self>
    requires Of<Self, Legend>
void visit_fields(Visitor& ar, Self& legend) {
    ar("routines", legend.routines);
    ar("slots", legend.slots);
    ar("fields", legend.fields);
    ar("connections", legend.connections);
}

template <class Visitor, class Self>
    requires Of<Self, Delivery>
void visit_fields(Visitor& ar, Self& delivery) {
    ar("payload", delivery.payload);
    ar("number", delivery.number);
    ar("root", delivery.root);
    ar("slot", SlotNumber{delivery.slot});
    ar("connection", ConnectionNumber{delivery.connection});
}

template <class Visitor, class Self>
    requires Of<Self, Record>
void visit_fields(Visitor& ar, Self& record) {
    ar("payload", record.payload);
    ar("number", record.number);
    ar("root", record.root);
    ar("began", Moment{record.began});
    ar("took", Span{record.ticks});
    ar("slot", SlotNumber{record.slot});
    ar("connection", ConnectionNumber{record.connection});
    ar("attempt", record.attempt);
    ar("outcome", record.outcome);
    ar("error", record.error);
}

template <class Visitor, class Self>
    requires Of<Self, JobError>
void visit_fields(Visitor& ar, Self& error) {
    ar("routine", error.routine);
    ar("slot", error.slot);
    ar("attempt", error.attempt);
    ar("type", error.type);
    ar("message", error.message);
    ar("traceback", error.traceback);
}

template <class Visitor, class Self>
    requires Of<Self, Tried>
void visit_fields(Visitor& ar, Self& tried) {
    ar("place", tried.place);
    ar("failed_attempts", tried.tries.failed);
    ar("forgiven_attempts", tried.tries.forgiven);
}

template <class Visitor, class Self>
    requires Of<Self, DueDelivery>
void visit_fields(Visitor& ar, Self& due) {
    visit_fields(ar, due.delivery);
    ar("failed_attempts", due.tries.failed);
    ar("forgiven_attempts", due.tries.forgiven);
    ar("at", Wall{due.at});
}

template <class Visitor, class Self>
    requires Of<Self, DroppedCount>
void visit_fields(Visitor& ar, Self& dropped) {
    ar("slot", SlotNumber{dropped.slot});
    ar("count", dropped.count);
}

template <class Visitor, class Self>
    requires Of<Self, NextTurn>
void visit_fields(Visitor& ar, Self& turn) {
    ar("connection", ConnectionNumber{turn.connection});
}

template <class Visitor, class Self>
    requires Of<Self, CellState>
void visit_fields(Visitor& ar, Self& cell) {
    ar("routine", RoutineNumber{cell.routine});
    ar("is_used", cell.is_used);
    ar("is_in_call", cell.is_in_call);
    ar("is_begun", cell.is_begun);
    ar("failed_attempts", cell.head_tries.failed);
    ar("forgiven_attempts", cell.head_tries.forgiven);
    ar("streak", cell.streak);
    ar("emitted", cell.emitted);
    ar("mailbox", queue<Delivery>(cell.mailbox));
    ar("tried", cell.tried);
    ar("fields", DeclaredState{cell.fields, cell.routine});
}

template <class Visitor, class Self>
    requires Of<Self, Waiting>
void visit_fields(Visitor& ar, Self& waiting) {
    ar("slot", SlotNumber{waiting.slot});
    ar("routine", RoutineNumber{waiting.routine});
}

// Not here: the timebase, since times are saved as wall time; what reads the documents of a cut.
template <class Visitor, class Self>
    requires Of<Self, JobState>
void visit_fields(Visitor& ar, Self& state) {
    ar("id", state.id);
    ar("parent_id", state.parent_id);
    ar("flow_name", state.flow_name);
    ar("flow_version", state.flow_version);
    ar("fingerprint", state.fingerprint);
    ar("drawing", state.drawing);
    ar("legend", state.legend);
    ar("status", state.status);
    ar("is_open", state.is_open);
    ar("is_closed", state.is_closed);
    ar("has_begun", state.has_begun);
    ar("created_at", Wall{state.created_at});
    ar("taken_at", Wall{state.taken_at});
    ar("deadline", Wall{state.deadline});
    ar("error", state.error);
    ar("cells", state.cells);
    ar("ready", RoutineNumber{state.ready});
    ar("waiting", state.waiting);
    ar("awaited", SlotNumber{state.awaited});
    ar("fired", SlotNumber{state.fired});
    ar("sent", state.sent);
    ar("unsettled", state.unsettled);
    ar("failed_deliveries", state.failed_deliveries);
    ar("due", state.due);
    ar("dropped", state.dropped);
    ar("turns", state.turns);
    ar("history_limit", state.retention.size);
    ar("history_ttl", state.retention.ttl);
    ar("history_bytes", state.retention.bytes);
    ar("failures_ttl", state.retention.failures_ttl);
    ar("keeps_payloads", state.retention.keeps_payloads);
    ar("history", queue<Record>(state.history));
}

}  // namespace stoplog::archive
