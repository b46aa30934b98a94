// The value: everything that one execution is, at one consistent cut.
//
// A cut shares segments, documents and legend with the job it was taken of; a loaded state owns
// the same things. Nobody changes one: resuming, editing and forking make new values.
#pragma once

#include "stoplog/base/chain.hpp"
#include "stoplog/base/clock.hpp"
#include "stoplog/base/legend.hpp"
#include "stoplog/state/delivery.hpp"
#include "stoplog/state/document.hpp"
#include "stoplog/state/record.hpp"
#include "stoplog/state/retention.hpp"
#include "stoplog/state/status.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace stoplog {

/// Why a job failed, as data.
struct JobError {
    std::string routine;
    std::string slot;
    std::uint32_t attempt = 0;
    std::string type;  // "ValueError"
    std::string message;
    std::string traceback;
    bool operator==(const JobError&) const = default;
};

/// A delivery that was tried, by its place in the mailbox.
struct Tried {
    std::uint64_t place = 0;
    Tries tries;
};

/// A delivery that is tried again later.
struct DueDelivery {
    Delivery delivery;
    Tries tries;
    WallTime at = 0;
};

/// Deliveries to a full slot that were dropped.
struct DroppedCount {
    std::uint32_t slot = kNone;
    std::uint64_t count = 0;
};

/// Of those that take turns, who has the next one.
struct NextTurn {
    std::uint32_t connection = kNone;
};

/// One routine in one job.
struct CellState {
    std::uint32_t routine = kNone;
    bool is_used = false;  // false: the job never came here; only the initial fields are known
    bool is_in_call = false;
    bool is_begun = false;     // its first delivery was handed out: it stays the first
    Tries head_tries;          // of the delivery at the head
    std::uint32_t streak = 0;  // deliveries in a row that passed over a lower lane
    std::uint64_t emitted = 0;
    Chain<Delivery>::View mailbox;     // in the order of handling, as long as nothing else comes
    std::vector<Tried> tried;          // the others that came back to their lane
    std::shared_ptr<Document> fields;  // declared state, by position; null: none is declared
};

/// A parked routine and the full slot that it waits for.
struct Waiting {
    std::uint32_t slot = kNone;
    std::uint32_t routine = kNone;
};

struct JobState {
    std::string id;
    std::string parent_id;  // empty: not a fork
    std::string flow_name;
    std::string flow_version;
    std::string fingerprint;
    std::shared_ptr<const std::string> drawing;  // canonical, opaque here
    std::shared_ptr<const Legend> legend;

    JobStatus status = JobStatus::Pending;
    bool is_open = false;    // being empty is no end
    bool is_closed = false;  // takes no more sends
    bool has_begun = false;  // something was handed out
    WallTime created_at = 0;
    WallTime taken_at = 0;
    WallTime deadline = 0;  // 0: none
    Timebase timebase;      // of the records' stamps
    std::optional<JobError> error;

    std::vector<CellState> cells;  // by routine
    std::vector<std::uint32_t> ready;
    std::vector<Waiting> waiting;        // in order, slot by slot
    std::vector<std::uint32_t> awaited;  // slots, in the order of `expect`
    std::vector<std::uint32_t> fired;    // drained slots that had their turn
    std::uint64_t sent = 0;              // deliveries from outside so far
    std::uint64_t unsettled = 0;
    std::uint64_t failed_deliveries = 0;
    std::vector<DueDelivery> due;  // by time
    std::vector<DroppedCount> dropped;
    std::vector<NextTurn> turns;
    Retention retention;
    Chain<Record>::View history;

    std::shared_ptr<Frozen>
        frozen;  // reads the documents as of the cut; null: they are the state's own
};

}  // namespace stoplog
