// A cell is made at the first admission, as the plan says.
#include "stoplog/engine/job.hpp"

#include <algorithm>
#include <memory>

namespace stoplog {

Cell& Job::make_cell(std::uint32_t routine) {
    const MutexLock lock(cells_mutex_);
    if (Cell* const known = cell_of(routine)) {
        return *known;
    }
    auto cell = std::make_unique<Cell>();
    const Legend& legend = *plan_->legend;
    const RoutinePlan& planned = plan_->routines[routine];
    cell->run = run_task;
    cell->job = this;
    cell->routine = routine;
    cell->first_slot = legend.routines[routine].first_slot;
    const std::uint32_t slots = legend.slot_count(routine);
    if (slots > cell->few_rooms.size()) {
        cell->many_rooms = std::make_unique<SlotRoom[]>(slots);
        cell->rooms = cell->many_rooms.get();
    }
    for (std::uint32_t i = 0; i < slots; ++i) {
        cell->rooms[i].capacity = plan_->slots[cell->first_slot + i].capacity;
    }
    cell->routes = plan_->routes.data() + planned.first_route;
    if (planned.is_sorted) {
        sort(*cell);
    }
    cell->has_choices = planned.has_choices;
    cell->handler = static_cast<Handler*>(planned.behaviour.get());
    cell->identity = cell->handler->identity();
    cell->has_renames = planned.has_renames;
    cell->needs_fields = legend.field_count(routine) != 0;
    used_.insert(std::ranges::upper_bound(used_, routine), routine);
    cells_[routine].store(cell.get(), std::memory_order_release);
    return *cell.release();
}

void Job::sort(Cell& cell) {
    cell.is_sorted = true;
    cell.sorted =
        std::make_unique<SortedMailbox>(plan_->slots.data() + cell.first_slot, cell.first_slot,
                                        plan_->legend->slot_count(cell.routine));
}

}  // namespace stoplog
