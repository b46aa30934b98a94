// What is kept, and for how long: the ways of a record that cost more than a look.
#include "stoplog/engine/history.hpp"

#include <limits>

namespace stoplog {
namespace {

// A state that somebody made holds any number: what is too much is the most.
Stamp later(Stamp stamp, std::int64_t ticks) {
    Stamp sum = 0;
    return __builtin_add_overflow(stamp, ticks, &sum)
               ? (ticks < 0 ? std::numeric_limits<Stamp>::min() : std::numeric_limits<Stamp>::max())
               : sum;
}

Stamp end_of(const Record& record) { return later(record.began, record.ticks); }

std::int64_t age_of(Stamp ended, Stamp now) {
    std::int64_t age = 0;
    if (__builtin_sub_overflow(now, ended, &age)) {
        return ended < now ? std::numeric_limits<std::int64_t>::max() : 0;
    }
    return age;
}

std::int64_t ticks_of(std::int64_t nanoseconds, const Timebase& timebase) {
    return nanoseconds < 0 ? -1 : timebase.ticks(nanoseconds);
}

bool is_over(Stamp ended, std::int64_t ttl, Stamp now) {
    return ttl >= 0 && age_of(ended, now) >= ttl;
}

}  // namespace

History::History(const Retention& retention, const Timebase& timebase)
    : oldest_(timebase.origin), retention_(retention) {
    learn(timebase);
    look_again(timebase.origin);
}

void History::learn(const Timebase& timebase) {
    ttl_ = ticks_of(retention_.ttl, timebase);
    failures_ttl_ = ticks_of(retention_.failures_ttl, timebase);
}

// The oldest record is the first, or one that was noted as late: that one waits for a reader.
void History::look_again(Stamp now) {
    if (counts_bytes() || failures_ttl_ >= 0 || !retention_.keeps_payloads) {
        look_at_ = std::numeric_limits<Stamp>::min();
    } else if (ttl_ < 0) {
        look_at_ = std::numeric_limits<Stamp>::max();
    } else {
        look_at_ = later(records_.is_empty() ? now : end_of(records_.front()), ttl_);
    }
}

std::int64_t History::estimate(const PayloadRef& payload) const {
    const auto record = static_cast<std::int64_t>(sizeof(Record));
    const bool is_known = payload && payload.get()->kind->size != nullptr;
    return record +
           (is_known && retention_.keeps_payloads ? payload.get()->kind->size(*payload.get()) : 0);
}

void History::write_otherwise(const Delivery& delivery, PayloadRef payload, const Attempt& attempt,
                              ErrorText error, Evicted& evicted) {
    if (!retention_.keeps_payloads) {
        evicted.payload.swap(payload);
    }
    count(emplace(delivery, std::move(payload), attempt, std::move(error)), attempt.bytes);
    bound(attempt.ended, evicted);
}

void History::restore(Record record, Stamp now) {
    note_late(end_of(record));
    if (!retention_.keeps_payloads) {
        record.payload = PayloadRef();
    }
    const std::int64_t bytes = bytes_of(record.payload);
    count(records_.emplace(std::move(record)), bytes);
    Evicted evicted;
    bound(now, evicted);
}

void History::count(const Record& newest, std::int64_t bytes) {
    if (counts_bytes()) {
        bytes += newest.error ? static_cast<std::int64_t>((*newest.error).size()) : 0;
        sizes_.push_back(bytes);
        bytes_ += bytes;
    }
}

void History::bound(Stamp now, Evicted& evicted) {
    const auto size = static_cast<std::uint64_t>(retention_.size);  // negative: huge
    while (!records_.is_empty() &&
           (records_.size() > size || (counts_bytes() && bytes_ > retention_.bytes) ||
            is_over(end_of(records_.front()), ttl_, now))) {
        forget_oldest(now, evicted);
    }
    while (!failures_.is_empty() && is_over(end_of(failures_.front()), failures_ttl_, now)) {
        take_out(failures_, evicted);
    }
    look_again(now);
}

bool History::is_kept_failure(const Record& record, Stamp now) const {
    return failures_ttl_ >= 0 && record.outcome == Outcome::Failed &&
           !is_over(end_of(record), failures_ttl_, now);
}

void History::forget_oldest(Stamp now, Evicted& evicted) {
    Record& oldest = records_.front();
    if (is_kept_failure(oldest, now)) {
        failures_.push(records_.is_front_shared() ? Record(oldest) : std::move(oldest));
    }
    if (counts_bytes()) {
        bytes_ -= sizes_.front();
        sizes_.pop_front();
    }
    take_out(records_, evicted);
}

void History::take_out(Chain<Record>& from, Evicted& evicted) {
    const bool is_free = !evicted.payload && !evicted.segment;
    Evicted& gone = is_free ? evicted : evicted.another();
    const bool is_shared = from.is_front_shared();
    if (!is_shared) {
        gone.payload.swap(from.front().payload);
    }
    gone.segment = from.discard(is_shared);
}

// What was written late may stand behind what is younger: it is passed over.
Chain<Record>::View History::view(const Timebase& timebase, Evicted& evicted) {
    learn(timebase);
    const Stamp now = timebase.origin;
    if (failures_.is_empty() && !is_over(oldest_, ttl_, now)) [[likely]] {
        return records_.view();
    }
    bound(now, evicted);
    oldest_ = now;
    bool has_old = false;
    const Chain<Record>::View newest = records_.view();
    newest.each([&](const Record& record) {
        oldest_ = std::min(oldest_, end_of(record));
        has_old = has_old || is_over(end_of(record), ttl_, now);
    });
    Chain<Record>::View seen = failures_.view().filtered(
        [&](const Record& record) { return is_kept_failure(record, now); });
    seen.append(!has_old ? newest : newest.filtered([&](const Record& record) {
        return !is_over(end_of(record), ttl_, now) || is_kept_failure(record, now);
    }));
    return seen;
}

std::shared_ptr<JobState> retained(const JobState& state, const Retention& retention) {
    Timebase then = state.timebase;
    then.origin = then.stamp(state.taken_at);
    then.origin_wall = state.taken_at;
    History history(retention, then);
    state.history.each([&](const Record& record) { history.restore(record, then.origin); });
    auto thinned = std::make_shared<JobState>(state);
    Evicted evicted;
    thinned->history = history.view(then, evicted);
    thinned->retention = retention;
    return thinned;
}

}  // namespace stoplog
