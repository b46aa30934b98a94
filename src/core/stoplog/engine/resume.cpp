// From a saved job back to a living one: the same cells under the numbers of today's plan.
#include "stoplog/base/error.hpp"
#include "stoplog/engine/job.hpp"

#include <map>
#include <utility>

namespace stoplog {

// Saved numbers to planned ones, by name; kNone where the plan has no such thing.
class Job::Translation {
public:
    Translation(const Legend& saved, const Legend& planned) : saved_(saved) {
        std::map<std::string, std::uint32_t> routines;
        std::map<std::string, std::uint32_t> slots;
        std::map<std::string, std::uint32_t> connections;
        for (std::uint32_t i = 0; i < planned.routines.size(); ++i) {
            routines.emplace(planned.routines[i].name, i);
        }
        for (std::uint32_t i = 0; i < planned.slots.size(); ++i) {
            slots.emplace(planned.slot_path(i), i);
        }
        for (std::uint32_t i = 0; i < planned.connections.size(); ++i) {
            connections.emplace(text_of(planned, i), i);
        }
        for (const Legend::Routine& routine : saved.routines) {
            routines_.push_back(look_up(routines, routine.name));
        }
        for (std::uint32_t i = 0; i < saved.slots.size(); ++i) {
            slots_.push_back(look_up(slots, saved.slot_path(i)));
        }
        for (std::uint32_t i = 0; i < saved.connections.size(); ++i) {
            connections_.push_back(look_up(connections, text_of(saved, i)));
        }
    }

    [[nodiscard]] std::uint32_t routine(std::uint32_t saved) const {
        if (saved == kNone) {
            return kNone;
        }
        return found(routines_[saved], "routine", [&] { return saved_.routines[saved].name; });
    }
    [[nodiscard]] std::uint32_t slot(std::uint32_t saved) const {
        return found(slots_[saved], "slot", [&] { return saved_.slot_path(saved); });
    }
    [[nodiscard]] std::uint32_t connection(std::uint32_t saved) const {
        if (saved == kNone) {
            return kNone;
        }
        return found(connections_[saved], "connection", [&] { return text_of(saved_, saved); });
    }
    [[nodiscard]] bool has_routine(std::uint32_t saved) const { return routines_[saved] != kNone; }
    [[nodiscard]] bool has_slot(std::uint32_t saved) const { return slots_[saved] != kNone; }
    [[nodiscard]] bool has_connection(std::uint32_t saved) const {
        return connections_[saved] != kNone;
    }
    /// A record of something that is gone is dropped: history is never needed to resume.
    [[nodiscard]] bool has(const Record& record) const {
        return slots_[record.slot] != kNone &&
               (record.connection == kNone || connections_[record.connection] != kNone);
    }

private:
    static std::uint32_t look_up(const std::map<std::string, std::uint32_t>& names,
                                 const std::string& name) {
        const auto found = names.find(name);
        return found == names.end() ? kNone : found->second;
    }
    static std::string text_of(const Legend& legend, std::uint32_t connection) {
        std::string text = join(legend.event_path(connection), " -> ",
                                legend.slot_path(legend.connections[connection].target));
        for (const auto& [from, to] : legend.connections[connection].rename) {
            text += join(" ", from, "=", to);
        }
        text += legend.connections[connection].takes_turns ? " by turns" : "";
        return text;
    }
    template <class Name>
    static std::uint32_t found(std::uint32_t number, std::string_view kind, const Name& name) {
        if (number == kNone) {
            throw DefinitionMismatchError(
                join("the saved job needs ", kind, " '", name(), "', which the flow has no more"));
        }
        return number;
    }

    const Legend& saved_;
    std::vector<std::uint32_t> routines_;
    std::vector<std::uint32_t> slots_;
    std::vector<std::uint32_t> connections_;
};

Job::Job(std::shared_ptr<const Plan> plan, const JobState& state, JobOptions options)
    : Job(std::move(plan), JobOptions{state.id, state.is_open, options.is_paused, state.retention,
                                      options.deadline != 0 ? options.deadline : state.deadline,
                                      std::move(options.crew)}) {
    if (state.status == JobStatus::Completed || state.status == JobStatus::Cancelled) {
        throw StateError(
            join("job ", state.id, ": it cannot be resumed: it is ", name_of(state.status)));
    }
    if (options.deadline == 0 && deadline_ != 0 && deadline_ <= now_wall()) {
        throw StateError(join("job ", state.id,
                              ": it cannot be resumed: its deadline has passed; give it another "
                              "one: resume(state, deadline=...)"));
    }
    restore(state);
}

void Job::restore(const JobState& state) {
    const Translation to(*state.legend, *plan_->legend);
    parent_id_ = state.parent_id;
    created_at_ = state.created_at;
    is_closed_ = state.is_closed;
    has_begun_ = state.has_begun;
    sent_ = state.sent;
    failed_deliveries_ = state.failed_deliveries;
    for (const CellState& saved : state.cells) {
        if (!saved.is_used || (!to.has_routine(saved.routine) && saved.mailbox.size() == 0)) {
            continue;
        }
        restore_cell(state, saved, to);
    }
    restore_due(state, to);
    restore_choices(state, to);
    for (const std::uint32_t routine : state.ready) {
        ready_.push(to.routine(routine));
    }
    for (const Waiting& waiting : state.waiting) {
        restore_waiting(waiting, to);
    }
    for (const std::uint32_t slot : state.awaited) {
        awaited_.push_back(to.slot(slot));
    }
    for (const std::uint32_t slot : state.fired) {
        fired_.push_back(to.slot(slot));
    }
    restore_history(state, to);
}

void Job::restore_cell(const JobState& state, const CellState& saved, const Translation& to) {
    const std::uint32_t routine = to.routine(saved.routine);
    Cell& cell = make_cell(routine);
    cell.emitted = saved.emitted;
    cell.tries = saved.head_tries;
    if (state.status == JobStatus::Failed) {
        cell.tries.forgiven = cell.tries.failed;
    }
    restore_mailbox(cell, saved, to);
    cell.is_scheduled = !cell.is_empty();
    cell.head = cell.mailbox.is_empty() ? nullptr : &cell.mailbox.front();
    if (cell.needs_fields && saved.fields) {
        cell.log = std::make_shared<CallLog>(family_, plan_->legend->routines[routine].name);
        cell.fields = cell.handler->restore_fields(cell.log, state, saved);
        cell.log->set_root(cell.fields.get());
        cell.needs_fields = false;
    }
}

Delivery Job::restored(const Delivery& delivery, const Translation& to) {
    Delivery moved = delivery;
    moved.slot = to.slot(delivery.slot);
    moved.connection = to.connection(delivery.connection);
    ++cell_for(plan_->slots[moved.slot].routine).room_of(moved.slot).count;
    add<OneLane>(unsettled_, std::uint64_t{1});
    return moved;
}

// What was handed out stays the first. All that came back to their lane stand at its front, so the
// last of them is put there first.
void Job::restore_mailbox(Cell& cell, const CellState& saved, const Translation& to) {
    const bool has_head = saved.is_begun || saved.is_in_call || saved.head_tries.failed != 0;
    std::vector<SortedMailbox::Returned> returned;
    std::uint64_t place = 0;
    auto tried = saved.tried.begin();
    saved.mailbox.each([&](const Delivery& delivery) {
        Delivery moved = restored(delivery, to);
        if (!cell.is_sorted || (place == 0 && has_head)) {
            cell.mailbox.push(std::move(moved));
        } else if (tried != saved.tried.end() && tried->place == place) {
            returned.push_back({std::move(moved), tried->tries});
        } else {
            cell.sorted->push(std::move(moved));
        }
        ++place;
        while (tried != saved.tried.end() && tried->place < place) {
            ++tried;
        }
    });
    for (std::size_t i = returned.size(); i-- > 0;) {
        cell.sorted->push_front(std::move(returned[i].delivery), returned[i].tries);
    }
    if (cell.is_sorted) {
        cell.sorted->set_streak(saved.streak);
    }
}

// A routine that tries nothing again any more still has these.
void Job::restore_due(const JobState& state, const Translation& to) {
    for (const DueDelivery& due : state.due) {
        Cell& cell = cell_for(plan_->slots[to.slot(due.delivery.slot)].routine);
        if (!cell.is_sorted) {
            sort(cell);
            cell.mailbox.view().each([&](const Delivery& queued) { cell.sorted->push(queued); });
            cell.mailbox = Chain<Delivery>();
            cell.head = nullptr;
        }
        due_.emplace(due.at, DueDelivery{restored(due.delivery, to), due.tries, due.at});
    }
    sleeping_.store(static_cast<std::uint32_t>(due_.size()));
}

void Job::restore_choices(const JobState& state, const Translation& to) {
    for (const DroppedCount& dropped : state.dropped) {
        if (!to.has_slot(dropped.slot)) {
            continue;
        }
        Cell& cell = cell_for(plan_->slots[to.slot(dropped.slot)].routine);
        cell.dropped.resize(plan_->legend->slot_count(cell.routine));
        cell.dropped[to.slot(dropped.slot) - cell.first_slot] = dropped.count;
    }
    for (const NextTurn& turn : state.turns) {
        if (!to.has_connection(turn.connection)) {
            continue;
        }
        const std::uint32_t connection = to.connection(turn.connection);
        Cell& cell = cell_for(plan_->legend->connections[connection].source);
        for (std::uint32_t i = 0; i < plan_->targets.size(); i += plan_->targets[i].group) {
            for (std::uint32_t next = 0; next < plan_->targets[i].group; ++next) {
                if (plan_->targets[i + next].connection == connection) {
                    cell.turns.push_back({i, next});
                }
            }
        }
    }
}

void Job::restore_waiting(const Waiting& waiting, const Translation& to) {
    const Waiting moved{to.slot(waiting.slot), to.routine(waiting.routine)};
    if (has_room(moved.slot)) {  // a capacity was raised
        ready_.push(moved.routine);
        return;
    }
    Cell& target = *cell_of_slot(moved.slot);
    target.waiters.push_back(moved);
    cell_of(moved.routine)->parked_on.store(moved.slot, std::memory_order_relaxed);
    target.is_waited_for = true;
}

void Job::restore_history(const JobState& state, const Translation& to) {
    const Timebase now = current_timebase();
    state.history.each([&](const Record& record) {
        if (to.has(record)) {
            Record moved = record;
            moved.slot = to.slot(record.slot);
            moved.connection = to.connection(record.connection);
            moved.began = now.stamp(state.timebase.wall(record.began));
            moved.ticks = now.ticks(state.timebase.nanoseconds(record.ticks));
            history_.restore(std::move(moved), now.origin);
        }
    });
}

}  // namespace stoplog
