// Two threads that share a processor never overtake each other: puts them on different ones.
#pragma once

#ifdef __linux__
#  include <sched.h>
#endif

namespace stoplog::test {

/// This thread stays on the first or the last processor that it may use.
inline void stay_on([[maybe_unused]] bool is_first) {
#ifdef __linux__
    cpu_set_t allowed;
    cpu_set_t chosen;
    CPU_ZERO(&chosen);
    sched_getaffinity(0, sizeof(allowed), &allowed);
    int last = -1;
    for (int i = 0; i < CPU_SETSIZE && !(is_first && last >= 0); ++i) {
        last = CPU_ISSET(i, &allowed) ? i : last;
    }
    CPU_SET(last, &chosen);
    sched_setaffinity(0, sizeof(chosen), &chosen);
#endif
}

}  // namespace stoplog::test
