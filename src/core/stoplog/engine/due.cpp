// Deliveries that are tried again later: back-off is a place in a list, not a sleeping thread.
//
// Such a delivery is unsettled and holds its room; who sends more to its slot meets backpressure.
#include "stoplog/engine/inside.hpp"
#include "stoplog/engine/telling.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <mutex>
#include <unistd.h>
#include <utility>
#include <vector>

namespace stoplog {
namespace {

// Between -1 and 1. Asked of the system: it is rare, and no two processes must draw the same.
double draw() {
    std::uint32_t drawn = 0;
    static_cast<void>(getentropy(&drawn, sizeof drawn));
    return 2.0 * drawn / std::numeric_limits<std::uint32_t>::max() - 1.0;
}

// Nanoseconds until the next attempt, when `failed` have failed.
std::int64_t wait_of(const Retry& retry, std::uint32_t failed) {
    constexpr double kNanoseconds = 1e9;
    constexpr double kLongest = 9e18;  // what a WallTime can hold, and some room
    double seconds = std::min(retry.initial * std::pow(retry.factor, failed - 1.0), retry.cap);
    if (retry.jitter != 0) {
        seconds *= 1.0 + (retry.jitter * draw());
    }
    return static_cast<std::int64_t>(std::clamp(seconds * kNanoseconds, 0.0, kLongest));
}

WallTime later(WallTime now, std::int64_t wait) {
    return now > std::numeric_limits<WallTime>::max() - wait ? std::numeric_limits<WallTime>::max()
                                                             : now + wait;
}

}  // namespace

// The failed attempt leaves its record; the delivery leaves its lane until it is due.
template <class Lanes>
bool Job::postpone(Lanes& lanes, Cell& cell, Call& call, const Retry& retry, ErrorText text,
                   const Attempt& attempt) {
    const std::uint32_t counted = attempt.number - cell.tries.forgiven;
    const WallTime at = later(now_wall(), wait_of(retry, counted));
    const Telling telling(*this, cell, call, attempt, text);
    Settled settled;
    settled.is_held = telling.is_wanted();
    {
        const Inside inside(*this);
        if (is_ended()) {
            return true;
        }
        const CellLock<Lanes> lock(cell);
        Delivery& head = cell.mailbox.front();
        {
            const std::lock_guard history(history_lock_);
            history_.note_late(attempt.ended);
            history_.write_otherwise(head, head.payload, attempt, std::move(text), settled.evicted);
        }
        const bool is_shared = cell.mailbox.is_front_shared();
        due_.emplace(at, DueDelivery{is_shared ? Delivery(head) : std::move(head),
                                     {attempt.number, cell.tries.forgiven},
                                     at});
        sleeping_.store(static_cast<std::uint32_t>(due_.size()), std::memory_order_release);
        cell.tries = {};
        settled.segment = cell.mailbox.discard(is_shared);
        leave_turn(lanes, cell, settled);
    }
    call.forget();
    fell_asleep();
    telling.tell();
    if constexpr (Lanes::kIsShared) {
        if (settled.is_held) {
            return leave_late(cell);
        }
    }
    return settled.keeps_turn;
}

template bool Job::postpone(OneLane&, Cell&, Call&, const Retry&, ErrorText, const Attempt&);
template bool Job::postpone(ManyLanes&, Cell&, Call&, const Retry&, ErrorText, const Attempt&);

// To the front of their lanes, whoever was due first ahead of the others.
template <class Lanes>
void Job::wake_due(Lanes& lanes) {
    std::vector<DueDelivery> fallen;
    const WallTime now = now_wall();
    const Inside inside(*this);
    while (!due_.empty() && due_.begin()->first <= now) {
        fallen.push_back(std::move(due_.begin()->second));
        due_.erase(due_.begin());
    }
    sleeping_.store(static_cast<std::uint32_t>(due_.size()), std::memory_order_release);
    std::vector<Cell*> woken;
    for (std::size_t i = fallen.size(); i-- > 0;) {
        Cell& cell = cell_for(plan_->slots[fallen[i].delivery.slot].routine);
        const CellLock<Lanes> lock(cell);
        cell.sorted->push_front(std::move(fallen[i].delivery), fallen[i].tries);
        woken.push_back(&cell);
    }
    for (std::size_t i = woken.size(); i-- > 0;) {
        const CellLock<Lanes> lock(*woken[i]);
        if (!woken[i]->is_scheduled) {
            woken[i]->is_scheduled = true;
            lanes.wake(*woken[i]);
        }
    }
}

template void Job::wake_due(OneLane&);
template void Job::wake_due(ManyLanes&);

void Job::ring() {
    if (is_shared()) {
        ManyLanes lanes;
        wake_due(lanes);
        hand_over(lanes);
    } else {
        OneLane lane(ready_);
        wake_due(lane);
    }
}

WallTime Job::next_due() const {
    const MutexLock lock(mutex_);
    return due_.empty() ? 0 : due_.begin()->first;
}

bool Job::rests() const {
    const MutexLock lock(mutex_);
    return is_at_rest();
}

}  // namespace stoplog
