// What travels: an immutable record, counted, shared by all its receivers.
//
// The core carries payloads and never looks inside: a kind says how one ends. The count is atomic,
// unless its maker says that one lock guards it wherever it changes (in Python: the GIL).
#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

namespace stoplog {

struct Payload;

struct PayloadKind {
    /// May run foreign code, so never inside the gate.
    void (*destroy)(Payload*) noexcept = nullptr;
    /// How many bytes it takes, by and large: the same each time. Runs no foreign code, so it may
    /// be asked inside the gate. Null: nobody can tell.
    std::int64_t (*size)(const Payload&) noexcept = nullptr;
};

struct Payload {
    /// Part of a count that needs no atomic instruction, for one lock guards it.
    static constexpr std::uint32_t kGuarded = 1U << 31U;

    const PayloadKind* kind = nullptr;
    std::atomic<std::uint32_t> references{0};

    void retain(std::uint32_t more = 1) noexcept {
        const std::uint32_t seen = references.load(std::memory_order_relaxed);
        if ((seen & kGuarded) != 0) {
            references.store(seen + more, std::memory_order_relaxed);
        } else {
            references.fetch_add(more, std::memory_order_relaxed);
        }
    }
    void release() noexcept {
        const std::uint32_t seen = references.load(std::memory_order_relaxed);
        if ((seen & kGuarded) != 0) {
            references.store(seen - 1, std::memory_order_relaxed);
            if (seen == (kGuarded | 1U)) {
                kind->destroy(this);
            }
        } else if (references.fetch_sub(1, std::memory_order_acq_rel) == 1) {
            kind->destroy(this);
        }
    }
};

/// Owns one reference of a payload.
class PayloadRef {
public:
    PayloadRef() = default;
    /// Adds a reference.
    explicit PayloadRef(Payload* payload) noexcept : payload_(payload) { retain(); }
    /// Takes over a reference.
    [[nodiscard]] static PayloadRef adopt(Payload* payload) noexcept {
        PayloadRef adopted;
        adopted.payload_ = payload;
        return adopted;
    }
    PayloadRef(const PayloadRef& other) noexcept : payload_(other.payload_) { retain(); }
    PayloadRef(PayloadRef&& other) noexcept : payload_(std::exchange(other.payload_, nullptr)) {}
    PayloadRef& operator=(const PayloadRef& other) noexcept {
        PayloadRef(other).swap(*this);
        return *this;
    }
    PayloadRef& operator=(PayloadRef&& other) noexcept {
        PayloadRef(std::move(other)).swap(*this);
        return *this;
    }
    ~PayloadRef() { drop(); }

    void swap(PayloadRef& other) noexcept { std::swap(payload_, other.payload_); }
    [[nodiscard]] Payload* get() const noexcept { return payload_; }
    /// Hands over its reference.
    [[nodiscard]] Payload* release() noexcept { return std::exchange(payload_, nullptr); }
    [[nodiscard]] explicit operator bool() const noexcept { return payload_ != nullptr; }

private:
    void retain() const noexcept {
        if (payload_ != nullptr) {
            payload_->retain();
        }
    }
    void drop() const noexcept {
        if (payload_ != nullptr) {
            payload_->release();
        }
    }
    Payload* payload_ = nullptr;
};

}  // namespace stoplog
