// What a file that is loaded may ask for, whatever it says about itself.
#pragma once

#include <cstdint>

namespace stoplog {

struct Limits {
    std::uint64_t max_bytes = std::uint64_t{1} << 32U;
    std::uint32_t max_depth = 200;          // containers in containers of a value
    std::uint64_t max_items = 100'000'000;  // rows, fields, items, keys
};

}  // namespace stoplog
