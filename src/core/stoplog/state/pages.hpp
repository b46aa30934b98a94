// The entries of a document in order of insertion: chunks of 64, 32 chunks a page, copied on write.
//
// Counts are plain integers: whoever touches a page table holds the lock that guards its job's
// state.
#pragma once

#include "stoplog/value/leaf.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace stoplog {

using Position = std::uint32_t;

/// A key and its value. Key null: deleted, or never used.
struct Entry {
    LeafHash hash;
    Leaf key;
    Leaf value;
};

inline constexpr Position kChunkEntries = 64;
inline constexpr Position kFirstChunkEntries = 4;  // the first chunk grows from here by doubling
inline constexpr Position kPageChunks = 32;
inline constexpr Position kPageEntries = kChunkEntries * kPageChunks;

/// A counted reference to a `Chunk` or a `Page`.
template <typename Part>
class PartRef {
public:
    PartRef() = default;
    explicit PartRef(Part* made) noexcept : part_(made) {}
    PartRef(const PartRef& other) noexcept : part_(other.part_) {
        if (part_ != nullptr) ++part_->references;
    }
    PartRef(PartRef&& other) noexcept : part_(std::exchange(other.part_, nullptr)) {}
    PartRef& operator=(const PartRef& other) noexcept {
        if (this == &other) return *this;
        PartRef copy(other);
        std::swap(part_, copy.part_);
        return *this;
    }
    PartRef& operator=(PartRef&& other) noexcept {
        PartRef taken(std::move(other));
        std::swap(part_, taken.part_);
        return *this;
    }
    ~PartRef() {
        if (part_ != nullptr && --part_->references == 0) Part::destroy(part_);
    }

    [[nodiscard]] Part* operator->() const noexcept { return part_; }
    [[nodiscard]] Part& operator*() const noexcept { return *part_; }
    [[nodiscard]] bool is_null() const noexcept { return part_ == nullptr; }
    [[nodiscard]] bool is_shared() const noexcept { return part_->references != 1; }

private:
    Part* part_ = nullptr;
};

/// `room` entries behind a small head. Owns the leaves in them.
struct Chunk {
    [[nodiscard]] static PartRef<Chunk> make(const LeafVerbs& verbs, Position room);
    static void destroy(Chunk* chunk) noexcept;
    [[nodiscard]] Entry* entries() noexcept { return reinterpret_cast<Entry*>(this + 1); }

    const LeafVerbs* verbs;
    std::uint32_t references;
    Position room;
};
static_assert(sizeof(Chunk) % alignof(Entry) == 0);

struct Page {
    static void destroy(Page* page) noexcept;

    std::array<PartRef<Chunk>, kPageChunks> chunks;
    std::uint32_t references = 1;
};

/// Copying one copies page pointers only; the first write to a shared page or chunk copies that.
class PageTable {
public:
    /// Requires: there is room at `position`.
    [[nodiscard]] const Entry& entry(Position position) const noexcept {
        return pages_[position / kPageEntries]
            ->chunks[position % kPageEntries / kChunkEntries]
            ->entries()[position % kChunkEntries];
    }

    /// Requires: there is room at `position`.
    [[nodiscard]] Entry& writable(Position position) {
        PartRef<Page>& page = pages_[position / kPageEntries];
        if (page.is_shared()) [[unlikely]] {
            separate(page);
        }
        PartRef<Chunk>& chunk = page->chunks[position % kPageEntries / kChunkEntries];
        if (chunk.is_shared()) [[unlikely]] {
            separate(chunk, chunk->room);
        }
        return chunk->entries()[position % kChunkEntries];
    }

    /// Ensures: the entry at `position` is there and is nobody else's. Requires: all before it are.
    void make_room(const LeafVerbs& verbs, Position position);

    /// Give up the pages that lie wholly at or behind `end`.
    void shrink_to(Position end) noexcept;

private:
    static void separate(PartRef<Page>& page);
    static void separate(PartRef<Chunk>& chunk, Position room);

    std::vector<PartRef<Page>> pages_;
};

/// What a document was at a moment: its own share of the pages, so it stays as it is.
struct Version {
    PageTable pages;
    Position end = 0;
    std::uint32_t size = 0;

    /// Visit the live entries in order until `visit` returns false; tell whether all were visited.
    template <typename Visit>
    bool each(Visit&& visit) const {
        for (Position position = 0; position < end; ++position) {
            const Entry& entry = pages.entry(position);
            if (entry.key != nullptr && !visit(entry)) return false;
        }
        return true;
    }
};

}  // namespace stoplog
