// One look at a text that calls itself JSON, before any parser: how deep, how many, how long.
#pragma once

#include "stoplog/value/limits.hpp"

#include <string_view>

namespace stoplog::archive {

/// Throws SerializationError for what is nested too deeply, has too many items, does not end, or
/// holds bytes that no JSON has. Linear, and takes no memory.
void scan_json(std::string_view text, const Limits& limits);

}  // namespace stoplog::archive
