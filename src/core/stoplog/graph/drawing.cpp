// Written by hand: a canonical text must never change with a library.
#include "stoplog/graph/drawing.hpp"

#include "stoplog/base/error.hpp"

#include <algorithm>
#include <cstdint>

namespace stoplog {
namespace {

std::string text(std::string_view raw) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    constexpr unsigned char kFirstPrintable = 0x20;
    std::string out = "\"";
    for (const char c : raw) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (byte < kFirstPrintable) {
            out += "\\u00";
            out += kDigits[byte >> 4U];
            out += kDigits[byte & 0xFU];
        } else {
            out += c;
        }
    }
    return out + "\"";
}

// "[a,b]" or "{a,b}" of sorted parts.
std::string gather(std::vector<std::string> parts, std::string_view brackets) {
    std::ranges::sort(parts);
    std::string out(1, brackets[0]);
    for (std::size_t i = 0; i < parts.size(); ++i) {
        out += join(i == 0 ? "" : ",", parts[i]);
    }
    return out + brackets[1];
}

std::string draw_fields(const std::vector<FieldSpec>& fields, bool takes_any) {
    std::vector<std::string> parts;
    parts.reserve(fields.size());
    for (const FieldSpec& field : fields) {
        parts.push_back(join(text(field.name), field.is_required ? ":true" : ":false"));
    }
    return join("{\"any\":", takes_any ? "true" : "false", ",\"fields\":", gather(parts, "{}"));
}

std::string draw_routine(const RoutineSpec& routine) {
    std::vector<std::string> events;
    events.reserve(routine.declared->events.size());
    for (const EventSpec& event : routine.declared->events) {
        events.push_back(
            join(text(event.name), ":", draw_fields(event.fields, event.takes_any), "}"));
    }
    std::vector<std::string> slots;
    slots.reserve(routine.declared->slots.size());
    for (const SlotSpec& slot : routine.declared->slots) {
        slots.push_back(join(text(slot.name), ":", draw_fields(slot.fields, slot.takes_any),
                             slot.is_drained ? R"(,"when":"drained"})" : "}"));
    }
    std::vector<std::string> state;
    state.reserve(routine.declared->state.size());
    for (const StateSpec& field : routine.declared->state) {
        state.push_back(join(text(field.name), ":", text(field.kind)));
    }
    return join(text(routine.name), ":{\"events\":", gather(events, "{}"),
                ",\"slots\":", gather(slots, "{}"), ",\"state\":", gather(state, "{}"), "}");
}

std::string draw_connection(const Flow& flow, const Connection& connection) {
    std::vector<std::string> rename;
    rename.reserve(connection.rename.size());
    for (const auto& [old_name, new_name] : connection.rename) {
        rename.push_back(join(text(old_name), ":", text(new_name)));
    }
    std::vector<std::string> turns;
    if (connection.group != 0) {
        for (const std::string& path : flow.group_paths(connection)) {
            turns.push_back(text(path));
        }
    }
    return join("[", text(flow.event_path(connection)), ",", text(flow.slot_path(connection)), ",",
                gather(rename, "{}"), turns.empty() ? "" : join(",", gather(turns, "[]")), "]");
}

}  // namespace

std::string draw(const Flow& flow) {
    std::vector<std::string> routines;
    routines.reserve(flow.routines().size());
    for (const RoutineSpec& routine : flow.routines()) {
        routines.push_back(draw_routine(routine));
    }
    std::vector<std::string> connections;
    connections.reserve(flow.connections().size());
    for (const Connection& connection : flow.connections()) {
        connections.push_back(draw_connection(flow, connection));
    }
    return join("{\"connections\":", gather(std::move(connections), "[]"),
                ",\"flow\":", text(flow.name()),
                ",\"routines\":", gather(std::move(routines), "{}"),
                ",\"version\":", text(flow.version()), "}");
}

std::string fingerprint_of(std::string_view drawing) {
    constexpr std::uint64_t kBasis = 0xcbf29ce484222325U;
    constexpr std::uint64_t kPrime = 0x100000001b3U;
    std::uint64_t hash = kBasis;
    for (const char c : drawing) {
        hash = (hash ^ static_cast<unsigned char>(c)) * kPrime;
    }
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string out(16, '0');
    for (std::size_t i = out.size(); i-- > 0; hash >>= 4U) {
        out[i] = kDigits[hash & 0xFU];
    }
    return out;
}

}  // namespace stoplog
