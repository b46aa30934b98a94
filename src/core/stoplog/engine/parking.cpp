// Backpressure: a call that does not fit parks, unchanged, and tries its commit again when there is
// room. No thread ever blocks on a full mailbox.
#include "stoplog/base/error.hpp"
#include "stoplog/engine/job.hpp"

#include <algorithm>
#include <utility>

namespace stoplog {

// The delivery stays unsettled at the head: in a cut it is queued, with the state from before the
// call, so an outbox is never saved. A call that would close a circle does not park: like a failed
// one it stays first, to be tried again. With many lanes the slot's cell is locked, so who makes
// room there finds the waiting one; from then on the cell is not this runner's any more.
bool Job::park(Cell& cell, Call& call, std::uint32_t full, const Attempt& attempt) {
    cell.parked_on.store(full, std::memory_order_relaxed);
    if (fail_where_circular(cell)) {
        cell.parked_on.store(kNone, std::memory_order_relaxed);
        return false;
    }
    auto outbox = std::make_unique<Outbox>();
    for (std::uint32_t i = 0; i < call.emission_count(); ++i) {
        outbox->emissions.push_back(std::move(call.emission(i)));
    }
    outbox->expected = std::move(call.expected());
    outbox->began = attempt.began;
    outbox->ended = attempt.ended;
    cell.outbox = std::move(outbox);
    Cell& target = *cell_of_slot(full);
    target.waiters.push_back({full, cell.routine});
    target.is_waited_for = true;
    if (!is_shared()) {
        ready_.pop();
    }
    return true;
}

// All that wait for this slot, in the order in which they came.
template <class Lanes>
void Job::wake(Lanes& lanes, Cell& cell, std::uint32_t slot) {
    if (cell.room_of(slot).is_full()) {
        return;
    }
    if (std::exchange(cell.is_room_wanted, false)) {
        room_made();
    }
    std::vector<Waiting> left;
    for (const Waiting& waiting : cell.waiters) {
        if (waiting.slot == slot) {
            Cell& woken = *cell_of(waiting.routine);
            woken.parked_on.store(kNone, std::memory_order_relaxed);
            lanes.wake(woken);
        } else {
            left.push_back(waiting);
        }
    }
    cell.waiters = std::move(left);
    cell.is_waited_for = !cell.waiters.empty();
}

template void Job::wake(OneLane&, Cell&, std::uint32_t);
template void Job::wake(ManyLanes&, Cell&, std::uint32_t);

// Needs the job's mutex, under which all parking happens: a routine in the circle cannot have been
// woken unseen, for who wakes it would have to run, and is parked itself.
// Each parked routine waits for room in one other: follow that chain. Back at a routine that was
// passed, none of them can ever move: the job fails, and says who waits for whom.
bool Job::fail_where_circular(const Cell& cell) {
    std::vector<const Cell*> path;
    const Cell* next = &cell;
    while (std::ranges::find(path, next) == path.end()) {
        // Read once: one that is in no circle may be woken in this moment.
        const std::uint32_t full = next->parked_on.load(std::memory_order_relaxed);
        if (full == kNone) {
            return false;
        }
        path.push_back(next);
        next = cell_of_slot(full);
    }
    path.erase(path.begin(), std::ranges::find(path, next));
    const Legend& legend = *plan_->legend;
    std::string chain;
    Failure failure;
    failure.error.type = "DeadlockError";
    failure.error.routine = legend.routines[next->routine].name;
    failure.error.message = join("flow '", plan_->flow_name, "': ");
    for (const Cell* waiting : path) {
        const std::uint32_t full = waiting->parked_on.load(std::memory_order_relaxed);
        const std::string name = join("'", legend.routines[waiting->routine].name, "'");
        failure.error.message +=
            join(name, " waits for room in '", legend.slot_path(full), "' (capacity ",
                 std::to_string(plan_->slots[full].capacity), "), ");
        chain += join(name, " -> ");
    }
    failure.error.message +=
        join("which is where it began: ", chain, "'", legend.routines[next->routine].name, "'");
    end_by(std::move(failure));
    return true;
}

}  // namespace stoplog
