// The gate of a job: commits of many runners pass it side by side, a cut closes it for an instant.
//
// A runner says where it is inside, then looks whether the gate is closed; a closer says closed,
// then looks who is inside. Each needs its store seen before its load. The closer pays for both
// with a barrier in all threads (membarrier), so that passing costs a plain store and a load; where
// the system has no such barrier, everybody pays with fences. Inside there are only our own counts
// and pointers: no foreign code, no destructor of what the core only carries, and nobody waits for
// anything but another such instant.
#pragma once

#include "stoplog/base/mutex.hpp"
#include "stoplog/base/point.hpp"
#include "stoplog/base/thread_local.hpp"

#include <atomic>
#include <cstdint>

namespace stoplog {

class Gate;

/// Where one thread stands: the gate that it is inside of, or null. On a line of its own.
struct alignas(64) Passage {
    std::atomic<const Gate*> inside{nullptr};
};

// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables): one per thread, by design
extern thread_local constinit Passage* own_passage STOPLOG_FAST_TLS;

/// Gives this thread a passage of its own, until it ends. Others enter by the gate's door.
void take_passage();

/// How the order between the two sides is paid for.
enum class Fencing : std::uint8_t { Closer, Everybody };
namespace gate_detail {
/// What this system can do; STOPLOG_GATE=fences in the environment asks for fences.
extern const Fencing kFencing;
}  // namespace gate_detail

class Gate {
public:
    Gate() = default;
    Gate(const Gate&) = delete;
    Gate& operator=(const Gate&) = delete;
    ~Gate() = default;

    void enter() noexcept STOPLOG_UNCHECKED {
        reach(Point::Gate);
        if (own_passage == nullptr) [[unlikely]] {
            door_mutex_.lock();
            enter_by(door_);
        } else {
            enter_by(*own_passage);
        }
    }
    void leave() noexcept STOPLOG_UNCHECKED {
        if (own_passage == nullptr) [[unlikely]] {
            door_.inside.store(nullptr, std::memory_order_release);
            door_mutex_.unlock();
        } else {
            own_passage->inside.store(nullptr, std::memory_order_release);
        }
    }

    /// Waits until nobody is inside, and keeps everybody out. Throws StateError where the system
    /// refuses the barrier; the gate is open then.
    void close() STOPLOG_UNCHECKED;
    void open() noexcept STOPLOG_UNCHECKED;

private:
    void enter_by(Passage& passage) noexcept {
        const bool is_fenced = gate_detail::kFencing == Fencing::Everybody;
        for (;;) {
            if (is_fenced) [[unlikely]] {
                passage.inside.store(this, std::memory_order_seq_cst);
            } else {
                // Release: a closer of the gate that this thread has just left may see only this.
                passage.inside.store(this, std::memory_order_release);
                std::atomic_signal_fence(std::memory_order_seq_cst);  // the closer does the rest
            }
            if (!is_closed_.load(is_fenced ? std::memory_order_seq_cst : std::memory_order_acquire))
                [[likely]] {
                return;
            }
            passage.inside.store(nullptr, std::memory_order_release);
            wait_until_open();
        }
    }
    void wait_until_open() noexcept;
    void let_waiting_pass() noexcept;
    void wait_until_left(const Passage& passage) const noexcept;

    std::atomic<bool> is_closed_{false};
    std::atomic<std::uint32_t> waiting_{0};
    Mutex door_mutex_;  // threads without a passage enter one at a time
    Mutex closer_;      // one cut at a time
    Passage door_;
};

/// Inside the gate, where the job has many runners.
template <class Lanes>
class GatePass {
public:
    explicit GatePass(Gate& gate) noexcept : gate_(gate) {
        if constexpr (Lanes::kIsShared) {
            gate_.enter();
        }
    }
    ~GatePass() {
        if constexpr (Lanes::kIsShared) {
            gate_.leave();
        }
    }
    GatePass(const GatePass&) = delete;
    GatePass& operator=(const GatePass&) = delete;

private:
    [[maybe_unused]] Gate& gate_;
};

/// Keeps a gate closed. Null: there is nobody to keep out.
class GateClosure {
public:
    explicit GateClosure(Gate* gate) : gate_(gate) {
        if (gate_ != nullptr) {
            gate_->close();
        }
    }
    ~GateClosure() {
        if (gate_ != nullptr) {
            gate_->open();
        }
    }
    GateClosure(const GateClosure&) = delete;
    GateClosure& operator=(const GateClosure&) = delete;

private:
    Gate* gate_;
};

}  // namespace stoplog
