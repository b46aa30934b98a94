// The commit: a call takes effect at a stroke.
//
// Inside the gate the delivery is settled, what the call emitted is admitted, its state is kept and
// its record written. What falls to nothing by that is destroyed after the gate, for it may run
// foreign code. With many lanes all cells that the commit touches are locked together.
#include "stoplog/engine/admit.hpp"
#include "stoplog/engine/job.hpp"

#include <algorithm>
#include <mutex>
#include <utility>

namespace stoplog {

// The usual call emits once, to one slot.
STOPLOG_INLINE Job::Sole Job::sole_receiver(const Cell& cell, Call& call) {
    if (call.emission_count() == 1) [[likely]] {
        const Route& route = cell.routes[call.emission(0).event];
        if (route.count == 1) [[likely]] {
            const Target& target = targets_[route.first];
            return {&target, &cell_for(target.routine)};
        }
    }
    return {};
}

// A slot below its capacity admits all that one call emits to it.
[[gnu::noinline]] std::uint32_t Job::find_full(const Cell& cell, Call& call) const {
    for (std::uint32_t i = 0; i < call.emission_count(); ++i) {
        const Route& route = cell.routes[call.emission(i).event];
        const Target* target = targets_ + route.first;
        for (const Target* end = target + route.count; target != end; ++target) {
            const Cell* receiver = cell_of(target->routine);
            if (receiver != nullptr && receiver->room_of(target->slot).is_full()) [[unlikely]] {
                return target->slot;
            }
        }
    }
    return kNone;
}

STOPLOG_INLINE std::uint32_t Job::find_full(const Cell& cell, Call& call, const Sole& sole) const {
    if (sole.target != nullptr) [[likely]] {
        const std::uint32_t slot = sole.target->slot;
        return sole.receiver->room_of(slot).is_full() ? slot : kNone;
    }
    return call.emission_count() == 0 ? kNone : find_full(cell, call);
}

// One receiver takes over the call's own reference. Returns how many there are.
template <class Lanes>
[[gnu::noinline]] std::uint32_t Job::admit_emissions(Lanes& lanes, Cell& cell, Call& call,
                                                     Settled& settled) {
    const std::uint64_t root = call.delivery().root;
    std::uint64_t number = cell.emitted;
    std::uint32_t admitted = 0;
    for (std::uint32_t i = 0; i < call.emission_count(); ++i) {
        Emission& emission = call.emission(i);
        const Route& route = cell.routes[emission.event];
        if (route.count == 0) {
            settled.has_unheard = true;
            continue;
        }
        admitted += route.count;
        Payload* const payload = emission.payload.release();
        if (payload != nullptr) {
            payload->retain(route.count - 1);
        }
        const Target* target = targets_ + route.first;
        for (const Target* end = target + route.count; target != end; ++target) {
            admit(lanes, cell_for(target->routine), PayloadRef::adopt(payload), ++number, root,
                  target->slot, target->connection);
        }
    }
    cell.emitted = number;
    return admitted;
}

template <class Lanes>
STOPLOG_INLINE std::uint32_t Job::admit_emissions(Lanes& lanes, Cell& cell, Call& call,
                                                  Settled& settled, const Sole& sole) {
    if (sole.target != nullptr) [[likely]] {
        admit(lanes, *sole.receiver, std::move(call.emission(0).payload), ++cell.emitted,
              call.delivery().root, sole.target->slot, sole.target->connection);
        return 1;
    }
    return call.emission_count() == 0 ? 0 : admit_emissions(lanes, cell, call, settled);
}

// The delivery leaves its mailbox, its payload goes on in the record.
template <class Lanes>
STOPLOG_INLINE void Job::settle_head(Cell& cell, Call& call, const Attempt& attempt,
                                     Settled& settled) {
    Delivery& head = cell.mailbox.front();
    const bool is_shared = cell.mailbox.is_front_shared();
    PayloadRef payload = is_shared ? PayloadRef(head.payload) : std::move(head.payload);
    if constexpr (Lanes::kIsShared) {
        history_lock_.lock();
        history_.note_late(attempt.ended);
    }
    if (attempt.outcome == Outcome::Finished) [[likely]] {
        history_.write(head, std::move(payload), attempt, settled.evicted);
    } else {
        history_.write_otherwise(head, std::move(payload), attempt, std::move(call.error_text),
                                 settled.evicted);
        if (attempt.outcome == Outcome::Failed) {
            add<Lanes>(failed_deliveries_, std::uint64_t{1});
        }
    }
    if constexpr (Lanes::kIsShared) {
        history_lock_.unlock();
    }
    cell.tries = {};
    settled.segment = cell.mailbox.discard(is_shared);
}

// One lane: behind the others where more is queued for it. Many: the runner goes on with it, or
// lets it go; where the call's state is still to be cleared up, that is decided later.
template <class Lanes>
STOPLOG_INLINE void Job::leave_turn(Lanes&, Cell& cell, Settled& settled) {
    if constexpr (Lanes::kIsShared) {
        if (cell.is_empty()) {
            cell.is_scheduled = settled.is_held;
        } else {
            cell.head = cell.is_sorted ? nullptr : &cell.mailbox.front();
            settled.keeps_turn = true;
        }
    } else {
        ready_.pop();
        if (cell.is_empty()) {
            cell.is_scheduled = false;
        } else {
            ready_.push(cell.routine);
        }
    }
}

template void Job::leave_turn(OneLane&, Cell&, Settled&);
template void Job::leave_turn(ManyLanes&, Cell&, Settled&);

// Waits for nobody: a cell that was kept for its state alone is let go, or has new deliveries.
// Where the job has ended, it is kept: the runner drops what a cancel left to it.
bool Job::leave_late(Cell& cell) {
    const GatePass<ManyLanes> pass(gate_);
    const std::lock_guard lock(cell.lock);
    if (is_ended()) {
        return true;
    }
    const bool has_more = !cell.is_empty();
    if (has_more) {
        cell.head = cell.is_sorted ? nullptr : &cell.mailbox.front();
    } else {
        cell.is_scheduled = false;
    }
    return has_more;
}

template <class Lanes, class Admit>
STOPLOG_INLINE void Job::take_effect(Lanes& lanes, Cell& cell, Call& call, const Attempt& attempt,
                                     Settled& settled, const Admit& admit_all) {
    const std::uint32_t slot = call.delivery().slot;
    const std::uint64_t admitted = admit_all();
    settle_head<Lanes>(cell, call, attempt, settled);
    if (cell.log && cell.log->is_dirty()) {
        settled.is_dirty = settled.is_held = true;
        cell.log->keep();
    }
    if (cell.is_waited_for) [[unlikely]] {
        wake(lanes, cell, slot);
    }
    if (!call.expected().empty()) [[unlikely]] {
        take_expectations(call.expected());
    }
    leave_turn(lanes, cell, settled);
    if (admitted != 1) {
        settled.is_quiet = add<Lanes>(unsettled_, admitted - 1) == 0;
    }
}

// False: there is no room, and the call may not park now. The head gives its room back before
// anything else is looked at, so that a loop uses its own room.
template <class Lanes>
STOPLOG_INLINE bool Job::settle(Lanes& lanes, Cell& cell, Call& call, const Attempt& attempt,
                                Settled& settled, const Sole& sole, bool may_park) {
    SlotRoom& room = cell.room_of(call.delivery().slot);
    --room.count;
    std::uint32_t full = kNone;
    if (cell.has_choices && call.emission_count() != 0) [[unlikely]] {
        full = settle_choices(lanes, cell, call, attempt, settled);
    } else {
        full = find_full(cell, call, sole);
        if (full == kNone) [[likely]] {
            take_effect(lanes, cell, call, attempt, settled, [&]() STOPLOG_INLINE_LAMBDA {
                return admit_emissions(lanes, cell, call, settled, sole);
            });
        }
    }
    if (full == kNone) [[likely]] {
        return true;
    }
    ++room.count;
    if (settled.is_refused) [[unlikely]] {
        settled.refused_by = full;
        return true;
    }
    if (!may_park) {
        return false;
    }
    settled.is_parked = park(cell, call, full, attempt);
    settled.is_undone = !settled.is_parked;
    return true;
}

// As `settle` does, where what is emitted may be dropped, refused, or take turns. Returns the slot
// that is in the way, or kNone where the call has taken effect.
template <class Lanes>
[[gnu::noinline]] std::uint32_t Job::settle_choices(Lanes& lanes, Cell& cell, Call& call,
                                                    const Attempt& attempt, Settled& settled) {
    Choices choices;
    const std::uint32_t full = choose(cell, call, choices);
    if (full != kNone) {
        settled.is_refused = plan_->slots[full].overflow == Overflow::Reject;
        return full;
    }
    settled.leavings = std::make_unique<Leavings>();
    settled.has_unheard = true;  // those that were copied are still in the call
    take_effect(lanes, cell, call, attempt, settled, [&] {
        const std::uint64_t root = call.delivery().root;
        std::uint64_t admitted = 0;
        for (const Choices::One& one : choices.all) {
            const Target& target = *one.target;
            Cell& receiver = cell_for(target.routine);
            Delivery delivery{call.emission(one.emission).payload, ++cell.emitted, root,
                              target.slot, target.connection};
            admitted += admit_choice(lanes, receiver, std::move(delivery), attempt.ended,
                                     *settled.leavings);
        }
        cell.turns = std::move(choices.turns);
        return admitted;
    });
    return kNone;
}

void Job::lock_touched(CellLocks& locks, Cell& cell, Call& call) {
    for (std::uint32_t i = 0; i < call.emission_count(); ++i) {
        const Route& route = cell.routes[call.emission(i).event];
        const Target* target = targets_ + route.first;
        for (const Target* end = target + route.count; target != end; ++target) {
            locks.add(cell_for(target->routine));
        }
    }
    for (const std::uint32_t slot : call.expected()) {  // a cell made later would not be locked
        locks.add(cell_for(plan_->slots[slot].routine));
    }
    locks.lock();
}

STOPLOG_INLINE bool Job::settle_locked(ManyLanes& lanes, Cell& cell, Call& call,
                                       const Attempt& attempt, Settled& settled, const Sole& sole,
                                       bool may_park) {
    if (is_ended()) {
        settled.is_undone = true;
        return true;
    }
    return settle(lanes, cell, call, attempt, settled, sole, may_park);
}

bool Job::settle_many(ManyLanes& lanes, Cell& cell, Call& call, const Attempt& attempt,
                      Settled& settled, bool may_park) {
    CellLocks locks(cell);
    lock_touched(locks, cell, call);
    return settle_locked(lanes, cell, call, attempt, settled, {}, may_park);
}

STOPLOG_INLINE void Job::pass_gate(OneLane& lane, Cell& cell, Call& call, const Attempt& attempt,
                                   Settled& settled) {
    settle(lane, cell, call, attempt, settled, sole_receiver(cell, call), true);
    if (settled.is_quiet) [[unlikely]] {
        on_quiet(lane);
    }
}

// What looks at more than cells needs the job's mutex, which goes before their locks.
STOPLOG_INLINE void Job::pass_gate(ManyLanes& lanes, Cell& cell, Call& call, const Attempt& attempt,
                                   Settled& settled) {
    const GatePass<ManyLanes> pass(gate_);
    bool is_done = false;
    if (call.expected().empty()) [[likely]] {
        const Sole sole = sole_receiver(cell, call);
        if (sole.target != nullptr) [[likely]] {
            const PairLock locks(cell, *sole.receiver);
            is_done = settle_locked(lanes, cell, call, attempt, settled, sole, false);
        } else {
            is_done = settle_many(lanes, cell, call, attempt, settled, false);
        }
    }
    if (!is_done || settled.is_quiet) [[unlikely]] {
        reach(Point::Parking);
        const MutexLock lock(mutex_);
        if (!is_done) {
            settle_many(lanes, cell, call, attempt, settled, true);
        }
        if (settled.is_quiet) {
            on_quiet(lanes);
        }
    }
}

// What a call that parked has left belongs to who wakes it.
template <class Lanes>
STOPLOG_INLINE void Job::make_commit(Lanes& lanes, Cell& cell, Call& call, const Attempt& attempt,
                                     Settled& settled) {
    pass_gate(lanes, cell, call, attempt, settled);
    if (settled.is_undone) [[unlikely]] {
        undo(cell, call);
        return;
    }
    if (settled.is_refused) [[unlikely]] {
        return;
    }
    if (settled.has_unheard) {
        call.forget();
    } else {
        call.forget_given();
    }
    if (settled.is_dirty) {
        cell.log->drop_kept();
    }
}

template <class Lanes>
bool Job::commit(Lanes& lanes, Cell& cell, Call& call, const Attempt& attempt) {
    if (is_watched_.load(std::memory_order_relaxed)) [[unlikely]] {
        return commit_watched(lanes, cell, call, attempt);
    }
    Settled settled;
    make_commit(lanes, cell, call, attempt, settled);
    if (settled.is_undone) [[unlikely]] {
        return true;
    }
    if (settled.is_refused) [[unlikely]] {
        return refuse(lanes, cell, call, settled.refused_by, attempt);
    }
    if constexpr (Lanes::kIsShared) {
        if (settled.is_held) {
            return leave_late(cell);
        }
    }
    return settled.keeps_turn;
}

template void Job::make_commit(OneLane&, Cell&, Call&, const Attempt&, Settled&);
template void Job::make_commit(ManyLanes&, Cell&, Call&, const Attempt&, Settled&);
template bool Job::commit(OneLane&, Cell&, Call&, const Attempt&);
template bool Job::commit(ManyLanes&, Cell&, Call&, const Attempt&);

}  // namespace stoplog
