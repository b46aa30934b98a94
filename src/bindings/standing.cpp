// Who can move what is a place. An executor has so many workers: it is stuck when each of them
// waits in vain. A job or a duty is stuck when a thread that it needs does. To wait in vain is to
// wait for what is stuck.
#include "bindings/standing.hpp"

#include "stoplog/base/error.hpp"

#include "bindings/executor_handle.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace stoplog::python {
namespace {

struct Place {
    const void* identity = nullptr;  // null: it is none
    std::size_t workers = 0;         // 0: it needs every thread that is in it
    friend bool operator==(const Place& a, const Place& b) { return a.identity == b.identity; }
};

using Places = std::vector<Place>;

Place itself(const JobHandle& job) { return {&job, 0}; }

Place workers_of(const JobHandle& job) {
    return job.executor() == nullptr ? Place() : Place{job.executor(), job.executor()->workers()};
}

void add_place(Places& places, const Place& place) {
    if (place.identity != nullptr && std::ranges::find(places, place) == places.end()) {
        places.push_back(place);
    }
}

struct Assigned {
    const Duty* duty;
    unsigned long thread;
    Place place;  // the duty itself
    Place here;   // where its thread is a worker meanwhile, or nobody's
};

std::vector<Assigned> duties;

// All that this thread could move, if it did not wait: the jobs whose handlers it is in, one inside
// the other, and its duties.
Places own_places() {
    Places places;
    for (const Call* call = current_call; call != nullptr; call = call->outer()) {
        const auto& job = static_cast<const JobHandle&>(call->job());
        add_place(places, itself(job));
        add_place(places, workers_of(job));
    }
    for (const Assigned& assigned : duties) {
        if (assigned.thread == PyThread_get_thread_ident()) {
            add_place(places, assigned.place);
            add_place(places, assigned.here);
        }
    }
    return places;
}

struct Wait {
    const Standing* standing;
    Place here;
    Places there;  // all are needed
};

std::vector<Wait> waits;

bool has(const Places& places, const Place& place) {
    return std::ranges::find(places, place) != places.end();
}

bool is_in_vain(const Wait& wait, const Places& stuck) {
    return std::ranges::any_of(wait.there, [&](const Place& place) { return has(stuck, place); });
}

bool holds_up(const Place& place, const Places& stuck) {
    const auto in_vain = std::ranges::count_if(
        waits, [&](const Wait& wait) { return wait.here == place && is_in_vain(wait, stuck); });
    return in_vain != 0 && static_cast<std::size_t>(in_vain) >= place.workers;
}

// Supposes that all where somebody waits are stuck, and lets go whoever is not held up by that.
Places stuck_places() {
    Places stuck;
    for (const Wait& wait : waits) {
        add_place(stuck, wait.here);
    }
    const auto moves = [&stuck](const Place& place) { return !holds_up(place, stuck); };
    for (;;) {
        const auto moving = std::ranges::find_if(stuck, moves);
        if (moving == stuck.end()) {
            return stuck;
        }
        stuck.erase(moving);
    }
}

// Notes what this thread waits for; where that is in vain, the places that would be stuck, and
// nothing is noted.
Places note_waits(const Standing& standing, const Places& there) {
    const Places here = own_places();
    if (here.empty()) {
        return {};
    }
    for (const Place& place : here) {
        waits.push_back({&standing, place, there});
    }
    Places stuck = stuck_places();
    const auto is_own = [&](const Wait& wait) { return wait.standing == &standing; };
    if (!is_in_vain(waits.back(), stuck)) {
        return {};
    }
    std::erase_if(waits, is_own);
    return stuck;
}

std::string described(const JobHandle& job, const Places& stuck) {
    if (!has(stuck, workers_of(job))) {
        return "it would wait for this one in turn";
    }
    return join("all workers of executor '", job.executor()->name(), "' (",
                std::to_string(job.executor()->workers()),
                ") would wait, and none would be left to run it");
}

}  // namespace

Duty::Duty(const void* identity, const JobHandle* job) {
    duties.push_back({this,
                      PyThread_get_thread_ident(),
                      {identity, 0},
                      job == nullptr ? Place() : workers_of(*job)});
}

Duty::~Duty() {
    std::erase_if(duties, [this](const Assigned& assigned) { return assigned.duty == this; });
}

// Where the job has ended, it is the stopping of what it used that is waited for. Room is made by
// any of its handlers, an end needs them all.
Standing::Standing(const JobHandle& job, const Deadline& deadline, bool is_for_room) {
    if (deadline) {
        return;
    }
    Places there;
    if (job.is_leaving()) {
        there.push_back({job.leaving(), 0});
    } else {
        if (!is_for_room || job.executor() == nullptr) {
            add_place(there, itself(job));
        }
        add_place(there, workers_of(job));
    }
    if (const Places stuck = note_waits(*this, there); !stuck.empty()) {
        throw StateError(join("job ", job.id(),
                              ": a handler would wait for it for ever: ", described(job, stuck),
                              "; wait with a timeout, or start it on another executor"));
    }
}

Standing::Standing(const void* duty, const std::string& what) {
    if (!note_waits(*this, {{duty, 0}}).empty()) {
        throw StateError(
            join(what, " would be waited for for ever: its thread waits for this one"));
    }
}

Standing::~Standing() {
    std::erase_if(waits, [this](const Wait& wait) { return wait.standing == this; });
}

void forget_waits() {
    waits.clear();
    duties.clear();
}

}  // namespace stoplog::python
