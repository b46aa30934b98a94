// Nearest name by edit distance; cold, so written plainly.
#include "stoplog/base/suggest.hpp"

#include "stoplog/base/error.hpp"

#include <algorithm>
#include <cstddef>
#include <numeric>

namespace stoplog {
namespace {

constexpr std::size_t kShown = 20;

std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i + 1;
        for (std::size_t j = 0; j < b.size(); ++j) {
            const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
        }
    }
    return row.back();
}

}  // namespace

std::string quoted_list(const std::vector<std::string>& names) {
    if (names.empty()) {
        return "none";
    }
    std::string text;
    for (std::size_t i = 0; i < names.size() && i < kShown; ++i) {
        text += join(i == 0 ? "'" : ", '", names[i], "'");
    }
    if (names.size() > kShown) {
        text += join(" and ", std::to_string(names.size() - kShown), " more");
    }
    return text;
}

std::string did_you_mean(std::string_view wrong, const std::vector<std::string>& names) {
    const std::string* best = nullptr;
    std::size_t least = std::max<std::size_t>(2, wrong.size() / 3) + 1;
    for (const std::string& name : names) {
        std::size_t distance = edit_distance(wrong, name);
        if (!wrong.empty() && (name.starts_with(wrong) || name.ends_with(wrong))) {
            distance = std::min<std::size_t>(distance, 1);
        }
        if (distance < least) {
            least = distance;
            best = &name;
        }
    }
    return best == nullptr ? std::string() : join(" (did you mean '", *best, "'?)");
}

}  // namespace stoplog
