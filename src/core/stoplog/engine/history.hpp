// The newest records of a job, oldest first. Never needed to resume.
//
// Requires: the gate, for everything; what a write pushes out is destroyed after it.
#pragma once

#include "stoplog/base/chain.hpp"
#include "stoplog/base/clock.hpp"
#include "stoplog/base/inline.hpp"
#include "stoplog/state/delivery.hpp"
#include "stoplog/state/record.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

namespace stoplog {

/// One attempt to handle a delivery.
struct Attempt {
    Stamp began;
    Stamp ended;
    Outcome outcome;
    std::uint32_t number;  // counted from 1
};

/// What a new record pushed out: it goes after the gate.
struct Evicted {
    PayloadRef payload;
    Chain<Record>::Retired segment;
};

class History {
public:
    /// Keeps `limit` records; negative: all.
    explicit History(std::int64_t limit) : limit_(limit) {}

    [[nodiscard]] std::int64_t limit() const { return limit_; }
    [[nodiscard]] Chain<Record>::View view() const { return records_.view(); }

    /// Requires: nothing is in `evicted` yet.
    STOPLOG_INLINE void write(const Delivery& delivery, PayloadRef payload, const Attempt& attempt,
                              Evicted& evicted) {
        if (limit_ == 0) [[unlikely]] {
            evicted.payload.swap(payload);
            return;
        }
        records_.emplace(std::move(payload), delivery.number, delivery.root, attempt.began,
                         attempt.ended - attempt.began, delivery.slot, delivery.connection,
                         attempt.number, attempt.outcome, ErrorText());
        forget_oldest(evicted);
    }

    /// Says why the attempt that was written last failed.
    void explain(ErrorText error) {
        if (!records_.is_empty()) {
            records_.newest().error = std::move(error);
        }
    }

    void restore(Record record) {
        records_.push(std::move(record));
        Evicted evicted;
        forget_oldest(evicted);
    }

private:
    STOPLOG_INLINE void forget_oldest(Evicted& evicted) {
        if (records_.size() > static_cast<std::uint64_t>(limit_)) {  // negative: huge
            const bool is_shared = records_.is_front_shared();
            if (!is_shared) {
                evicted.payload.swap(records_.front().payload);
            }
            evicted.segment = records_.discard(is_shared);
        }
    }

    Chain<Record> records_;
    std::int64_t limit_;
};

}  // namespace stoplog
