// What may not simply be admitted: slots that refuse or drop what does not fit, and slots that take
// turns. Every one of these functions is called inside the gate, with its cells locked.
#include "stoplog/engine/admit.hpp"
#include "stoplog/engine/job.hpp"

#include <algorithm>
#include <mutex>
#include <utility>

namespace stoplog {
namespace {

// Who has this turn; the next one is another's.
const Target& take_turn(std::vector<Turn>& turns, std::uint32_t first_target, const Target* first) {
    auto turn = std::ranges::find(turns, first_target, &Turn::first_target);
    if (turn == turns.end()) {
        turn = turns.insert(turn, {first_target, 0});
    }
    const std::uint32_t mine = turn->next;
    turn->next = (mine + 1) % first->group;
    return first[mine];
}

}  // namespace

// Returns the slot that is in the way: one that blocks and is full, so that the call must wait, or
// one that refuses what is more than it has room for. A slot that blocks and is below its capacity
// admits all that one call emits to it.
std::uint32_t Job::choose(const Cell& cell, Call& call, Choices& choices) {
    choices.turns = cell.turns;
    for (std::uint32_t i = 0; i < call.emission_count(); ++i) {
        const Route& route = cell.routes[call.emission(i).event];
        const std::uint32_t end = route.first + route.count;
        for (std::uint32_t at = route.first; at != end; at += targets_[at].group) {
            const Target& target = targets_[at].group == 1
                                       ? targets_[at]
                                       : take_turn(choices.turns, at, targets_ + at);
            choices.all.push_back({&target, i});
            const bool blocks = plan_->slots[target.slot].overflow == Overflow::Block;
            if (blocks && cell_for(target.routine).room_of(target.slot).is_full()) {
                return target.slot;
            }
        }
    }
    return find_refusal(choices);
}

// Counts as if all were admitted, and takes it back.
std::uint32_t Job::find_refusal(const Choices& choices) {
    std::uint32_t refused = kNone;
    std::size_t counted = 0;
    for (; counted < choices.all.size() && refused == kNone; ++counted) {
        const Target& target = *choices.all[counted].target;
        SlotRoom& room = cell_for(target.routine).room_of(target.slot);
        if (plan_->slots[target.slot].overflow == Overflow::Reject && room.is_full()) {
            refused = target.slot;
        }
        ++room.count;
    }
    while (counted-- > 0) {
        const Target& target = *choices.all[counted].target;
        --cell_for(target.routine).room_of(target.slot).count;
    }
    return refused;
}

// One delivery, by its slot's policy; returns by how many there are more now. Requires: of what
// goes to slots that block or refuse it is known that there is room.
template <class Lanes>
std::uint64_t Job::admit_choice(Lanes& lanes, Cell& cell, Delivery delivery, Stamp now,
                                Leavings& leavings) {
    const SlotPlan& planned = plan_->slots[delivery.slot];
    SlotRoom& room = cell.room_of(delivery.slot);
    if (planned.overflow == Overflow::DropNewest && room.is_full()) {
        drop(cell, std::move(delivery), now, leavings);
        return 0;
    }
    const std::uint32_t slot = delivery.slot;
    admit(lanes, cell, std::move(delivery.payload), delivery.number, delivery.root, slot,
          delivery.connection);
    if (planned.overflow != Overflow::DropOldest || cell.sorted->queued(slot) <= room.capacity) {
        return 1;
    }
    SortedMailbox::Taken& oldest = leavings.taken.emplace_back(cell.sorted->take_oldest(slot));
    drop(cell, std::move(oldest.delivery), now, leavings);
    --room.count;
    return 0;
}

template std::uint64_t Job::admit_choice(OneLane&, Cell&, Delivery, Stamp, Leavings&);
template std::uint64_t Job::admit_choice(ManyLanes&, Cell&, Delivery, Stamp, Leavings&);

// Counted and recorded: nothing is lost silently.
void Job::drop(Cell& cell, Delivery delivery, Stamp now, Leavings& leavings) {
    if (cell.dropped.empty()) {
        cell.dropped.resize(plan_->legend->slot_count(cell.routine));
    }
    ++cell.dropped[delivery.slot - cell.first_slot];
    const std::int64_t bytes = history_.bytes_of(delivery.payload);
    const std::lock_guard lock(history_lock_);
    history_.note_late(now);
    history_.write(delivery, std::move(delivery.payload), {now, now, Outcome::Dropped, 1, bytes},
                   leavings.evicted.emplace_back());
}

}  // namespace stoplog
