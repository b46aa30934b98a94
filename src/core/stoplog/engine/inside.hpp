// The way in for what is rare: the gate, and the job's mutex.
#pragma once

#include "stoplog/engine/job.hpp"

namespace stoplog {

/// Inside the gate with the job's mutex, where it has a crew: for what is rare. What it drops in
/// there is destroyed after it, so declare that before it.
class Job::Inside {
public:
    explicit Inside(Job& job) STOPLOG_UNCHECKED : job_(job) {
        if (job_.is_shared()) {
            job_.gate_.enter();
            job_.mutex_.lock();
        }
    }
    ~Inside() STOPLOG_UNCHECKED {
        if (job_.is_shared()) {
            job_.mutex_.unlock();
            job_.gate_.leave();
        }
    }
    Inside(const Inside&) = delete;
    Inside& operator=(const Inside&) = delete;

private:
    Job& job_;
};

}  // namespace stoplog
