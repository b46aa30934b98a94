// Integers as leaves, with every reference counted: what the tests of this room put into documents.
//
// An integer below zero is a key whose comparison fails. A hook may run inside a comparison.
#pragma once

#include "stoplog/value/leaf.hpp"

#include <cstdint>
#include <functional>

namespace stoplog::test {

struct CountedLeaf {
    std::int64_t number;
    int references;
};

inline std::int64_t held_references = 0;
inline std::function<void()> during_equal;

inline Leaf leaf(std::int64_t number) {
    ++held_references;
    return new CountedLeaf{number, 1};
}
inline std::int64_t number_of(Leaf leaf) { return static_cast<CountedLeaf*>(leaf)->number; }

/// Few values, so that keys meet in the index.
inline LeafHash hash_of(std::int64_t number) { return number % 512; }

inline const LeafVerbs counted_verbs{
    [](Leaf leaf) noexcept {
        ++held_references;
        ++static_cast<CountedLeaf*>(leaf)->references;
    },
    [](Leaf leaf) noexcept {
        --held_references;
        if (--static_cast<CountedLeaf*>(leaf)->references == 0)
            delete static_cast<CountedLeaf*>(leaf);
    },
    [](Leaf stored, Leaf asked) {
        const std::int64_t stored_number = number_of(stored);
        if (during_equal) during_equal();
        if (number_of(asked) < 0) return -1;
        return stored_number == number_of(asked) ? 1 : 0;
    },
};

}  // namespace stoplog::test
