// The private index of a document: an open-addressing table from hash to position.
//
// It holds positions only; hashes and keys are read from the page table that is handed in.
#pragma once

#include "stoplog/state/pages.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace stoplog {

class KeyIndex {
public:
    static constexpr Position kEmpty = 0xFFFFFFFF;
    static constexpr Position kGone = 0xFFFFFFFE;  // a removed position: look-ups go past it

    [[nodiscard]] bool is_empty() const noexcept { return slots_.empty(); }
    [[nodiscard]] std::size_t first_slot(LeafHash hash) const noexcept {
        constexpr std::uint64_t kFibonacci = 0x9E3779B97F4A7C15;
        return static_cast<std::size_t>((static_cast<std::uint64_t>(hash) * kFibonacci) >> shift_);
    }
    [[nodiscard]] std::size_t next_slot(std::size_t slot) const noexcept {
        return (slot + 1) & (slots_.size() - 1);
    }
    [[nodiscard]] Position at(std::size_t slot) const noexcept { return slots_[slot]; }

    /// Ensures: the next `insert` has a free slot. Requires: `pages` holds all indexed entries.
    void make_room(const PageTable& pages) {
        if ((filled_ + 1) * 8 > slots_.size() * 5) rebuild(pages, 0);
    }
    void reserve(const PageTable& pages, std::size_t more) { rebuild(pages, more); }
    void insert(Position position, LeafHash hash) noexcept;
    void remove(Position position, LeafHash hash) noexcept;

private:
    void rebuild(const PageTable& pages, std::size_t more);

    std::vector<Position> slots_;  // a power of two of them, or none
    std::size_t filled_ = 0;       // slots that are not kEmpty
    std::size_t held_ = 0;         // slots with a position
    unsigned shift_ = 61;
};

}  // namespace stoplog
