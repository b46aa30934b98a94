// The ready list: routines that have something to do, each in it once, in the order in which they
// became ready.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>

namespace stoplog {

class ReadyList {
public:
    [[nodiscard]] bool is_empty() const { return head_ == tail_; }
    [[nodiscard]] std::uint32_t size() const { return tail_ - head_; }
    [[nodiscard]] std::uint32_t front() const { return ring_[head_ & mask_]; }
    [[nodiscard]] std::uint32_t at(std::uint32_t i) const { return ring_[(head_ + i) & mask_]; }
    void push(std::uint32_t routine) {
        if (size() > mask_ || !ring_) [[unlikely]] {
            grow();
        }
        ring_[tail_++ & mask_] = routine;
    }
    void pop() { ++head_; }
    /// Another one goes first, for once. Requires: not empty.
    void bring_forward(std::uint32_t i) {
        std::swap(ring_[head_ & mask_], ring_[(head_ + i) & mask_]);
    }
    void clear() { head_ = tail_ = 0; }

private:
    [[gnu::noinline]] void grow() {
        constexpr std::uint32_t kFirst = 8;
        const std::uint32_t room = ring_ ? (mask_ + 1) * 2 : kFirst;
        auto wider = std::make_unique<std::uint32_t[]>(room);
        const std::uint32_t count = size();
        for (std::uint32_t i = 0; i < count; ++i) {
            wider[i] = at(i);
        }
        ring_ = std::move(wider);
        mask_ = room - 1;
        head_ = 0;
        tail_ = count;
    }
    std::unique_ptr<std::uint32_t[]> ring_;
    std::uint32_t mask_ = 0;  // its room, a power of two, less one
    std::uint32_t head_ = 0;
    std::uint32_t tail_ = 0;
};

}  // namespace stoplog
