// How one delivery comes into a mailbox. Inside the gate; with many lanes the cell is locked.
#pragma once

#include "stoplog/base/inline.hpp"
#include "stoplog/engine/job.hpp"

#include <utility>

namespace stoplog {

template <class Lanes>
STOPLOG_INLINE void Job::admit(Lanes& lanes, Cell& cell, PayloadRef payload, std::uint64_t number,
                               std::uint64_t root, std::uint32_t slot, std::uint32_t connection) {
    ++cell.room_of(slot).count;
    const Delivery* admitted = nullptr;
    if (cell.is_sorted) [[unlikely]] {
        cell.sorted->push({std::move(payload), number, root, slot, connection});
    } else {
        admitted = &cell.mailbox.emplace(std::move(payload), number, root, slot, connection);
    }
    if (!cell.is_scheduled) {
        cell.is_scheduled = true;
        if constexpr (Lanes::kIsShared) {
            cell.head = admitted;
        }
        lanes.wake(cell);
    }
}

}  // namespace stoplog
