// What the core holds of a value that it cannot see into: a pointer, and the verbs that come with
// it.
//
// The core never looks behind a leaf. Whoever makes a document gives it one table of verbs for
// life.
#pragma once

#include <cstdint>

namespace stoplog {

using Leaf = void*;
using LeafHash = std::int64_t;

struct LeafVerbs {
    void (*retain)(Leaf) noexcept;
    void (*release)(Leaf) noexcept;
    /// 1, 0, or -1: a foreign error is pending. May run foreign code; asked only when the hashes
    /// are equal and the pointers are not. Foreign code may change the document, so this verb keeps
    /// `stored` alive itself.
    int (*equal)(Leaf stored, Leaf asked);
};

}  // namespace stoplog
