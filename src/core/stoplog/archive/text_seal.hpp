// The checksum of a text format: 16 digits in its first lines, which count as zeros themselves.
#pragma once

#include <string>
#include <string_view>

namespace stoplog::archive {

/// What stands in the place of the digits until they are known.
inline constexpr std::string_view kNoDigits = "0000000000000000";

/// Puts the digits behind the first `mark`. Requires: kNoDigits stand there.
void seal_text(std::string& text, std::string_view mark);

/// Whether digits stand behind `mark` near the beginning, and fit.
[[nodiscard]] bool is_sealed(std::string_view text, std::string_view mark);

}  // namespace stoplog::archive
