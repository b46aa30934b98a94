// The lock of the house: a std::mutex that Clang's thread-safety analysis can see. Where a test
// decides which thread goes on, it decides here too.
#pragma once

#include "stoplog/base/point.hpp"

#include <mutex>

#if defined(__clang__)
#  define STOPLOG_ANNOTATE(x) __attribute__((x))
#else
#  define STOPLOG_ANNOTATE(x)
#endif
#define STOPLOG_CAPABILITY(name) STOPLOG_ANNOTATE(capability(name))
#define STOPLOG_SCOPED_CAPABILITY STOPLOG_ANNOTATE(scoped_lockable)
#define STOPLOG_GUARDED_BY(mutex) STOPLOG_ANNOTATE(guarded_by(mutex))
#define STOPLOG_REQUIRES(...) STOPLOG_ANNOTATE(requires_capability(__VA_ARGS__))
#define STOPLOG_EXCLUDES(...) STOPLOG_ANNOTATE(locks_excluded(__VA_ARGS__))
#define STOPLOG_ACQUIRE(...) STOPLOG_ANNOTATE(acquire_capability(__VA_ARGS__))
#define STOPLOG_RELEASE(...) STOPLOG_ANNOTATE(release_capability(__VA_ARGS__))
/// For locks in a loop or a branch, which the analysis cannot follow.
#define STOPLOG_UNCHECKED STOPLOG_ANNOTATE(no_thread_safety_analysis)
#define STOPLOG_ACQUIRED_AFTER(...) STOPLOG_ANNOTATE(acquired_after(__VA_ARGS__))

namespace stoplog {

class STOPLOG_CAPABILITY("mutex") Mutex {
public:
    void lock() STOPLOG_ACQUIRE() {
        if (interleaver == nullptr) [[likely]] {
            mutex_.lock();
            return;
        }
        while (!mutex_.try_lock()) {
            interleaver->reached(Point::Blocked);
        }
    }
    bool try_lock() STOPLOG_ANNOTATE(try_acquire_capability(true)) { return mutex_.try_lock(); }
    void unlock() STOPLOG_RELEASE() { mutex_.unlock(); }

private:
    std::mutex mutex_;
};

class STOPLOG_SCOPED_CAPABILITY MutexLock {
public:
    explicit MutexLock(Mutex& mutex) STOPLOG_ACQUIRE(mutex) : mutex_(mutex) { mutex_.lock(); }
    ~MutexLock() STOPLOG_RELEASE() { mutex_.unlock(); }

    MutexLock(const MutexLock&) = delete;
    MutexLock& operator=(const MutexLock&) = delete;

private:
    Mutex& mutex_;
};

}  // namespace stoplog
