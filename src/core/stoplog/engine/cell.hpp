// One routine in one job: mailbox, declared state, counts. Made when the first delivery comes.
//
// Whoever runs a cell owns it. All others only push into its mailbox; with many runners, inside the
// gate and under the cell's lock.
#pragma once

#include "stoplog/base/chain.hpp"
#include "stoplog/base/clock.hpp"
#include "stoplog/base/spin_lock.hpp"
#include "stoplog/engine/call.hpp"
#include "stoplog/engine/handler.hpp"
#include "stoplog/engine/sorted_mailbox.hpp"
#include "stoplog/exec/crew.hpp"
#include "stoplog/graph/plan.hpp"
#include "stoplog/state/delivery.hpp"
#include "stoplog/state/document.hpp"

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace stoplog {

/// Unsettled deliveries to one slot, and how many it holds before who emits to it must wait.
struct SlotRoom {
    std::uint32_t count;
    std::uint32_t capacity;
    [[nodiscard]] bool is_full() const { return count >= capacity; }
};

/// Of those that take turns, by the first of them in the plan, who has the next one.
struct Turn {
    std::uint32_t first_target;
    std::uint32_t next;
};

/// A call whose handler has returned and whose commit has not happened: it waits for room.
struct Outbox {
    std::vector<Emission> emissions;
    std::vector<std::uint32_t> expected;
    Stamp began = 0;
    Stamp ended = 0;
};

// What a hop touches stands first, in three lines of the cache: what is queued; room and turn,
// which is all that an admission needs; and the call.
struct alignas(64) Cell : Task {
    Chain<Delivery> mailbox;

    SlotRoom* rooms = few_rooms.data();  // by slot
    std::array<SlotRoom, 2> few_rooms{};
    std::uint32_t routine = kNone;
    std::uint32_t first_slot = 0;
    SpinLock lock;                // many lanes: of mailbox, rooms, waiters and what is_... says
    bool is_scheduled = false;    // ready, in call, or parked: somebody runs it or will
    bool needs_fields = false;    // declared state, not made yet
    bool has_renames = false;     // a connection that feeds it renames fields
    bool is_waited_for = false;   // somebody waits for room in a slot of this one
    bool is_room_wanted = false;  // and stands outside
    bool is_sorted = false;       // what waits is in `sorted`, and the mailbox holds the head alone
    bool has_choices = false;     // what it emits may be dropped, refused, or take turns
    Handler* handler = nullptr;
    const Route* routes = nullptr;  // of the routine's events, in the plan
    std::uint64_t emitted = 0;

    const void* identity = nullptr;  // of the handler: who may emit in its calls
    const Delivery* head = nullptr;  // many lanes: the next to be handled, for who runs the cell
    std::unique_ptr<Outbox> outbox;  // null: nothing waits to be committed
    std::shared_ptr<CallLog> log;    // null: no state is declared, or it was not needed yet
    Tries tries;                     // of the delivery at the head
    std::atomic<std::uint32_t> in_call{kNone};    // the slot whose handler runs
    std::atomic<std::uint32_t> parked_on{kNone};  // the full slot in whose waiting list it stands

    Job* job = nullptr;
    std::vector<Waiting> waiters;      // parked routines that wait for room in a slot of this one
    std::shared_ptr<Document> fields;  // null: like the log
    Chain<Delivery> cancelled;         // what was queued at the cancel, until nobody looks at it
    std::unique_ptr<SlotRoom[]> many_rooms;
    std::unique_ptr<SortedMailbox> sorted;
    std::vector<Turn> turns;             // those that were taken
    std::vector<std::uint64_t> dropped;  // by slot; empty: nothing was

    Cell() = default;
    Cell(const Cell&) = delete;
    Cell& operator=(const Cell&) = delete;
    ~Cell() {
        if (log) {
            log->undo();
            log->set_root(nullptr);
        }
    }

    [[nodiscard]] bool is_in_call() const {
        return in_call.load(std::memory_order_relaxed) != kNone;
    }
    /// Nothing waits for it, and nothing is in call.
    [[nodiscard]] bool is_empty() const {
        return mailbox.is_empty() && (!is_sorted || sorted->is_empty());
    }
    [[nodiscard]] bool is_parked() const {
        return parked_on.load(std::memory_order_relaxed) != kNone;
    }
    [[nodiscard]] SlotRoom& room_of(std::uint32_t slot) const { return rooms[slot - first_slot]; }
};

}  // namespace stoplog
