// Few slots and few that came back: both are looked through, not indexed.
#include "stoplog/engine/sorted_mailbox.hpp"

#include <algorithm>
#include <limits>
#include <tuple>
#include <utility>

namespace stoplog {

SortedMailbox::SortedMailbox(const SlotPlan* slots, std::uint32_t first_slot, std::uint32_t count)
    : first_slot_(first_slot) {
    queues_.reserve(count);
    for (std::uint32_t i = 0; i < count; ++i) {
        queues_.push_back({first_slot + i, slots[i].priority, {}});
    }
}

std::size_t SortedMailbox::queued(std::uint32_t slot) const {
    const auto is_its = [&](const Returned& one) { return one.delivery.slot == slot; };
    return queues_[slot - first_slot_].items.size() +
           static_cast<std::size_t>(std::ranges::count_if(returned_, is_its));
}

void SortedMailbox::push(Delivery delivery) {
    Queue& queue = queues_[delivery.slot - first_slot_];
    queue.items.push({std::move(delivery), arrivals_++});
    ++size_;
}

void SortedMailbox::push_front(Delivery delivery, Tries tries) {
    returned_.push_back({std::move(delivery), tries});
    ++size_;
}

// Requires: not empty.
std::int32_t SortedMailbox::highest() const {
    std::int32_t highest = std::numeric_limits<std::int32_t>::min();
    for (const Queue& queue : queues_) {
        if (!queue.items.is_empty()) {
            highest = std::max(highest, queue.priority);
        }
    }
    for (const Returned& one : returned_) {
        highest = std::max(highest, priority_of(one.delivery.slot));
    }
    return highest;
}

bool SortedMailbox::has_lower(std::int32_t priority) const {
    const auto is_lower = [&](const Queue& queue) {
        return queue.priority < priority && !queue.items.is_empty();
    };
    const auto is_lower_one = [&](const Returned& one) {
        return priority_of(one.delivery.slot) < priority;
    };
    return std::ranges::any_of(queues_, is_lower) || std::ranges::any_of(returned_, is_lower_one);
}

// Null: only such as came back are below it.
SortedMailbox::Queue* SortedMailbox::oldest_below(std::int32_t priority) {
    Queue* oldest = nullptr;
    for (Queue& queue : queues_) {
        if (queue.priority < priority && !queue.items.is_empty() &&
            (oldest == nullptr || queue.items.front().arrival < oldest->items.front().arrival)) {
            oldest = &queue;
        }
    }
    return oldest;
}

SortedMailbox::Taken SortedMailbox::pop(Queue& queue) {
    --size_;
    const bool is_shared = queue.items.is_front_shared();
    Delivery& front = queue.items.front().delivery;
    Taken taken{is_shared ? Delivery(front) : std::move(front), {}, {}};
    taken.done = queue.items.discard(is_shared);
    return taken;
}

SortedMailbox::Taken SortedMailbox::take_returned(std::size_t at) {
    --size_;
    Taken taken{std::move(returned_[at].delivery), returned_[at].tries, {}};
    returned_.erase(returned_.begin() + static_cast<std::ptrdiff_t>(at));
    return taken;
}

SortedMailbox::All SortedMailbox::take_all() {
    size_ = 0;
    All all{{}, std::move(returned_)};
    for (Queue& queue : queues_) {
        all.queues.push_back({queue.slot, queue.priority, std::move(queue.items)});
    }
    returned_.clear();
    return all;
}

// What came back first, then the queues of this priority by arrival.
SortedMailbox::Taken SortedMailbox::take_from(std::int32_t priority) {
    for (std::size_t i = returned_.size(); i-- > 0;) {
        if (priority_of(returned_[i].delivery.slot) == priority) {
            return take_returned(i);
        }
    }
    Queue* first = nullptr;
    for (Queue& queue : queues_) {
        if (queue.priority == priority && !queue.items.is_empty() &&
            (first == nullptr || queue.items.front().arrival < first->items.front().arrival)) {
            first = &queue;
        }
    }
    return pop(*first);
}

// Nobody starves: what came back to a lower lane is older than all that queues there.
SortedMailbox::Taken SortedMailbox::take_next() {
    const std::int32_t priority = highest();
    if (!has_lower(priority)) {
        streak_ = 0;
        return take_from(priority);
    }
    if (streak_ < kLongestStreak) {
        ++streak_;
        return take_from(priority);
    }
    streak_ = 0;
    for (std::size_t i = returned_.size(); i-- > 0;) {
        if (priority_of(returned_[i].delivery.slot) < priority) {
            return take_returned(i);
        }
    }
    return pop(*oldest_below(priority));
}

SortedMailbox::Taken SortedMailbox::take_oldest(std::uint32_t slot) {
    for (std::size_t i = returned_.size(); i-- > 0;) {
        if (returned_[i].delivery.slot == slot) {
            return take_returned(i);
        }
    }
    return pop(queues_[slot - first_slot_]);
}

SortedMailbox::Cut SortedMailbox::cut() const {
    Cut cut;
    cut.lanes_.reserve(queues_.size());
    for (const Queue& queue : queues_) {
        if (!queue.items.is_empty()) {
            cut.lanes_.push_back({queue.priority, queue.items.view()});
        }
    }
    cut.returned_ = returned_;
    for (const Returned& one : returned_) {
        cut.priorities_.push_back(priority_of(one.delivery.slot));
    }
    return cut;
}

// What came back has no arrival: the last one goes first.
std::vector<SortedMailbox::Cut::Placed> SortedMailbox::Cut::all() const {
    std::vector<Placed> placed;
    for (std::size_t i = returned_.size(); i-- > 0;) {
        placed.push_back({&returned_[i].delivery, returned_[i].tries, priorities_[i], 0});
    }
    for (const Lane& lane : lanes_) {
        lane.items.each([&](const Queued& queued) {
            placed.push_back({&queued.delivery, {}, lane.priority, queued.arrival + 1});
        });
    }
    std::ranges::stable_sort(placed, [](const Placed& a, const Placed& b) {
        return std::tuple(-std::int64_t{a.priority}, a.arrival) <
               std::tuple(-std::int64_t{b.priority}, b.arrival);
    });
    return placed;
}

}  // namespace stoplog
