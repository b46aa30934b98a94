// The two ways in which a job is run; the commit is written once, for either.
//
// OneLane: one runner at a time, and everything between two handlers under one lock of the caller's
// (in Python: the GIL). Nothing here costs anything. ManyLanes: runners side by side; a commit
// passes the gate and locks the cells that it touches, in the order of their routines.
#pragma once

#include "stoplog/base/inline.hpp"
#include "stoplog/engine/cell.hpp"
#include "stoplog/engine/ready.hpp"

#include <atomic>
#include <vector>

namespace stoplog {

class OneLane {
public:
    static constexpr bool kIsShared = false;
    explicit OneLane(ReadyList& ready) : ready_(ready) {}
    /// This routine has something to do.
    void wake(Cell& cell) { ready_.push(cell.routine); }

private:
    ReadyList& ready_;
};

class ManyLanes {
public:
    static constexpr bool kIsShared = true;
    void wake(Cell& cell) { woken_.push_back(&cell); }
    /// Who has become ready since they were last handed on.
    [[nodiscard]] std::vector<Cell*>& woken() { return woken_; }

private:
    std::vector<Cell*> woken_;
};

/// Counts that one lane changes plainly and many lanes atomically.
template <class Lanes, class Number>
STOPLOG_INLINE Number add(std::atomic<Number>& count, Number more) {
    if constexpr (Lanes::kIsShared) {
        return count.fetch_add(more, std::memory_order_acq_rel) + more;
    } else {
        const Number sum = count.load(std::memory_order_relaxed) + more;
        count.store(sum, std::memory_order_relaxed);
        return sum;
    }
}

}  // namespace stoplog
