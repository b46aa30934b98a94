// What waits for a routine whose slots differ in priority, drop their oldest, or try again.
//
// A queue for each slot, and a lane for each priority: first what came back to it, then its queues
// by arrival. The delivery that a call is about is not here: it stands in the cell's mailbox.
#pragma once

#include "stoplog/base/chain.hpp"
#include "stoplog/graph/plan.hpp"
#include "stoplog/state/delivery.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace stoplog {

class SortedMailbox {
public:
    /// So many deliveries from higher lanes, and the oldest lower one has its turn.
    static constexpr std::uint32_t kLongestStreak = 64;

    /// `slots`: those of the routine, in the order of declaration.
    SortedMailbox(const SlotPlan* slots, std::uint32_t first_slot, std::uint32_t count);

    struct Queued {
        Delivery delivery;
        std::uint64_t arrival = 0;
    };
    /// A delivery that came back to its lane.
    struct Returned {
        Delivery delivery;
        Tries tries;
    };
    /// One that has left, and what is done with by that: it goes after the gate.
    struct Taken {
        Delivery delivery;
        Tries tries;
        Chain<Queued>::Retired done;
    };
    struct Queue {
        std::uint32_t slot;
        std::int32_t priority;
        Chain<Queued> items;
    };
    struct All {
        std::vector<Queue> queues;
        std::vector<Returned> returned;
    };

    [[nodiscard]] bool is_empty() const { return size_ == 0; }
    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] std::size_t queued(std::uint32_t slot) const;

    /// At the end of its lane.
    void push(Delivery delivery);
    /// At the front of its lane, ahead of all others.
    void push_front(Delivery delivery, Tries tries);
    /// Whose turn it is. Requires: not empty.
    Taken take_next();
    /// The oldest one of a slot. Requires: it has one.
    Taken take_oldest(std::uint32_t slot);
    /// Everything; nothing is pushed any more.
    All take_all();

    [[nodiscard]] std::uint32_t streak() const { return streak_; }
    void set_streak(std::uint32_t streak) { streak_ = streak; }

    /// What was here at one moment; taking it copies segments, not items.
    class Cut;
    [[nodiscard]] Cut cut() const;

private:
    [[nodiscard]] std::int32_t priority_of(std::uint32_t slot) const {
        return queues_[slot - first_slot_].priority;
    }
    [[nodiscard]] std::int32_t highest() const;
    [[nodiscard]] bool has_lower(std::int32_t priority) const;
    [[nodiscard]] Queue* oldest_below(std::int32_t priority);
    Taken take_from(std::int32_t priority);
    Taken pop(Queue& queue);
    Taken take_returned(std::size_t at);

    std::vector<Queue> queues_;       // by slot
    std::vector<Returned> returned_;  // the last one goes first
    std::uint32_t first_slot_;
    std::uint32_t streak_ = 0;  // deliveries in a row that passed over a lower lane
    std::uint64_t arrivals_ = 0;
    std::size_t size_ = 0;
};

class SortedMailbox::Cut {
public:
    /// All of it in the order of lanes: calls `look(delivery, tries)`.
    template <class Look>
    void each(const Look& look) const {
        for (const Placed& one : all()) {
            look(*one.delivery, one.tries);
        }
    }

private:
    friend class SortedMailbox;
    struct Placed {
        const Delivery* delivery = nullptr;
        Tries tries;
        std::int32_t priority = 0;
        std::uint64_t arrival = 0;
    };
    struct Lane {
        std::int32_t priority;
        Chain<Queued>::View items;
    };
    [[nodiscard]] std::vector<Placed> all() const;

    std::vector<Lane> lanes_;
    std::vector<Returned> returned_;
    std::vector<std::int32_t> priorities_;  // of `returned_`
};

}  // namespace stoplog
