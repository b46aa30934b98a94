// What becomes of a call that failed: its policy says, and whoever may choose one is asked first.
#include "stoplog/base/error.hpp"
#include "stoplog/engine/inside.hpp"
#include "stoplog/engine/job.hpp"
#include "stoplog/engine/telling.hpp"

#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace stoplog {

// Null: the job pauses, or has ended, for what the undo dropped, and who is asked, may run
// anything.
std::optional<ErrorRule> Job::choose_rule(Cell& cell, Call& call, Failure& failure) {
    std::optional<ErrorRule> rule;
    if (!is_ended()) {
        const std::uint32_t slot = call.delivery().slot;
        cell.in_call.store(slot, std::memory_order_relaxed);  // it may look at the delivery
        rule = cell.handler->choose(call, failure, plan_->slots[slot].on_error);
        cell.in_call.store(kNone, std::memory_order_relaxed);
    }
    if (is_ended()) {
        cell.cancelled = Chain<Delivery>();
        return std::nullopt;
    }
    if (!rule) {
        interrupt(std::move(failure));
    }
    return rule;
}

// The handler failed. The attempt leaves no trace but its record; the policy says what follows.
template <class Lanes>
bool Job::decide(Lanes& lanes, Cell& cell, Call& call, Stamp began, Stamp ended) {
    Failure failure = std::exchange(call.failure, Failure());
    undo(cell, call);
    const std::optional<ErrorRule> rule = choose_rule(cell, call, failure);
    if (!rule) {
        return true;
    }
    ErrorPolicy policy = rule->policy;
    ErrorText text(failure.error.type + ": " + failure.error.message);
    if (policy == ErrorPolicy::Retry) {
        const Retry& retry = *rule->retry;
        const std::uint32_t tried = call.attempt() - cell.tries.forgiven;
        if (tried < retry.max_attempts && cell.handler->is_retried(retry, failure)) {
            return postpone(lanes, cell, call, retry, std::move(text),
                            {began, ended, Outcome::Failed, call.attempt(),
                             history_.bytes_of(call.delivery().payload)});
        }
        policy = retry.then;
    }
    if (policy == ErrorPolicy::Stop) {
        stop_at(cell, call, std::move(failure), std::move(text),
                {began, ended, Outcome::Failed, call.attempt(),
                 history_.bytes_of(call.delivery().payload)});
        return true;
    }
    call.error_text = std::move(text);
    return commit(lanes, cell, call,
                  {began, ended, policy == ErrorPolicy::Skip ? Outcome::Skipped : Outcome::Failed,
                   call.attempt()});
}

// It goes on as a failed call does, though its handler returned.
template <class Lanes>
bool Job::refuse(Lanes& lanes, Cell& cell, Call& call, std::uint32_t slot, const Attempt& attempt) {
    cell.handler->refuse(
        join("slot '", plan_->legend->slot_path(slot), "' is full: it holds its capacity of ",
             std::to_string(plan_->slots[slot].capacity), " and refuses more"),
        call.failure);
    return decide(lanes, cell, call, attempt.began, attempt.ended);
}

// The delivery stays at its place, to be tried again; the job has failed.
void Job::stop_at(Cell& cell, Call& call, Failure failure, ErrorText text, const Attempt& attempt) {
    const Delivery& delivery = call.delivery();
    failure.error.routine = plan_->legend->routines[cell.routine].name;
    failure.error.slot = plan_->legend->slots[delivery.slot].name;
    failure.error.attempt = call.attempt();
    if (delivery.connection != kNone) {
        failure.fed_by = plan_->legend->event_path(delivery.connection);
    }
    const Telling telling(*this, cell, call, attempt, text);
    {
        Evicted evicted;
        const Inside inside(*this);
        if (is_ended()) {
            return;
        }
        {
            const std::lock_guard lock(history_lock_);
            history_.note_late(attempt.ended);
            history_.write_otherwise(delivery, delivery.payload, attempt, std::move(text), evicted);
        }
        ++cell.tries.failed;
        end_by(std::move(failure));
    }
    telling.tell();
}

// The delivery stays at its place; the job is paused.
void Job::interrupt(Failure failure) {
    const MutexLock lock(mutex_);
    interruption_ = std::move(failure);
    is_paused_.store(true);
}

template bool Job::refuse(OneLane&, Cell&, Call&, std::uint32_t, const Attempt&);
template bool Job::refuse(ManyLanes&, Cell&, Call&, std::uint32_t, const Attempt&);
template bool Job::decide(OneLane&, Cell&, Call&, Stamp, Stamp);
template bool Job::decide(ManyLanes&, Cell&, Call&, Stamp, Stamp);

}  // namespace stoplog
