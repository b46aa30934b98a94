// A job from outside: what anybody may ask of it, and how it ends.
#include "stoplog/engine/job.hpp"

#include "stoplog/base/error.hpp"
#include "stoplog/engine/inside.hpp"

#include <algorithm>
#include <array>
#include <random>
#include <unistd.h>
#include <utility>

namespace stoplog {

// Asked of the system each time: a generator of ours would repeat itself in a forked child.
std::string new_job_id() {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::array<unsigned char, 16> bytes{};
    if (getentropy(bytes.data(), bytes.size()) != 0) {
        std::random_device random;
        std::ranges::generate(bytes, [&] { return static_cast<unsigned char>(random()); });
    }
    std::string id;
    for (const unsigned char byte : bytes) {
        id += kDigits[byte >> 4U];
        id += kDigits[byte & 0xFU];
    }
    return id;
}

Job::Job(std::shared_ptr<const Plan> plan, JobOptions options)
    : plan_(std::move(plan)),
      targets_(plan_->targets.data()),
      id_(options.id.empty() ? new_job_id() : std::move(options.id)),
      created_at_(now_wall()),
      deadline_(options.deadline),
      crew_(std::move(options.crew)),
      cells_(std::make_unique<std::atomic<Cell*>[]>(plan_->routines.size())),
      history_(options.retention, current_timebase()),
      family_(std::make_shared<Family>()),
      is_paused_(options.is_paused),
      is_open_(options.is_open) {
    listen(false);
}

Job::~Job() {
    for (const std::uint32_t routine : used_) {
        const std::unique_ptr<Cell> cell(cell_of(routine));
    }
}

JobStatus Job::status() const {
    const MutexLock lock(mutex_);
    return status_now();
}

JobStatus Job::status_now() const {
    if (is_ended()) {
        return static_cast<JobStatus>(end_.load(std::memory_order_acquire));
    }
    if (is_paused() && running_handlers().empty()) {
        return JobStatus::Paused;
    }
    if (unsettled_.load(std::memory_order_acquire) != 0) {
        if (sleeping_.load(std::memory_order_acquire) != 0 && is_at_rest()) {
            return JobStatus::Waiting;
        }
        return has_begun_.load(std::memory_order_relaxed) ? JobStatus::Running : JobStatus::Pending;
    }
    if (!awaited_.empty()) {
        return JobStatus::Waiting;
    }
    return is_open_ ? JobStatus::Idle : JobStatus::Pending;
}

std::vector<std::uint32_t> Job::awaited() const {
    const MutexLock lock(mutex_);
    return awaited_;
}

std::vector<std::string> Job::running_handlers() const {
    std::vector<std::string> running;
    if (!is_running()) {
        return running;
    }
    const MutexLock lock(cells_mutex_);
    for (const std::uint32_t routine : used_) {
        const std::uint32_t slot = cell_of(routine)->in_call.load(std::memory_order_relaxed);
        if (slot != kNone) {
            running.push_back(plan_->legend->slot_path(slot));
        }
    }
    return running;
}

bool Job::has_room(std::uint32_t slot) const {
    Cell* const cell = cell_of_slot(slot);
    if (cell == nullptr) {
        return true;
    }
    const std::lock_guard lock(cell->lock);
    return drops(slot) || !cell->room_of(slot).is_full();
}

std::map<std::string, std::uint64_t> Job::dropped() const {
    std::map<std::string, std::uint64_t> counts;
    const GateClosure closure(is_shared() ? &gate_ : nullptr);
    const MutexLock lock(cells_mutex_);
    for (const std::uint32_t routine : used_) {
        const Cell& cell = *cell_of(routine);
        for (std::uint32_t i = 0; i < cell.dropped.size(); ++i) {
            if (cell.dropped[i] != 0) {
                counts.emplace(plan_->legend->slot_path(cell.first_slot + i), cell.dropped[i]);
            }
        }
    }
    return counts;
}

void Job::check_sendable(std::uint32_t slot) const {
    const MutexLock lock(mutex_);
    require_sendable(slot);
}

void Job::require_sendable(std::uint32_t slot) const {
    const std::string what =
        join("job ", id_, ": send to '", plan_->legend->slot_path(slot), "' refused: ");
    if (is_ended()) {
        throw StateError(join(what, "the job is ", name_of(status_now())));
    }
    if (plan_->slots[slot].is_drained) {
        throw StateError(join(what, "the slot is delivered when the job is drained, by itself"));
    }
    if (is_closed_ && std::ranges::find(awaited_, slot) == awaited_.end()) {
        throw StateError(join(what, "finish() closed the job to sends"));
    }
}

void Job::want_room(std::uint32_t slot) {
    const Inside inside(*this);
    Cell& cell = *cell_of_slot(slot);
    const std::lock_guard lock(cell.lock);
    cell.is_waited_for = cell.is_room_wanted = true;
}

std::uint64_t Job::send(std::uint32_t slot, PayloadRef payload) {
    return admit_from_outside(slot, std::move(payload), true);
}

std::uint64_t Job::enter(std::uint32_t slot, PayloadRef payload) {
    return admit_from_outside(slot, std::move(payload), false);
}

void Job::refuse_sent(std::uint32_t slot) const {
    throw BackpressureError(join("job ", id_, ": slot '", plan_->legend->slot_path(slot),
                                 "' is full: it holds its capacity of ",
                                 std::to_string(plan_->slots[slot].capacity)));
}

// Looked at and admitted in one instant: no end and no other sender in between.
std::uint64_t Job::admit_from_outside(std::uint32_t slot, PayloadRef payload, bool is_send) {
    ManyLanes lanes;
    Leavings leavings;
    std::uint64_t number = 0;
    {
        const Inside inside(*this);
        if (is_send) {
            require_sendable(slot);
            if (!has_room(slot)) {
                refuse_sent(slot);
            }
        }
        if (!is_send && plan_->slots[slot].overflow == Overflow::Reject && !has_room(slot)) {
            refuse_sent(slot);
        }
        if (is_shared()) {
            number = admit_sent(lanes, slot, std::move(payload), leavings);
        } else {
            OneLane lane(ready_);
            number = admit_sent(lane, slot, std::move(payload), leavings);
        }
    }
    hand_over(lanes);
    return number;
}

void Job::finish() {
    ManyLanes lanes;
    {
        const Inside inside(*this);
        const JobStatus now = status_now();
        if (now == JobStatus::Completed) {
            return;
        }
        if (is_ended()) {
            throw StateError(join("job ", id_, ": finish() refused: the job is ", name_of(now)));
        }
        is_open_ = false;
        is_closed_ = true;
        if (is_shared()) {
            on_quiet(lanes);
        } else {
            OneLane lane(ready_);
            on_quiet(lane);
        }
    }
    hand_over(lanes);
}

// A runner says first that it runs, then looks whether the job is paused; who pauses does it the
// other way round: one of the two sees the other. All four are seq_cst, or neither might.
void Job::ask_pause() {
    require_alive("pause()");
    is_paused_.store(true);
}

void Job::unpause() {
    require_alive("resume()");
    const MutexLock lock(mutex_);
    is_paused_.store(false);
}

void Job::require_alive(std::string_view act) const {
    if (is_ended()) {
        throw StateError(join("job ", id_, ": ", act, " refused: the job is ", name_of(status())));
    }
}

void Job::fail(Failure failure) {
    const Inside inside(*this);
    if (!is_ended()) {
        end_by(std::move(failure));
    }
}

void Job::expire() {
    if (deadline_ == 0 || is_ended() || now_wall() < deadline_) {
        return;
    }
    Failure failure;
    failure.error.type = "JobTimeoutError";
    failure.error.message = "its deadline has passed";
    fail(std::move(failure));
    came_to_rest();
}

void Job::end_by(Failure failure) {
    failure_ = std::move(failure);
    end_.store(static_cast<std::uint8_t>(JobStatus::Failed), std::memory_order_release);
}

std::optional<Failure> Job::take_interruption() {
    const MutexLock lock(mutex_);
    return std::exchange(interruption_, std::nullopt);
}

void Job::drop_one(const Delivery& delivery, Stamp now, Dropped& dropped) {
    history_.write(delivery, delivery.payload,
                   {now, now, Outcome::Cancelled, 1, history_.bytes_of(delivery.payload)},
                   dropped.evicted.emplace_back());
}

// The records say cancelled; what a running call still looks at is kept until it returns.
void Job::drop_queued(Cell& cell, Stamp now, Dropped& dropped) {
    const auto record = [&](const Delivery& delivery, Tries = {}) {
        drop_one(delivery, now, dropped);
    };
    cell.mailbox.view().each(record);
    if (cell.is_sorted) {
        cell.sorted->cut().each(record);
        dropped.sorted.push_back(cell.sorted->take_all());
    }
    // With many lanes a runner may be about to look at a cell that is with the crew.
    const bool is_looked_at =
        cell.is_in_call() || (is_shared() && cell.is_scheduled && !cell.is_parked());
    Chain<Delivery>& kept = is_looked_at ? cell.cancelled : dropped.mailboxes.emplace_back();
    kept = std::exchange(cell.mailbox, Chain<Delivery>());
    cell.waiters.clear();
    for (std::uint32_t i = 0; i < plan_->legend->slot_count(cell.routine); ++i) {
        cell.rooms[i].count = 0;
    }
    if (!is_looked_at) {
        cell.tries = {};
        dropped.outboxes.push_back(std::move(cell.outbox));
        if (cell.log) {
            dropped.undone.push_back(cell.log.get());
        }
    }
}

// Prompt: what is queued is settled as cancelled now; a call that is running finds the job ended
// when it returns, and takes no effect.
void Job::cancel(std::string reason) {
    Dropped dropped;
    {
        const GateClosure closure(is_shared() ? &gate_ : nullptr);
        const MutexLock lock(mutex_);
        if (is_ended()) {
            throw StateError(
                join("job ", id_, ": cancel() refused: the job is ", name_of(status_now())));
        }
        cancel_reason_ = std::move(reason);
        while (!ready_.is_empty()) {  // nobody looks at these
            cell_of(ready_.front())->is_scheduled = false;
            ready_.pop();
        }
        const Stamp now = now_stamp();
        for (const std::uint32_t routine : used_) {
            drop_queued(*cell_of(routine), now, dropped);
        }
        for (const auto& [at, due] : due_) {
            drop_one(due.delivery, now, dropped);
        }
        dropped.due.swap(due_);
        sleeping_.store(0);
        awaited_.clear();
        unsettled_.store(0);
        end_.store(static_cast<std::uint8_t>(JobStatus::Cancelled), std::memory_order_release);
    }
    for (CallLog* log : dropped.undone) {
        log->undo();
    }
}

}  // namespace stoplog
