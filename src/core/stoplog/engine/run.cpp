// The runners' loops: with one lane one delivery a turn, whoever became ready first; with many
// lanes a routine's turn is a budget of deliveries.
#include "stoplog/engine/inside.hpp"
#include "stoplog/engine/job.hpp"

#include <algorithm>
#include <exception>
#include <optional>
#include <system_error>
#include <utility>

namespace stoplog {

// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables): one per thread, by design
thread_local constinit Call* current_call = nullptr;

bool is_in_call_of(const Job& job) {
    for (const Call* call = current_call; call != nullptr; call = call->outer()) {
        if (&call->job() == &job) {
            return true;
        }
    }
    return false;
}

// Where many routines are ready, each has left the nearest cache before its turn comes: the one
// after the next is fetched now, and what the next one points at.
STOPLOG_INLINE void Job::look_ahead() const {
    if (ready_.size() > 2) {
        const auto* far = reinterpret_cast<const char*>(cell_of(ready_.at(2)));
        __builtin_prefetch(far);
        __builtin_prefetch(far + 64);
        __builtin_prefetch(far + 128);
        const Cell& near = *cell_of(ready_.at(1));
        if (!near.is_sorted) [[likely]] {
            __builtin_prefetch(&near.mailbox.front());
        }
        __builtin_prefetch(near.handler);
    }
}

std::uint64_t Job::run(std::uint64_t limit) {
    Call call(*this, current_call);
    current_call = &call;
    runners_.store(1, std::memory_order_release);
    OneLane lane(ready_);
    std::uint64_t attempts = 0;
    expire();
    Stamp stamp = now_stamp();
    while (attempts < limit && !must_stop() && unsettled_.load(std::memory_order_relaxed) != 0) {
        if (sleeping_.load(std::memory_order_relaxed) != 0) [[unlikely]] {
            wake_due(lane);
            if (ready_.is_empty()) {
                break;
            }
        }
        if (ready_.is_empty()) [[unlikely]] {  // only a state made by hand is in such a circle
            static_cast<void>(std::ranges::any_of(
                used_, [&](auto used) { return fail_where_circular(*cell_of(used)); }));
            break;
        }
        look_ahead();
        Cell& cell = *cell_of(ready_.front());
        if (cell.outbox) [[unlikely]] {
            retry_commit(lane, cell, call);
            continue;
        }
        attempt(lane, cell, call, stamp);
        ++attempts;
    }
    runners_.store(0, std::memory_order_release);
    current_call = call.outer();
    return attempts;
}

void Job::run_task(Task& task) {
    auto& cell = static_cast<Cell&>(task);
    cell.job->run_cell(cell);
}

// Who leaves a cell goes on with the first one that it woke, as long as its budget lasts. Nothing
// of the job is touched after `went_idle`: it may be gone.
void Job::run_cell(Cell& first) {
    constexpr std::uint32_t kBudget = 16;
    take_passage();
    runners_.fetch_add(1);  // before it looks whether the job is paused: see ask_pause
    Cell* cell = &first;    // null: it has none any more
    {
        Call call(*this, current_call);
        current_call = &call;
        ManyLanes lanes;
        expire();
        Stamp stamp = now_stamp();
        for (std::uint32_t turn = 0; cell != nullptr && turn < kBudget && !must_stop(); ++turn) {
            if (sleeping_.load(std::memory_order_relaxed) != 0) [[unlikely]] {
                wake_due(lanes);
            }
            const bool is_owner = cell->outbox ? retry_commit(lanes, *cell, call)
                                               : attempt(lanes, *cell, call, stamp);
            cell = hand_over(lanes, is_owner ? cell : nullptr);
        }
        current_call = call.outer();
    }
    if (cell != nullptr && is_ended()) {
        let_go(*cell);
    } else if (cell != nullptr) {
        submit(*cell, cell != &first);
    }
    runners_.fetch_sub(1);
    if (!has_work()) {
        came_to_rest();
    }
    if (tasks_.fetch_sub(1) == 1) {
        went_idle();
    }
}

// The first one is what a runner does next that has no cell. Returns the cell that it has then.
Cell* Job::hand_over(ManyLanes& lanes, Cell* own) {
    if (lanes.woken().empty()) {
        return own;
    }
    for (Cell* const cell : lanes.woken()) {
        if (own == nullptr) {
            own = cell;
        } else {
            submit(*cell, false);
        }
    }
    lanes.woken().clear();
    return own;
}

// From outside: to the crew.
void Job::hand_over(ManyLanes& lanes) {
    for (Cell* const cell : lanes.woken()) {
        submit(*cell, false);
    }
}

void Job::submit(Cell& cell, bool is_next) {
    if ((must_stop() || !is_launched_.load(std::memory_order_acquire)) && hold(cell)) {
        return;
    }
    if (tasks_.fetch_add(1) == 0) {
        went_active();
    }
    if (is_next) {
        crew_->submit_next(cell);
    } else {
        crew_->submit(cell);
    }
}

// False: the job goes on by now.
bool Job::hold(Cell& cell) {
    {
        const MutexLock lock(mutex_);
        if (!is_ended()) {
            if (!is_paused() && is_launched_.load(std::memory_order_relaxed)) {
                return false;
            }
            ready_.push(cell.routine);
            return true;
        }
    }
    let_go(cell);
    return true;
}

// The job has ended while this cell was to be run: nobody else looks at it any more.
void Job::let_go(Cell& cell) {
    cell.cancelled = Chain<Delivery>();
    cell.outbox.reset();
}

void Job::launch() {
    std::vector<Cell*> ready;
    {
        const MutexLock lock(mutex_);
        is_launched_.store(true, std::memory_order_release);
        if (must_stop()) {
            return;
        }
        while (!ready_.is_empty()) {
            ready.push_back(cell_of(ready_.front()));
            ready_.pop();
        }
    }
    std::exception_ptr refused;  // no thread could be had: the crew has what is ready all the same
    for (Cell* const cell : ready) {
        try {
            submit(*cell, false);
        } catch (const std::system_error&) {
            refused = std::current_exception();
        }
    }
    if (refused) {
        std::rethrow_exception(refused);
    }
}

void Job::make_fields(Cell& cell, Call& call, Verdict& verdict) {
    auto log = std::make_shared<CallLog>(family_, plan_->legend->routines[cell.routine].name);
    std::shared_ptr<Document> fields;
    if (!cell.handler->make_fields(log, fields, call.failure)) {
        verdict = Verdict::Failed;
        return;
    }
    log->set_root(fields.get());
    const Inside inside(*this);
    cell.log = std::move(log);
    cell.fields = std::move(fields);
    cell.needs_fields = false;
}

// Whose turn it is, is decided as late as can be, and then stays: in the cut it is the first.
// False: the job has ended meanwhile.
template <class Lanes>
bool Job::fix_head(Cell& cell) {
    std::optional<SortedMailbox::Taken> taken;  // what it lets go of goes after the gate
    const GatePass<Lanes> pass(gate_);
    const CellLock<Lanes> lock(cell);
    if (is_ended()) {
        return false;
    }
    if (cell.mailbox.is_empty()) {
        taken = cell.sorted->take_next();
        cell.mailbox.push(std::move(taken->delivery));
        cell.tries = taken->tries;
    }
    cell.head = &cell.mailbox.front();
    return true;
}

// A handler may let others in, so nothing read before it counts after it but the cell itself: cells
// live as long as the job.
template <class Lanes>
STOPLOG_INLINE bool Job::attempt(Lanes& lanes, Cell& cell, Call& call, Stamp& stamp) {
    if (cell.is_sorted && !fix_head<Lanes>(cell)) [[unlikely]] {
        return true;
    }
    const Delivery& head = Lanes::kIsShared ? *cell.head : cell.mailbox.front();
    call.begin(cell, head, cell.identity, cell.tries.failed + 1);
    cell.in_call.store(head.slot, std::memory_order_relaxed);
    has_begun_.store(true, std::memory_order_relaxed);
    Verdict verdict = Verdict::Done;
    if (cell.needs_fields) [[unlikely]] {
        make_fields(cell, call, verdict);
    }
    if (verdict == Verdict::Done) [[likely]] {
        verdict = cell.handler->invoke(call);
    }
    call.close();
    const Stamp began = std::exchange(stamp, now_stamp());
    cell.in_call.store(kNone, std::memory_order_relaxed);
    if (deadline_ != 0) [[unlikely]] {
        expire();
    }
    if (is_ended()) [[unlikely]] {  // meanwhile: nothing takes effect
        undo(cell, call);
        cell.cancelled = Chain<Delivery>();
        return true;
    }
    if (verdict == Verdict::Done) [[likely]] {
        return commit(lanes, cell, call, {began, stamp, Outcome::Finished, call.attempt()});
    }
    if (verdict == Verdict::Interrupted) {
        Failure failure = std::exchange(call.failure, Failure());
        undo(cell, call);
        interrupt(std::move(failure));
        return true;
    }
    return decide(lanes, cell, call, began, stamp);
}

void Job::undo(Cell& cell, Call& call) {
    if (cell.log && cell.log->is_dirty()) {
        cell.log->undo();
    }
    call.forget();
}

// A woken routine does not call its handler again: it only tries its commit again.
template <class Lanes>
bool Job::retry_commit(Lanes& lanes, Cell& cell, Call& call) {
    const Delivery& head = Lanes::kIsShared ? *cell.head : cell.mailbox.front();
    call.begin(cell, head, nullptr, cell.tries.failed + 1);
    const std::unique_ptr<Outbox> outbox = std::move(cell.outbox);
    for (Emission& emission : outbox->emissions) {
        call.note(std::move(emission.payload), emission.event);
    }
    call.expected() = std::move(outbox->expected);
    if constexpr (!Lanes::kIsShared) {
        history_.note_late(outbox->ended);
    }
    return commit(lanes, cell, call,
                  {outbox->began, outbox->ended, Outcome::Finished, call.attempt()});
}

}  // namespace stoplog
