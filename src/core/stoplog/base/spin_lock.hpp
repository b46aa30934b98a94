// A lock of one byte, for some dozen instructions: never held across foreign code or a system call.
#pragma once

#include "stoplog/base/mutex.hpp"
#include "stoplog/base/point.hpp"

#include <atomic>

namespace stoplog {

class STOPLOG_CAPABILITY("spin lock") SpinLock {
public:
    void lock() noexcept STOPLOG_ACQUIRE() {
        for (unsigned tries = 0; is_held_.exchange(true, std::memory_order_acquire); ++tries) {
            give_way(tries);
        }
    }
    void unlock() noexcept STOPLOG_RELEASE() { is_held_.store(false, std::memory_order_release); }

private:
    std::atomic<bool> is_held_{false};
};

}  // namespace stoplog
