// What a commit that somebody hears of comes to: copied before it, told after it.
//
// Whoever waits for the end of the job waits until its last telling has ended.
#pragma once

#include "stoplog/engine/job.hpp"

#include <optional>

namespace stoplog {

class Job::Telling {
public:
    /// Requires: the call's emissions are still in it.
    Telling(Job& job, const Cell& cell, Call& call, const Attempt& attempt, const ErrorText& error)
        : job_(job) {
        job_.telling_.fetch_add(1);
        if (job_.is_heard_.load(std::memory_order_relaxed)) {
            copy(cell, call, attempt, error);
        }
    }
    Telling(const Telling&) = delete;
    Telling& operator=(const Telling&) = delete;
    ~Telling() { job_.telling_.fetch_sub(1); }

    [[nodiscard]] bool is_wanted() const { return told_.has_value(); }
    /// After the gate. Runs foreign code.
    void tell() const {
        if (told_) {
            job_.committed(*told_);
        }
    }

private:
    void copy(const Cell& cell, Call& call, const Attempt& attempt, const ErrorText& error);

    Job& job_;
    std::optional<Committed> told_;
};

}  // namespace stoplog
