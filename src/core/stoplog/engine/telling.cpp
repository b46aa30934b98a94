// No hop comes here unless somebody hears of commits, or weighs their records.
#include "stoplog/engine/telling.hpp"

#include <utility>

namespace stoplog {

// The commit moves the payloads, so this copies their references.
void Job::Telling::copy(const Cell& cell, Call& call, const Attempt& attempt,
                        const ErrorText& error) {
    const Delivery& delivery = call.delivery();
    Committed& told = told_.emplace();
    told.routine = cell.routine;
    told.record = {delivery.payload,
                   delivery.number,
                   delivery.root,
                   attempt.began,
                   attempt.ended - attempt.began,
                   delivery.slot,
                   delivery.connection,
                   attempt.number,
                   attempt.outcome,
                   error};
    told.emitted.reserve(call.emission_count());
    for (std::uint32_t i = 0; i < call.emission_count(); ++i) {
        told.emitted.push_back(call.emission(i));
    }
}

template <class Lanes>
bool Job::commit_watched(Lanes& lanes, Cell& cell, Call& call, const Attempt& attempt) {
    Attempt weighed = attempt;
    weighed.bytes = history_.bytes_of(call.delivery().payload);
    const Telling telling(*this, cell, call, attempt, call.error_text);
    Settled settled;
    settled.is_held = telling.is_wanted();
    make_commit(lanes, cell, call, weighed, settled);
    if (settled.is_undone || settled.is_parked) {
        return settled.is_undone;
    }
    if (settled.is_refused) {
        return refuse(lanes, cell, call, settled.refused_by, attempt);
    }
    telling.tell();
    if constexpr (Lanes::kIsShared) {
        if (settled.is_held) {
            return leave_late(cell);
        }
    }
    return settled.keeps_turn;
}

template bool Job::commit_watched(OneLane&, Cell&, Call&, const Attempt&);
template bool Job::commit_watched(ManyLanes&, Cell&, Call&, const Attempt&);

}  // namespace stoplog
