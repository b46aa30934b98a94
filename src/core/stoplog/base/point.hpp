// The points at which threads meet. A test may decide at each of them which thread goes on, so that
// one seed gives one interleaving; otherwise they cost a look at a thread-local null.
#pragma once

#include "stoplog/base/thread_local.hpp"

#include <cstddef>
#include <cstdint>

namespace stoplog {

enum class Point : std::uint8_t {
    Gate,     // about to enter or to close a gate
    Mailbox,  // about to lock cells
    Parking,  // a call found no room
    Blocked,  // cannot go on before another thread does
    Idle,     // a runner between two tasks
};

class Interleaver {
public:
    Interleaver() = default;
    Interleaver(const Interleaver&) = delete;
    Interleaver& operator=(const Interleaver&) = delete;
    virtual ~Interleaver() = default;
    /// Returns when this thread may go on.
    virtual void reached(Point point) = 0;
    /// Which of so many goes first.
    virtual std::size_t pick([[maybe_unused]] std::size_t count) { return 0; }
};

// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables): one per thread, by design
extern thread_local constinit Interleaver* interleaver STOPLOG_FAST_TLS;

inline void reach(Point point) {
    if (interleaver != nullptr) [[unlikely]] {
        interleaver->reached(point);
    }
}

/// One more try failed: lets others go on.
void give_way(unsigned tries);

}  // namespace stoplog
