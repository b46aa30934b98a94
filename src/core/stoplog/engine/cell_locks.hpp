// All cells that one commit touches, locked together: who commits next sees all of it or nothing.
//
// Locked in the order of their routines, so that no two commits wait for each other.
#pragma once

#include "stoplog/engine/cell.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>
#include <vector>

namespace stoplog {

class CellLocks {
public:
    explicit CellLocks(Cell& own) { few_[0] = &own; }
    CellLocks(const CellLocks&) = delete;
    CellLocks& operator=(const CellLocks&) = delete;
    ~CellLocks() { unlock(); }

    void add(Cell& cell) {
        if (cell.routine == few_[0]->routine || (count_ > 1 && cell.routine == last_)) {
            return;
        }
        last_ = cell.routine;
        if (count_ < few_.size()) {
            few_[count_] = &cell;
        } else {
            if (count_ == few_.size()) {
                many_.assign(few_.begin(), few_.end());
            }
            many_.push_back(&cell);
        }
        ++count_;
    }

    void lock() STOPLOG_UNCHECKED {
        reach(Point::Mailbox);
        Cell** const first = cells();
        if (count_ == 2) {  // the usual hop, and they differ
            if (first[1]->routine < first[0]->routine) {
                std::swap(first[0], first[1]);
            }
        } else if (count_ > 2) {
            const auto by_routine = [](const Cell* a, const Cell* b) {
                return a->routine < b->routine;
            };
            std::sort(first, first + count_, by_routine);
            count_ = static_cast<std::size_t>(std::unique(first, first + count_) - first);
        }
        for (std::size_t i = 0; i < count_; ++i) {
            first[i]->lock.lock();
        }
        is_locked_ = true;
    }
    void unlock() STOPLOG_UNCHECKED {
        if (is_locked_) {
            Cell** const first = cells();
            for (std::size_t i = count_; i-- > 0;) {
                first[i]->lock.unlock();
            }
            is_locked_ = false;
        }
    }

private:
    Cell** cells() { return many_.empty() ? few_.data() : many_.data(); }

    std::array<Cell*, 8> few_{};
    std::vector<Cell*> many_;
    std::size_t count_ = 1;
    std::uint32_t last_ = kNone;
    bool is_locked_ = false;
};

/// Two cells, or one twice, locked in the same order.
class PairLock {
public:
    PairLock(Cell& one, Cell& other) STOPLOG_UNCHECKED
        : first_(one.routine <= other.routine ? one : other),
          second_(one.routine <= other.routine ? other : one) {
        reach(Point::Mailbox);
        first_.lock.lock();
        if (&first_ != &second_) {
            second_.lock.lock();
        }
    }
    ~PairLock() STOPLOG_UNCHECKED {
        if (&first_ != &second_) {
            second_.lock.unlock();
        }
        first_.lock.unlock();
    }
    PairLock(const PairLock&) = delete;
    PairLock& operator=(const PairLock&) = delete;

private:
    Cell& first_;
    Cell& second_;
};

/// One cell, locked where there are many lanes.
template <class Lanes>
class CellLock {
public:
    explicit CellLock(Cell& cell) STOPLOG_UNCHECKED : cell_(cell) {
        if constexpr (Lanes::kIsShared) {
            cell_.lock.lock();
        }
    }
    ~CellLock() STOPLOG_UNCHECKED {
        if constexpr (Lanes::kIsShared) {
            cell_.lock.unlock();
        }
    }
    CellLock(const CellLock&) = delete;
    CellLock& operator=(const CellLock&) = delete;

private:
    [[maybe_unused]] Cell& cell_;
};

}  // namespace stoplog
