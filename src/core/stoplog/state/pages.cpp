// Making, sharing and separating chunks and pages.
//
// A chunk that nobody else holds is moved when it grows; its leaves change hands without a count.
#include "stoplog/state/pages.hpp"

#include <algorithm>
#include <memory>
#include <new>

namespace stoplog {

PartRef<Chunk> Chunk::make(const LeafVerbs& verbs, Position room) {
    void* memory = ::operator new(sizeof(Chunk) + room * sizeof(Entry));
    Chunk* chunk = std::construct_at(static_cast<Chunk*>(memory), &verbs, 1U, room);
    std::uninitialized_fill_n(chunk->entries(), room, Entry{0, nullptr, nullptr});
    return PartRef<Chunk>(chunk);
}

void Chunk::destroy(Chunk* chunk) noexcept {
    for (Position i = 0; i < chunk->room; ++i) {
        const Entry& entry = chunk->entries()[i];
        if (entry.key == nullptr) continue;
        chunk->verbs->release(entry.key);
        chunk->verbs->release(entry.value);
    }
    ::operator delete(chunk);
}

void Page::destroy(Page* page) noexcept { std::unique_ptr<Page>{page}.reset(); }

void PageTable::separate(PartRef<Page>& page) {
    auto mine = std::make_unique<Page>();
    mine->chunks = page->chunks;
    page = PartRef<Page>(mine.release());
}

void PageTable::separate(PartRef<Chunk>& chunk, Position room) {
    PartRef<Chunk> mine = Chunk::make(*chunk->verbs, room);
    const bool is_shared = chunk.is_shared();
    for (Position i = 0; i < chunk->room; ++i) {
        Entry& from = chunk->entries()[i];
        mine->entries()[i] = from;
        if (!is_shared) {
            from.key = nullptr;
        } else if (from.key != nullptr) {
            chunk->verbs->retain(from.key);
            chunk->verbs->retain(from.value);
        }
    }
    chunk = std::move(mine);
}

void PageTable::make_room(const LeafVerbs& verbs, Position position) {
    if (position / kPageEntries == pages_.size()) {
        pages_.emplace_back(std::make_unique<Page>().release());
    }
    PartRef<Page>& page = pages_[position / kPageEntries];
    if (page.is_shared()) separate(page);
    PartRef<Chunk>& chunk = page->chunks[position % kPageEntries / kChunkEntries];
    if (chunk.is_null()) {
        chunk = Chunk::make(verbs, position < kChunkEntries ? kFirstChunkEntries : kChunkEntries);
    } else if (position % kChunkEntries == chunk->room) {
        separate(chunk, std::min(chunk->room * 2, kChunkEntries));
    } else if (chunk.is_shared()) {
        separate(chunk, chunk->room);
    }
}

void PageTable::shrink_to(Position end) noexcept {
    const std::size_t needed = (std::size_t{end} + kPageEntries - 1) / kPageEntries;
    if (needed < pages_.size()) pages_.resize(needed);
}

}  // namespace stoplog
