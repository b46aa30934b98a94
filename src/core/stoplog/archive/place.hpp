// Where in a job an item stands that cannot be saved, for people.
#pragma once

#include "stoplog/base/error.hpp"
#include "stoplog/state/job_state.hpp"

#include <cstdint>
#include <string>

namespace stoplog::archive {

/// Each is the beginning of a message.
[[nodiscard]] inline std::string place_of(const Delivery& delivery, const Legend& legend) {
    return join("queued delivery to '", legend.slot_path(delivery.slot), "': ");
}
[[nodiscard]] inline std::string place_of(const Record& record, const Legend& legend) {
    return join("record of '", legend.slot_path(record.slot), "': ");
}
template <class T>
[[nodiscard]] std::string place_of(const T&, const Legend&) {
    return {};
}
[[nodiscard]] inline std::string place_of_field(std::uint32_t field, const Legend& legend) {
    const Legend::Field& named = legend.fields[field];
    return join("state field '", legend.routines[named.routine].name, ".", named.name, "'");
}

}  // namespace stoplog::archive
