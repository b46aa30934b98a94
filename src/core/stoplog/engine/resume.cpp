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
    cell.failed_attempts = saved.failed_attempts;
    cell.is_scheduled = saved.mailbox.size() != 0;
    saved.mailbox.each([&](const Delivery& delivery) {
        Delivery moved = delivery;
        moved.slot = to.slot(delivery.slot);
        moved.connection = to.connection(delivery.connection);
        ++cell.room_of(moved.slot).count;
        add<OneLane>(unsettled_, std::uint64_t{1});
        cell.mailbox.push(std::move(moved));
    });
    cell.head = cell.is_scheduled ? &cell.mailbox.front() : nullptr;
    if (cell.needs_fields && saved.fields) {
        cell.log = std::make_shared<CallLog>(family_, plan_->legend->routines[routine].name);
        cell.fields = cell.handler->restore_fields(cell.log, state, saved);
        cell.log->set_root(cell.fields.get());
        cell.needs_fields = false;
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
