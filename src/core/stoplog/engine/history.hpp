// The newest records of a job, oldest first. Never needed to resume.
//
// Who writes looks at the age of the oldest record only when it may have come to its end; who reads
// (`view`) sees none that is too old. Requires: the gate, for everything but the making; what is
// pushed out is destroyed after it.
#pragma once

#include "stoplog/base/chain.hpp"
#include "stoplog/base/clock.hpp"
#include "stoplog/base/inline.hpp"
#include "stoplog/state/delivery.hpp"
#include "stoplog/state/job_state.hpp"
#include "stoplog/state/record.hpp"
#include "stoplog/state/retention.hpp"

#include <algorithm>
#include <cstdint>
#include <deque>
#include <memory>
#include <utility>
#include <vector>

namespace stoplog {

/// One attempt to handle a delivery.
struct Attempt {
    Stamp began = 0;
    Stamp ended = 0;
    Outcome outcome = Outcome::Finished;
    std::uint32_t number = 1;  // counted from 1
    std::int64_t bytes = 0;    // of its record, where they are counted (`History::bytes_of`)
};

/// What a new record pushed out: it goes after the gate.
struct Evicted {
    PayloadRef payload;
    Chain<Record>::Retired segment;
    std::unique_ptr<std::vector<Evicted>> more;  // null, as nearly always

    [[nodiscard]] Evicted& another() {
        if (!more) {
            more = std::make_unique<std::vector<Evicted>>();
        }
        return more->emplace_back();
    }
};

class History {
public:
    /// `timebase`: of the stamps that it will be given; its origin is now.
    History(const Retention& retention, const Timebase& timebase);

    [[nodiscard]] const Retention& retention() const { return retention_; }

    /// What is not too old at the origin of this timebase, which is now.
    [[nodiscard]] Chain<Record>::View view(const Timebase& timebase, Evicted& evicted);

    /// Requires: nothing is in `evicted` yet.
    STOPLOG_INLINE void write(const Delivery& delivery, PayloadRef payload, const Attempt& attempt,
                              Evicted& evicted) {
        if (attempt.ended >= look_at_) [[unlikely]] {
            write_otherwise(delivery, std::move(payload), attempt, ErrorText(), evicted);
            return;
        }
        emplace(delivery, std::move(payload), attempt, ErrorText());
        if (records_.size() > static_cast<std::uint64_t>(retention_.size)) {  // negative: huge
            const bool is_shared = records_.is_front_shared();
            if (!is_shared) {
                evicted.payload.swap(records_.front().payload);
            }
            evicted.segment = records_.discard(is_shared);
        }
    }
    /// The same, of any attempt, with what it failed by.
    void write_otherwise(const Delivery& delivery, PayloadRef payload, const Attempt& attempt,
                         ErrorText error, Evicted& evicted);

    /// An attempt that ended then is written later than others that ended after it.
    STOPLOG_INLINE void note_late(Stamp ended) { oldest_ = std::min(oldest_, ended); }

    /// A record of before. Outside the gate.
    void restore(Record record, Stamp now);

    [[nodiscard]] bool counts_bytes() const { return retention_.bytes >= 0; }
    /// Of the record of a delivery with this payload; 0 where nobody counts.
    [[nodiscard]] std::int64_t bytes_of(const PayloadRef& payload) const {
        return counts_bytes() ? estimate(payload) : 0;
    }

private:
    void learn(const Timebase& timebase);
    void look_again(Stamp now);
    [[nodiscard]] std::int64_t estimate(const PayloadRef& payload) const;
    STOPLOG_INLINE Record& emplace(const Delivery& delivery, PayloadRef payload,
                                   const Attempt& attempt, ErrorText error) {
        return records_.emplace(std::move(payload), delivery.number, delivery.root, attempt.began,
                                attempt.ended - attempt.began, delivery.slot, delivery.connection,
                                attempt.number, attempt.outcome, std::move(error));
    }
    void count(const Record& newest, std::int64_t bytes);
    void bound(Stamp now, Evicted& evicted);
    void forget_oldest(Stamp now, Evicted& evicted);
    void take_out(Chain<Record>& from, Evicted& evicted);
    [[nodiscard]] bool is_kept_failure(const Record& record, Stamp now) const;

    Chain<Record> records_;
    Stamp look_at_ = 0;  // an attempt that ended before it is written without a further look
    Stamp oldest_;       // no record ended before it
    Retention retention_;
    std::int64_t ttl_ = -1;  // in ticks; negative: for ever
    std::int64_t failures_ttl_ = -1;
    Chain<Record> failures_;          // older than `records_`, kept because they failed
    std::deque<std::int64_t> sizes_;  // of `records_`, where bytes are counted
    std::int64_t bytes_ = 0;          // their sum
};

/// The same state with the history that such a retention leaves at the moment of its cut.
[[nodiscard]] std::shared_ptr<JobState> retained(const JobState& state, const Retention& retention);

}  // namespace stoplog
