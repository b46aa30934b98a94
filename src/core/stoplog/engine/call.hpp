// One run of a handler: notes of what it emitted and asked for, until it returns.
//
// Lives on the runner's stack and is used again hop after hop. `current_call` is the call that this
// thread is in; it is set once per run, its cell once per hop.
#pragma once

#include "stoplog/base/inline.hpp"
#include "stoplog/base/thread_local.hpp"
#include "stoplog/state/delivery.hpp"
#include "stoplog/state/job_state.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace stoplog {

class Job;
struct Cell;

struct Emission {
    PayloadRef payload;
    std::uint32_t event = 0;  // of the running routine, in the order of declaration
};

/// How a handler ended.
enum class Verdict : std::uint8_t {
    Done,
    Failed,       // the slot's policy decides
    Interrupted,  // the call is undone, the delivery stays, the job is paused
};

/// A failed attempt, told by the handler. Its exception is the foreign side's own.
struct Failure {
    JobError error;
    std::string fed_by;  // "extract.rows"; empty: from outside
    std::shared_ptr<void> exception;
    const char* part = nullptr;  // of the call, where it was not the handler that failed
};

class Call {
public:
    static constexpr std::uint32_t kInline = 8;

    Call(Job& job, Call* outer) : job_(job), outer_(outer) {}

    [[nodiscard]] Job& job() const { return job_; }
    /// The call that this thread was in when it began to run this job, or null.
    [[nodiscard]] Call* outer() const { return outer_; }
    /// Null between handlers.
    [[nodiscard]] Cell* cell() const { return cell_; }
    /// Requires: `cell` is not null. The head of its mailbox, there until the call has ended.
    [[nodiscard]] const Delivery& delivery() const { return *delivery_; }
    /// The foreign object whose handler runs: who else emits here is mistaken.
    [[nodiscard]] const void* identity() const { return identity_; }
    [[nodiscard]] std::uint32_t attempt() const { return attempt_; }

    void begin(Cell& cell, const Delivery& delivery, const void* identity, std::uint32_t attempt) {
        cell_ = &cell;
        delivery_ = &delivery;
        identity_ = identity;
        attempt_ = attempt;
    }
    /// The handler has returned: nobody can emit any more.
    void close() { identity_ = nullptr; }
    /// Nobody can for a while: gives out what `reopen` takes back.
    [[nodiscard]] const void* suspend() { return std::exchange(identity_, nullptr); }
    void reopen(const void* identity) { identity_ = identity; }

    STOPLOG_INLINE void note(PayloadRef payload, std::uint32_t event) {
        if (count_ >= kInline) [[unlikely]] {
            spilled_.push_back({std::move(payload), event});
        } else {
            emissions_[count_].payload.swap(payload);  // that was empty
            emissions_[count_].event = event;
        }
        ++count_;
    }
    [[nodiscard]] std::uint32_t emission_count() const { return count_; }
    [[nodiscard]] Emission& emission(std::uint32_t i) {
        return i < kInline ? emissions_[i] : spilled_[i - kInline];
    }
    void note_expectation(std::uint32_t slot) { expected_.push_back(slot); }
    [[nodiscard]] std::vector<std::uint32_t>& expected() { return expected_; }

    /// Every note was given away.
    STOPLOG_INLINE void forget_given() {
        count_ = 0;
        if (!spilled_.empty() || !expected_.empty()) [[unlikely]] {
            forget();
        }
    }
    /// Drops the notes, which may run foreign code.
    void forget() {
        const std::uint32_t inlined = count_ < kInline ? count_ : kInline;
        count_ = 0;
        for (std::uint32_t i = 0; i < inlined; ++i) {
            emissions_[i].payload = PayloadRef();
        }
        if (!spilled_.empty()) [[unlikely]] {
            std::vector<Emission>().swap(spilled_);
        }
        if (!expected_.empty()) [[unlikely]] {
            expected_.clear();
        }
    }

    Failure failure;       // of the attempt that has just failed
    ErrorText error_text;  // for the record of a delivery given up

private:
    Cell* cell_ = nullptr;
    const void* identity_ = nullptr;
    Job& job_;
    Call* outer_;
    const Delivery* delivery_ = nullptr;
    std::uint32_t attempt_ = 1;
    std::uint32_t count_ = 0;
    std::array<Emission, kInline> emissions_;
    std::vector<Emission> spilled_;  // the ninth and later
    std::vector<std::uint32_t> expected_;
};

// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables): one per thread, by design
extern thread_local constinit Call* current_call STOPLOG_FAST_TLS;

/// Is this thread in a handler of `job`, directly or through a job that such a handler runs?
[[nodiscard]] bool is_in_call_of(const Job& job);

}  // namespace stoplog
