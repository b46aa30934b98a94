// A queue of counted segments: pushed at the end, taken from the front, cut by sharing segments.
//
// A cut (View) takes segments, not items, so its cost does not grow with what is queued item by
// item. An item is never changed once pushed, and is moved out only of a segment nobody else holds.
// Requires: one at a time pushes, takes or cuts. A view may be read and dropped on any thread.
#pragma once

#include "stoplog/base/inline.hpp"

#include <algorithm>
#include <atomic>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <utility>
#include <vector>

namespace stoplog {

template <class T>
class Chain {
    static constexpr std::uint32_t kFirst = 4;
    static constexpr std::uint32_t kLargest = 64;

    class Segment {
    public:
        static Segment* make(std::uint32_t room) {
            void* memory = ::operator new(sizeof(Segment) + room * sizeof(T), kAlignment);
            // NOLINTNEXTLINE(cppcoreguidelines-owning-memory): its own count owns it, see release
            return new (memory) Segment(room);
        }
        void retain() { references_.fetch_add(1, std::memory_order_relaxed); }
        void release() {
            if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
                clear();
                this->~Segment();
                ::operator delete(static_cast<void*>(this), kAlignment);
            }
        }
        [[nodiscard]] bool is_shared() const {
            return references_.load(std::memory_order_acquire) > 1;
        }
        /// The next item is passed over; where the segment is shared, it keeps what it holds.
        void note_passed() { keeps_ = keeps_ || is_shared(); }
        [[nodiscard]] bool is_empty_shell() const { return !keeps_ && !is_shared(); }
        [[nodiscard]] bool is_full() const { return filled() == room_; }
        [[nodiscard]] std::uint32_t room() const { return room_; }
        /// May grow while a view looks at what was there before.
        [[nodiscard]] std::uint32_t filled() const {
            return filled_.load(std::memory_order_relaxed);
        }
        [[nodiscard]] T& at(std::uint32_t i) { return items()[i]; }
        template <class... Parts>
        STOPLOG_INLINE T& emplace(Parts&&... parts) {
            const std::uint32_t at = filled();
            T& made = *new (items() + at) T{std::forward<Parts>(parts)...};
            filled_.store(at + 1, std::memory_order_relaxed);
            return made;
        }
        void clear() {
            std::destroy_n(items(), filled());
            filled_.store(0, std::memory_order_relaxed);
        }

    private:
        static constexpr std::align_val_t kAlignment{
            std::max(alignof(T), alignof(std::max_align_t))};
        explicit Segment(std::uint32_t room) : room_(room) {}
        T* items() { return reinterpret_cast<T*>(this + 1); }

        alignas(std::max(alignof(T),
                         alignof(std::uint64_t))) std::atomic<std::uint32_t> references_{1};
        std::uint32_t room_;
        std::atomic<std::uint32_t> filled_{0};
        bool keeps_ = false;
    };

public:
    /// What a chain held at one moment. Keeps its segments alive, and so their items.
    class View {
    public:
        View() = default;
        View(const View& other)
            : segments_(other.segments_), first_(other.first_), size_(other.size_) {
            for (Segment* segment : segments_) {
                segment->retain();
            }
        }
        View(View&& other) noexcept { swap(other); }
        View& operator=(const View& other) {
            View(other).swap(*this);
            return *this;
        }
        View& operator=(View&& other) noexcept {
            View(std::move(other)).swap(*this);
            return *this;
        }
        ~View() {
            for (Segment* segment : segments_) {
                segment->release();
            }
        }

        [[nodiscard]] std::size_t size() const { return size_; }

        /// Calls `look(item)` for each item, oldest first.
        template <class Look>
        void each(Look&& look) const {
            std::size_t left = size_;
            std::uint32_t from = first_;
            for (Segment* segment : segments_) {
                const auto stop = static_cast<std::uint32_t>(
                    std::min<std::size_t>(segment->filled(), from + left));
                for (std::uint32_t i = from; i < stop; ++i) {
                    look(static_cast<const T&>(segment->at(i)));
                }
                left -= stop - from;
                from = 0;
            }
        }

    private:
        friend class Chain;
        void swap(View& other) noexcept {
            std::swap(segments_, other.segments_);
            std::swap(first_, other.first_);
            std::swap(size_, other.size_);
        }
        std::vector<Segment*> segments_;
        std::uint32_t first_ = 0;
        std::size_t size_ = 0;
    };

    Chain() = default;
    Chain(Chain&& other) noexcept { swap(other); }
    Chain& operator=(Chain&& other) noexcept {
        Chain moved(std::move(other));
        swap(moved);
        return *this;
    }
    Chain(const Chain&) = delete;
    Chain& operator=(const Chain&) = delete;
    ~Chain() {
        for (std::size_t i = head_; i < segments_.size(); ++i) {
            segments_[i]->release();
        }
    }

    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] bool is_empty() const { return size_ == 0; }

    /// Requires: not empty.
    [[nodiscard]] T& front() {
        assert(front_ != nullptr);
        return front_->at(first_);
    }
    [[nodiscard]] const T& front() const {
        assert(front_ != nullptr);
        return front_->at(first_);
    }

    /// The item that was pushed last. Requires: not empty, and no cut since that push.
    [[nodiscard]] T& newest() { return tail_->at(tail_->filled() - 1); }

    void push(T item) { emplace(std::move(item)); }

    /// Makes the newest item in its place.
    template <class... Parts>
    STOPLOG_INLINE T& emplace(Parts&&... parts) {
        Segment* tail = tail_;
        if (tail == nullptr || tail->is_full()) [[unlikely]] {
            tail = grow();
        }
        ++size_;
        return tail->emplace(std::forward<Parts>(parts)...);
    }

    /// Takes the oldest item: moved where nobody else holds its segment, copied where a cut does.
    T pop() {
        T taken = is_front_shared() ? T(front()) : T(std::move(front()));
        const Retired retired = discard();
        return taken;
    }
    /// Must the oldest item be copied, because a cut holds its segment?
    [[nodiscard]] bool is_front_shared() const {
        assert(front_ != nullptr);
        return front_->is_shared();
    }
    /// A segment that a chain has done with: whoever holds the last share destroys its items.
    class Retired {
    public:
        Retired() = default;
        explicit Retired(Segment* segment) noexcept : segment_(segment) {}
        Retired(Retired&& other) noexcept : segment_(std::exchange(other.segment_, nullptr)) {}
        Retired& operator=(Retired&& other) noexcept {
            std::swap(segment_, other.segment_);
            return *this;
        }
        Retired(const Retired&) = delete;
        Retired& operator=(const Retired&) = delete;
        STOPLOG_INLINE ~Retired() {
            if (segment_ != nullptr) [[unlikely]] {
                drop();
            }
        }

    private:
        // Once a segment, so out of the way of the hop.
        [[gnu::noinline]] void drop() noexcept { segment_->release(); }

        Segment* segment_ = nullptr;
    };

    /// Passes over the oldest item, and gives out the segment that is done with by that: what is
    /// left in it may run foreign code when it goes, so it goes after the gate.
    [[nodiscard]] STOPLOG_INLINE Retired discard() {
        Segment* const front = front_;
        front->note_passed();
        ++first_;
        --size_;
        if (size_ == 0 && front->is_empty_shell()) {  // used again at once: nothing is left in it
            front->clear();
            first_ = 0;
            return {};
        }
        return Retired(first_ == front->room() ? retire_head() : nullptr);
    }

    [[nodiscard]] View view() const {
        View view;
        view.size_ = size_;
        view.first_ = first_;
        if (size_ != 0) {
            view.segments_.assign(segments_.begin() + static_cast<std::ptrdiff_t>(head_),
                                  segments_.end());
        }
        for (Segment* segment : view.segments_) {
            segment->retain();
        }
        return view;
    }

private:
    // The head has nothing left to give.
    Segment* retire_head() {
        Segment* const segment = front_;
        ++head_;
        first_ = 0;
        if (head_ == segments_.size()) {
            segments_.clear();
            head_ = 0;
            front_ = tail_ = nullptr;
            return segment;
        }
        front_ = segments_[head_];
        if (head_ >= kLargest && head_ * 2 >= segments_.size()) {
            segments_.erase(segments_.begin(),
                            segments_.begin() + static_cast<std::ptrdiff_t>(head_));
            head_ = 0;
        }
        return segment;
    }
    Segment* grow() {
        const std::uint32_t room =
            tail_ == nullptr ? kFirst : std::min(tail_->room() * 2, kLargest);
        segments_.push_back(Segment::make(room));
        tail_ = segments_.back();
        front_ = segments_[head_];
        return tail_;
    }
    void swap(Chain& other) noexcept {
        std::swap(segments_, other.segments_);
        std::swap(front_, other.front_);
        std::swap(tail_, other.tail_);
        std::swap(head_, other.head_);
        std::swap(first_, other.first_);
        std::swap(size_, other.size_);
    }

    Segment* front_ = nullptr;
    Segment* tail_ = nullptr;
    std::size_t size_ = 0;
    std::uint32_t first_ = 0;  // in the front segment
    std::uint32_t head_ = 0;   // where the front segment stands
    std::vector<Segment*> segments_;
};

}  // namespace stoplog
