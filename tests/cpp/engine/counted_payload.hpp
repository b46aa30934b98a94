// Payloads that carry a number and are counted while they live.
#pragma once

#include "stoplog/value/payload.hpp"

#include <atomic>
#include <cstdint>

namespace stoplog::test {

inline std::atomic<std::int64_t> live_payloads = 0;

struct CountedPayload : Payload {
    std::int64_t number;
};

inline const PayloadKind counted_kind{[](Payload* payload) noexcept {
                                          --live_payloads;
                                          delete static_cast<CountedPayload*>(payload);
                                      },
                                      [](const Payload& payload) noexcept {
                                          return static_cast<const CountedPayload&>(payload).number;
                                      }};

inline PayloadRef payload(std::int64_t number) {
    ++live_payloads;
    return PayloadRef(new CountedPayload{{&counted_kind, 0}, number});
}

/// 0 for the delivery of a drained slot, which carries nothing.
inline std::int64_t number_of(const PayloadRef& payload) {
    return payload ? static_cast<const CountedPayload*>(payload.get())->number : 0;
}

}  // namespace stoplog::test
