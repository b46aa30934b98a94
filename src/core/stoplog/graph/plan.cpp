// Looking up by name in a plan: for who speaks to a job that keeps an older one than its flow.
#include "stoplog/graph/plan.hpp"

#include "stoplog/base/error.hpp"
#include "stoplog/base/suggest.hpp"

#include <algorithm>

namespace stoplog {
namespace {

template <class Named>
std::vector<std::string> names_of(const std::vector<Named>& all, std::uint32_t first,
                                  std::uint32_t count) {
    std::vector<std::string> names;
    names.reserve(count);
    for (std::uint32_t i = first; i < first + count; ++i) {
        names.push_back(all[i].name);
    }
    return names;
}

}  // namespace

std::uint32_t Plan::find_routine(std::string_view name) const {
    const auto name_of = [&](std::uint32_t routine) -> std::string_view {
        return legend->routines[routine].name;
    };
    const auto found = std::ranges::lower_bound(by_name, name, {}, name_of);
    return found != by_name.end() && name_of(*found) == name ? *found : kNone;
}

std::uint32_t Plan::find_slot(std::string_view path) const {
    const std::string_view name = path.substr(0, path.find('.'));
    const std::uint32_t routine = find_routine(name);
    if (routine == kNone) {
        const auto count = static_cast<std::uint32_t>(legend->routines.size());
        const std::vector<std::string> names = names_of(legend->routines, 0, count);
        throw UnknownRoutineError(join("flow '", flow_name, "': no routine '", name,
                                       "'; its routines are ", quoted_list(names),
                                       did_you_mean(name, names)));
    }
    const std::uint32_t first = legend->routines[routine].first_slot;
    const std::uint32_t count = legend->slot_count(routine);
    const bool is_routine_alone = path.size() == name.size();
    if (is_routine_alone) {
        const auto begin = slots.begin() + first;
        const auto is_open = [](const SlotPlan& slot) { return !slot.is_drained; };
        if (count == 1 || std::count_if(begin, begin + count, is_open) == 1) {
            const auto found = std::find_if(begin, begin + count, is_open);
            return found == begin + count ? first
                                          : static_cast<std::uint32_t>(found - slots.begin());
        }
    }
    const std::string_view part = is_routine_alone ? "" : path.substr(name.size() + 1);
    for (std::uint32_t slot = first; slot < first + count; ++slot) {
        if (legend->slots[slot].name == part) {
            return slot;
        }
    }
    const std::vector<std::string> names = names_of(legend->slots, first, count);
    if (is_routine_alone) {
        throw ConfigurationError(join("flow '", flow_name, "': routine '", name, "' has ",
                                      std::to_string(count), " slots: say which one; they are ",
                                      quoted_list(names)));
    }
    throw UnknownSlotError(join("flow '", flow_name, "': no slot '", part, "' on routine '", name,
                                "'; its slots are ", quoted_list(names),
                                did_you_mean(part, names)));
}

}  // namespace stoplog
