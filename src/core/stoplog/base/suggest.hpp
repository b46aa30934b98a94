// Help in an error message: the names there are, and the one that was probably meant.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace stoplog {

/// "'a', 'b', 'c'"; "none" where there are none; the first twenty where there are many.
[[nodiscard]] std::string quoted_list(const std::vector<std::string>& names);

/// " (did you mean 'input'?)", or nothing where no name is near.
[[nodiscard]] std::string did_you_mean(std::string_view wrong,
                                       const std::vector<std::string>& names);

}  // namespace stoplog
