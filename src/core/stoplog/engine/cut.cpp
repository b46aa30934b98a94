// The cut: references to everything a job is, taken at one instant between commits.
#include "stoplog/engine/job.hpp"

#include <utility>

namespace stoplog {

// What never changes while the job lives, and the moment.
void Job::describe(JobState& state) const {
    state.id = id_;
    state.parent_id = parent_id_;
    state.flow_name = plan_->flow_name;
    state.flow_version = plan_->flow_version;
    state.fingerprint = plan_->fingerprint;
    state.drawing = plan_->drawing;
    state.legend = plan_->legend;
    state.created_at = created_at_;
    state.deadline = deadline_;
    state.timebase = current_timebase();
    state.taken_at = state.timebase.origin_wall;
    state.retention = history_.retention();
}

void Job::cut_cells(JobState& state, SortedCuts& sorted) const {
    for (std::uint32_t i = 0; i < state.cells.size(); ++i) {
        state.cells[i].routine = i;
    }
    for (const std::uint32_t routine : used_) {
        const Cell& cell = *cell_of(routine);
        CellState& saved = state.cells[routine];
        saved.is_used = true;
        saved.is_in_call = cell.is_in_call() && !cell.mailbox.is_empty();
        saved.head_tries = cell.mailbox.is_empty() ? Tries() : cell.tries;
        if (cell.is_sorted) {
            saved.is_begun = !cell.mailbox.is_empty();
            saved.streak = cell.sorted->streak();
            sorted.emplace_back(routine, cell.sorted->cut());
        }
        cut_choices(state, cell);
        saved.emitted = cell.emitted;
        saved.mailbox = cell.mailbox.view();
        if (cell.fields) {
            saved.fields = cell.fields;
        }
        if (cell.log && cell.log->is_dirty()) {
            state.frozen->save_running(*cell.log);
        }
        state.waiting.insert(state.waiting.end(), cell.waiters.begin(), cell.waiters.end());
    }
}

void Job::cut_choices(JobState& state, const Cell& cell) const {
    for (std::uint32_t i = 0; i < cell.dropped.size(); ++i) {
        if (cell.dropped[i] != 0) {
            state.dropped.push_back({cell.first_slot + i, cell.dropped[i]});
        }
    }
    for (const Turn& turn : cell.turns) {
        state.turns.push_back({targets_[turn.first_target + turn.next].connection});
    }
}

// What is sorted is laid out in the order of handling when the job goes on already.
void Job::lay_out(CellState& saved, const SortedMailbox::Cut& sorted) {
    Chain<Delivery> queue;
    saved.mailbox.each([&](const Delivery& delivery) { queue.push(delivery); });
    sorted.each([&](const Delivery& delivery, Tries tries) {
        if (tries.failed != 0) {
            saved.tried.push_back({queue.size(), tries});
        }
        queue.push(delivery);
    });
    saved.mailbox = queue.view();
}

// One lane: the ready list. Many: those in call, those that are held back, and all others that have
// something queued and do not wait for room.
void Job::cut_turns(JobState& state) const {
    if (!is_shared()) {
        for (std::uint32_t i = 0; i < ready_.size(); ++i) {
            state.ready.push_back(ready_.at(i));
        }
        return;
    }
    std::vector<bool> is_listed(state.cells.size(), false);
    const auto list = [&](std::uint32_t routine, bool is_wanted) {
        const Cell& cell = *cell_of(routine);
        if (is_wanted && !cell.is_empty() && !cell.is_parked() && !is_listed[routine]) {
            is_listed[routine] = true;
            state.ready.push_back(routine);
        }
    };
    for (const std::uint32_t routine : used_) {
        list(routine, state.cells[routine].is_in_call);
    }
    for (std::uint32_t i = 0; i < ready_.size(); ++i) {
        list(ready_.at(i), true);
    }
    for (const std::uint32_t routine : used_) {
        list(routine, true);
    }
}

// A delivery whose handler runs, or whose call is parked, is queued in the cut, with the state from
// before that call.
std::shared_ptr<JobState> Job::cut() {
    auto state = std::make_shared<JobState>();
    state->cells.resize(plan_->routines.size());
    for (const std::uint32_t routine : plan_->stateful) {  // may run foreign code: before the gate
        CellState& cell = state->cells[routine];
        if (cell_of(routine) == nullptr || !cell_of(routine)->fields) {
            cell.fields =
                static_cast<Handler*>(plan_->routines[routine].behaviour.get())->initial_fields();
        }
    }
    describe(*state);

    SortedCuts sorted;
    Evicted forgotten;  // goes after the gate
    copy_parts(*state, sorted, forgotten);
    for (const auto& [routine, cut] : sorted) {
        lay_out(state->cells[routine], cut);
    }
    return state;
}

// The instant itself: references are copied, and nothing else.
void Job::copy_parts(JobState& state, SortedCuts& sorted, Evicted& forgotten) {
    const GateClosure closure(is_shared() ? &gate_ : nullptr);
    const MutexLock lock(mutex_);
    state.status = status_now();
    state.is_open = is_open_;
    state.is_closed = is_closed_;
    state.has_begun = has_begun_.load(std::memory_order_relaxed);
    if (state.status == JobStatus::Failed) {
        state.error = failure_.error;
    }
    state.frozen = std::make_shared<Frozen>(family_);
    cut_cells(state, sorted);
    cut_turns(state);
    state.awaited = awaited_;
    state.fired = fired_;
    state.sent = sent_;
    state.unsettled = unsettled_.load(std::memory_order_acquire);
    state.failed_deliveries = failed_deliveries_.load(std::memory_order_relaxed);
    for (const auto& [at, due] : due_) {
        state.due.push_back(due);
    }
    state.history = history_.view(state.timebase, forgotten);
}

}  // namespace stoplog
