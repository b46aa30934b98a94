// Where handlers run is a place: an executor, of so many workers, or a background job, of one. A
// place is stuck when each of its workers waits for a job of a stuck place.
#include "bindings/standing.hpp"

#include "stoplog/base/error.hpp"

#include "bindings/executor_handle.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace stoplog::python {
namespace {

struct Place {
    const void* identity = nullptr;  // null: it is nobody's, and never stuck
    std::size_t workers = 1;
    friend bool operator==(const Place& a, const Place& b) { return a.identity == b.identity; }
};

Place place_of(const JobHandle& job) {
    switch (job.run_mode()) {
        case Run::Concurrent:
            return {job.executor(), job.executor()->workers()};
        case Run::Background:
            return {&job, 1};
        case Run::Sequential:
            break;
    }
    return {};
}

// A handler may run a sequential job, whose handlers wait: the outermost call says where.
Place own_place() {
    const Call* call = current_call;
    while (call != nullptr && call->outer() != nullptr) {
        call = call->outer();
    }
    return call == nullptr ? Place() : place_of(static_cast<const JobHandle&>(call->job()));
}

struct Wait {
    const Standing* standing;
    Place here;
    Place there;
};

std::vector<Wait> waits;

std::vector<const Wait*> waits_at(const Place& place) {
    std::vector<const Wait*> found;
    for (const Wait& wait : waits) {
        if (wait.here == place) {
            found.push_back(&wait);
        }
    }
    return found;
}

// Supposes that all whose workers wait are stuck, and lets go whoever waits for another place.
bool is_stuck(const Place& place) {
    std::vector<Place> stuck;
    for (const Wait& wait : waits) {
        if (std::ranges::find(stuck, wait.here) == stuck.end() &&
            waits_at(wait.here).size() >= wait.here.workers) {
            stuck.push_back(wait.here);
        }
    }
    const auto moves = [&](const Place& held) {
        return std::ranges::any_of(waits_at(held), [&](const Wait* wait) {
            return std::ranges::find(stuck, wait->there) == stuck.end();
        });
    };
    while (std::erase_if(stuck, moves) != 0) {
    }
    return std::ranges::find(stuck, place) != stuck.end();
}

std::string described(const JobHandle& job) {
    if (job.executor() == nullptr) {
        return "it would wait for this one in turn";
    }
    return join("all workers of executor '", job.executor()->name(), "' (",
                std::to_string(job.executor()->workers()),
                ") would wait, and none would be left to run it");
}

}  // namespace

Standing::Standing(const JobHandle& job, const Deadline& deadline) {
    const Place here = own_place();
    if (deadline || here.identity == nullptr) {
        return;
    }
    waits.push_back({this, here, place_of(job)});
    if (is_stuck(here)) {
        waits.pop_back();
        throw StateError(join("job ", job.id(),
                              ": a handler would wait for it for ever: ", described(job),
                              "; wait with a timeout, or start it on another executor"));
    }
}

Standing::~Standing() {
    std::erase_if(waits, [this](const Wait& wait) { return wait.standing == this; });
}

void forget_waits() { waits.clear(); }

}  // namespace stoplog::python
