// Waiting for what another thread is about to do: short first, then politely.
#include "stoplog/base/point.hpp"

#include <thread>

#if defined(__x86_64__) || defined(_M_X64)
#  include <immintrin.h>
#endif

namespace stoplog {

// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables): one per thread, by design
thread_local constinit Interleaver* interleaver = nullptr;

void give_way(unsigned tries) {
    constexpr unsigned kSpins = 64;
    if (interleaver != nullptr) {
        interleaver->reached(Point::Blocked);
    } else if (tries < kSpins) {
#if defined(__x86_64__) || defined(_M_X64)
        _mm_pause();
#endif
    } else {
        std::this_thread::yield();
    }
}

}  // namespace stoplog
