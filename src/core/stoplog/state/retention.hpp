// How much history a job keeps. It is a part of the job's state, so a resumed job goes on with it.
#pragma once

#include <cstdint>

namespace stoplog {

/// A negative number is no bound. What is failed stays for `failures_ttl`, whatever `size`, `ttl`
/// and `bytes` say; then they count for it, too.
struct Retention {
    std::int64_t size = -1;          // records, the newest
    std::int64_t ttl = -1;           // nanoseconds since an attempt ended
    std::int64_t bytes = -1;         // an estimate, see PayloadKind::size
    std::int64_t failures_ttl = -1;  // nanoseconds, likewise; negative: as all others
    bool keeps_payloads = true;
    bool operator==(const Retention&) const = default;
};

}  // namespace stoplog
