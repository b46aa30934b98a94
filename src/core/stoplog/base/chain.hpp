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

    // Where items begin and end in it is the chain's own knowledge, told when it lets go: until
    // then nobody else can be the last to hold it.
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
                std::destroy(live_, live_end_);
                this->~Segment();
                ::operator delete(static_cast<void*>(this), kAlignment);
            }
        }
        [[nodiscard]] bool is_shared() const {
            return references_.load(std::memory_order_acquire) > 1;
        }
        /// This item is passed over and stays, as do all that are passed over later.
        void keep(T* item) { kept_ = kept_ == nullptr ? item : kept_; }
        [[nodiscard]] bool keeps() const { return kept_ != nullptr; }
        /// What the chain has not destroyed.
        void leave(T* from, T* end) {
            live_ = kept_ == nullptr ? from : kept_;
            live_end_ = end;
        }
        [[nodiscard]] std::uint32_t room() const { return room_; }
        [[nodiscard]] T* items() { return reinterpret_cast<T*>(this + 1); }
        [[nodiscard]] T* end() { return items() + room_; }

        Segment* next = nullptr;  // of the chain

    private:
        static constexpr std::align_val_t kAlignment{
            std::max(alignof(T), alignof(std::max_align_t))};
        explicit Segment(std::uint32_t room) : room_(room) {}

        alignas(std::max(alignof(T),
                         alignof(std::uint64_t))) std::atomic<std::uint32_t> references_{1};
        std::uint32_t room_;
        T* kept_ = nullptr;
        T* live_ = nullptr;
        T* live_end_ = nullptr;
    };

public:
    /// What a chain held at one moment. Keeps its segments alive, and so their items.
    class View {
    public:
        View() = default;
        View(const View& other) : spans_(other.spans_), size_(other.size_) {
            for (const Span& span : spans_) {
                span.segment->retain();
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
            for (const Span& span : spans_) {
                span.segment->release();
            }
        }

        [[nodiscard]] std::size_t size() const { return size_; }

        /// Calls `look(item)` for each item, oldest first.
        template <class Look>
        void each(Look&& look) const {
            for (const Span& span : spans_) {
                for (const T* item = span.begin; item != span.end; ++item) {
                    look(*item);
                }
            }
        }

        /// The same without the items of which `keep(item)` is false.
        template <class Keep>
        [[nodiscard]] View filtered(Keep&& keep) const {
            View kept;
            for (const Span& span : spans_) {
                const T* begin = span.begin;
                for (const T* item = span.begin; item != span.end; ++item) {
                    if (!keep(*item)) {
                        kept.add(span.segment, begin, item);
                        begin = item + 1;
                    }
                }
                kept.add(span.segment, begin, span.end);
            }
            return kept;
        }
        /// Behind its own items those of another view.
        void append(const View& other) {
            for (const Span& span : other.spans_) {
                add(span.segment, span.begin, span.end);
            }
        }

    private:
        friend class Chain;
        struct Span {
            Segment* segment;
            const T* begin;
            const T* end;
        };
        void add(Segment* segment, const T* begin, const T* end) {
            if (begin != end) {
                spans_.push_back({segment, begin, end});
                segment->retain();
                size_ += static_cast<std::size_t>(end - begin);
            }
        }
        void swap(View& other) noexcept {
            std::swap(spans_, other.spans_);
            std::swap(size_, other.size_);
        }
        std::vector<Span> spans_;
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
        T* from = read_;
        for (Segment* segment = front_; segment != nullptr;) {
            Segment* const after = segment->next;
            segment->leave(from, after == nullptr ? write_ : segment->end());
            segment->release();
            from = after == nullptr ? nullptr : after->items();
            segment = after;
        }
    }

    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] bool is_empty() const { return size_ == 0; }

    /// Requires: not empty.
    [[nodiscard]] T& front() {
        assert(size_ != 0 && read_ != nullptr);
        return *read_;
    }
    [[nodiscard]] const T& front() const {
        assert(size_ != 0 && read_ != nullptr);
        return *read_;
    }

    void push(T item) { emplace(std::move(item)); }

    /// Makes the newest item in its place.
    template <class... Parts>
    STOPLOG_INLINE T& emplace(Parts&&... parts) {
        if (write_ == write_end_) [[unlikely]] {
            grow();
        }
        T& made = *new (write_) T{std::forward<Parts>(parts)...};
        ++write_;
        ++size_;
        return made;
    }

    /// Takes the oldest item: moved where nobody else holds its segment, copied where a cut does.
    T pop() {
        const bool is_shared = is_front_shared();
        T taken = is_shared ? T(front()) : T(std::move(front()));
        const Retired retired = discard(is_shared);
        return taken;
    }
    /// Must the oldest item be copied, because a cut holds its segment? Requires: not empty.
    [[nodiscard]] bool is_front_shared() const {
        assert(size_ != 0);
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
        [[nodiscard]] explicit operator bool() const noexcept { return segment_ != nullptr; }
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

    /// Passes over the oldest item, and gives out the segment that is done with by that: what a cut
    /// left in it may run foreign code when it goes, so it goes after the gate. Requires: what
    /// `is_front_shared` said, and an item that is moved out where it said no.
    [[nodiscard]] STOPLOG_INLINE Retired discard(bool is_shared) {
        Segment* const front = front_;
        if (is_shared || front->keeps()) [[unlikely]] {
            return discard_kept();
        }
        std::destroy_at(read_++);
        if (--size_ == 0) {  // used again at once: nothing is left in it
            read_ = write_ = front->items();
            return {};
        }
        return Retired(read_ == front->end() ? retire_front() : nullptr);
    }

    [[nodiscard]] View view() const {
        View view;
        const T* begin = read_;
        for (Segment* segment = size_ == 0 ? nullptr : front_; segment != nullptr;
             segment = segment->next) {
            view.add(segment, begin, segment->next == nullptr ? write_ : segment->end());
            begin = segment->next == nullptr ? nullptr : segment->next->items();
        }
        return view;
    }

private:
    [[gnu::noinline]] Retired discard_kept() {
        front_->keep(read_);
        ++read_;
        --size_;
        return Retired(read_ == front_->end() ? retire_front() : nullptr);
    }
    // The front has nothing left to give.
    Segment* retire_front() {
        Segment* const segment = front_;
        segment->leave(read_, read_);
        front_ = segment->next;
        if (front_ == nullptr) {
            tail_ = nullptr;
            read_ = write_ = write_end_ = nullptr;
        } else {
            read_ = front_->items();
        }
        return segment;
    }
    [[gnu::noinline]] void grow() {
        const std::uint32_t room =
            tail_ == nullptr ? kFirst : std::min(tail_->room() * 2, kLargest);
        Segment* const made = Segment::make(room);
        if (tail_ == nullptr) {
            front_ = made;
            read_ = made->items();
        } else {
            tail_->next = made;
        }
        tail_ = made;
        write_ = made->items();
        write_end_ = made->end();
    }
    void swap(Chain& other) noexcept {
        std::swap(front_, other.front_);
        std::swap(tail_, other.tail_);
        std::swap(read_, other.read_);
        std::swap(write_, other.write_);
        std::swap(write_end_, other.write_end_);
        std::swap(size_, other.size_);
    }

    Segment* front_ = nullptr;
    Segment* tail_ = nullptr;
    T* read_ = nullptr;       // in the front segment
    T* write_ = nullptr;      // in the tail
    T* write_end_ = nullptr;  // of the tail
    std::size_t size_ = 0;
};

}  // namespace stoplog
