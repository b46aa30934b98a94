// What comes from outside, what a job waits for, and its end.
#include "stoplog/engine/admit.hpp"
#include "stoplog/engine/job.hpp"

#include <algorithm>
#include <utility>

namespace stoplog {

template <class Lanes>
std::uint64_t Job::admit_sent(Lanes& lanes, std::uint32_t slot, PayloadRef payload,
                              Leavings& leavings) {
    Cell& cell = cell_for(plan_->slots[slot].routine);
    const std::uint64_t number = ++sent_;
    const CellLock<Lanes> lock(cell);
    if (drops(slot)) {
        if (plan_->slots[slot].overflow == Overflow::DropOldest || !cell.room_of(slot).is_full()) {
            std::erase(awaited_, slot);
        }
        const std::uint64_t more = admit_choice(
            lanes, cell, {std::move(payload), number, number, slot, kNone}, now_stamp(), leavings);
        add<Lanes>(unsettled_, more);
        return number;
    }
    std::erase(awaited_, slot);
    admit(lanes, cell, std::move(payload), number, number, slot, kNone);
    add<Lanes>(unsettled_, std::uint64_t{1});
    return number;
}

template std::uint64_t Job::admit_sent(OneLane&, std::uint32_t, PayloadRef, Leavings&);
template std::uint64_t Job::admit_sent(ManyLanes&, std::uint32_t, PayloadRef, Leavings&);

// One that is queued already counts.
void Job::take_expectations(const std::vector<std::uint32_t>& slots) {
    for (const std::uint32_t slot : slots) {
        const bool is_known = std::ranges::find(awaited_, slot) != awaited_.end();
        if (!is_known && !is_queued_from_outside(slot)) {
            awaited_.push_back(slot);
        }
    }
}

bool Job::is_queued_from_outside(std::uint32_t slot) const {
    const Cell* cell = cell_of_slot(slot);
    if (cell == nullptr) {
        return false;
    }
    bool is_found = false;
    const auto look = [&](const Delivery& delivery, Tries = {}) {
        is_found = is_found || (delivery.slot == slot && delivery.connection == kNone);
    };
    cell->mailbox.view().each(look);
    if (cell->is_sorted) {
        cell->sorted->cut().each(look);
    }
    for (const auto& [at, due] : due_) {
        look(due.delivery);
    }
    return is_found;
}

// Nothing is queued, running or due. In this very instant the job waits, stands open, goes on with
// a drained slot, or is complete: no send can slip in between.
template <class Lanes>
void Job::on_quiet(Lanes& lanes) {
    if (unsettled_.load(std::memory_order_acquire) != 0 || is_ended() || !awaited_.empty() ||
        is_open_) {
        return;
    }
    for (const std::uint32_t slot : plan_->drained) {
        if (std::ranges::find(fired_, slot) == fired_.end()) {
            fired_.push_back(slot);
            Leavings none;
            admit_sent(lanes, slot, {}, none);
            return;
        }
    }
    end_.store(static_cast<std::uint8_t>(JobStatus::Completed), std::memory_order_release);
}

template void Job::on_quiet(OneLane&);
template void Job::on_quiet(ManyLanes&);

}  // namespace stoplog
