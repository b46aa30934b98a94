// Growing, filling and thinning out the index.
//
// At most five eighths of the slots are ever used, so every probe ends.
#include "stoplog/state/key_index.hpp"

#include <bit>

namespace stoplog {

void KeyIndex::insert(Position position, LeafHash hash) noexcept {
    std::size_t slot = first_slot(hash);
    while (slots_[slot] < kGone) slot = next_slot(slot);
    if (slots_[slot] == kEmpty) ++filled_;
    slots_[slot] = position;
    ++held_;
}

void KeyIndex::remove(Position position, LeafHash hash) noexcept {
    std::size_t slot = first_slot(hash);
    while (slots_[slot] != position) slot = next_slot(slot);
    slots_[slot] = kGone;
    --held_;
}

void KeyIndex::rebuild(const PageTable& pages, std::size_t more) {
    std::size_t count = 8;
    while (count < (held_ + more) * 2 + 4) count *= 2;
    std::vector<Position> old(count, kEmpty);
    old.swap(slots_);
    shift_ = 64 - static_cast<unsigned>(std::countr_zero(count));
    filled_ = held_ = 0;
    for (const Position position : old) {
        if (position < kGone) insert(position, pages.entry(position).hash);
    }
}

}  // namespace stoplog
