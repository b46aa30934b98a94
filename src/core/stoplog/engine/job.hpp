// One execution: a set of cells, a ready list, a count of what is unsettled.
//
// Any thread may send, ask to pause, cancel or cut. Without a crew one thread at a time runs it,
// and all of it, between two handlers, happens under the caller's lock. With a crew many runners
// do, and nothing is asked of the caller, but for declared state: who runs, cuts or reads a job
// that has some holds one lock meanwhile (in Python: the GIL). A handler may let the caller's lock
// go, so whatever a runner knew before a handler it looks up again after it.
//
// Locks are taken in this order: gate, the job's mutex, cells in the order of routines, then one of
// those under which no other is taken (new cells, history).
#pragma once

#include "stoplog/base/chain.hpp"
#include "stoplog/base/inline.hpp"
#include "stoplog/base/mutex.hpp"
#include "stoplog/base/spin_lock.hpp"
#include "stoplog/engine/call.hpp"
#include "stoplog/engine/cell.hpp"
#include "stoplog/engine/cell_locks.hpp"
#include "stoplog/engine/committed.hpp"
#include "stoplog/engine/gate.hpp"
#include "stoplog/engine/history.hpp"
#include "stoplog/engine/lanes.hpp"
#include "stoplog/engine/ready.hpp"
#include "stoplog/exec/crew.hpp"
#include "stoplog/graph/plan.hpp"
#include "stoplog/state/job_state.hpp"

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace stoplog {

struct JobOptions {
    std::string id;  // empty: a new one
    bool is_open = false;
    bool is_paused = false;
    Retention retention = {.size = 1000, .ttl = 3'600'000'000'000};  // an hour
    WallTime deadline = 0;                                           // 0: none
    std::shared_ptr<Crew> crew = nullptr;  // that runs it; null: who calls `run`
};

class Job {
public:
    Job(std::shared_ptr<const Plan> plan, JobOptions options);
    /// Goes on from a cut. Throws StateError where it has ended otherwise than by failing, and
    /// DefinitionMismatchError where something in it has no place in the plan. Of the options only
    /// `is_paused`, `deadline` (0: the saved one, which must not have passed) and `crew` count.
    Job(std::shared_ptr<const Plan> plan, const JobState& state, JobOptions options);
    virtual ~Job();
    Job(const Job&) = delete;
    Job& operator=(const Job&) = delete;

    // ---- what it is
    [[nodiscard]] const std::string& id() const { return id_; }
    [[nodiscard]] const Plan& plan() const { return *plan_; }
    [[nodiscard]] JobStatus status() const;
    [[nodiscard]] bool is_shared() const { return crew_ != nullptr; }
    /// Nothing may be handed out: it is paused, or has ended.
    [[nodiscard]] bool must_stop() const { return is_paused() || is_ended(); }
    /// Somebody is running it at this moment.
    [[nodiscard]] bool is_running() const { return runners_.load(std::memory_order_seq_cst) != 0; }
    [[nodiscard]] bool is_ended() const { return end_.load(std::memory_order_acquire) != kNoEnd; }
    [[nodiscard]] bool is_paused() const { return is_paused_.load(std::memory_order_seq_cst); }
    /// A runner would find something to do.
    [[nodiscard]] bool has_work() const {
        return !must_stop() && unsettled_.load(std::memory_order_acquire) != 0 && !sleeps();
    }
    /// When the next delivery is tried again; 0: none is.
    [[nodiscard]] WallTime next_due() const;
    /// By "routine.slot": deliveries that were dropped because it was full.
    [[nodiscard]] std::map<std::string, std::uint64_t> dropped() const;
    [[nodiscard]] std::uint64_t failed_deliveries() const {
        return failed_deliveries_.load(std::memory_order_relaxed);
    }
    [[nodiscard]] std::vector<std::uint32_t> awaited() const;
    [[nodiscard]] const Failure& failure() const { return failure_; }
    [[nodiscard]] const std::string& cancel_reason() const { return cancel_reason_; }
    /// "load.input" of each handler that runs now.
    [[nodiscard]] std::vector<std::string> running_handlers() const;

    // ---- what anybody may do
    /// Throws StateError where the job takes no sends, BackpressureError where the slot is full.
    /// Returns the number of the delivery.
    std::uint64_t send(std::uint32_t slot, PayloadRef payload);
    /// An entry of a job that starts: the entries are admitted together, as one call's emissions
    /// are.
    std::uint64_t enter(std::uint32_t slot, PayloadRef payload);
    [[nodiscard]] bool has_room(std::uint32_t slot) const;
    void check_sendable(std::uint32_t slot) const;
    /// Says `room_made` once, when this full slot settles a delivery.
    void want_room(std::uint32_t slot);
    void finish();
    void ask_pause();
    void unpause();
    void cancel(std::string reason);
    [[nodiscard]] std::shared_ptr<JobState> cut();
    /// Whether `committed` is asked for, from the next commit on.
    void listen(bool is_wanted) {
        is_heard_.store(is_wanted, std::memory_order_relaxed);
        is_watched_.store(is_wanted || history_.counts_bytes(), std::memory_order_relaxed);
    }
    /// Somebody is being told of a commit that has taken effect.
    [[nodiscard]] bool is_telling() const { return telling_.load(std::memory_order_acquire) != 0; }
    /// 0: none.
    [[nodiscard]] WallTime deadline() const { return deadline_; }
    /// The job fails where its deadline has passed. Who runs it, waits for it or looks at it asks.
    void expire();

    // ---- what its runners do
    /// Hands out at most `limit` deliveries, in order; less where the job pauses, ends or stands
    /// still. Returns how many attempts were made. Requires: nobody else runs it.
    std::uint64_t run(std::uint64_t limit);
    /// One of the ready routines goes first, whichever the number draws. Requires: one lane, and
    /// nobody runs it.
    void permute(std::uint64_t drawn) {
        if (!ready_.is_empty()) {
            ready_.bring_forward(static_cast<std::uint32_t>(drawn % ready_.size()));
        }
    }
    /// What has fallen due is ready. Whoever runs it looks by itself; this is for when nobody does.
    void ring();
    /// Gives what is ready to the crew, now and from now on. Requires: there is a crew.
    void launch();
    /// The job stops here with this error, its queue kept. Nothing, where it has ended.
    void fail(Failure failure);
    /// What made a handler stop for good (Verdict::Interrupted), once.
    [[nodiscard]] std::optional<Failure> take_interruption();

protected:
    /// Forgets the foreign exception of a failure; its data stays.
    [[nodiscard]] std::shared_ptr<void> take_exception() {
        return std::exchange(failure_.exception, nullptr);
    }
    /// A call, a failed one too, has taken effect: after the gate, by the runner that made it, who
    /// keeps the cell meanwhile. So of one routine in the order of its commits.
    virtual void committed(const Committed& /*commit*/) {}
    /// The job pauses, and says why once (`take_interruption`).
    std::optional<ErrorRule> choose_rule(Cell& cell, Call& call, Failure& failure);
    void interrupt(Failure failure);
    /// There is room in a slot for which `want_room` was said. Inside the gate.
    virtual void room_made() {}
    /// The crew has work of this job, and then has none: it must live in between. Where nothing
    /// orders their threads, a new beginning may be told before the last end: count them.
    virtual void went_active() {}
    virtual void went_idle() {}
    /// A runner of the crew has left the job standing still, or ended.
    virtual void came_to_rest() {}
    /// Something is tried again later.
    virtual void fell_asleep() {}

private:
    static constexpr std::uint8_t kNoEnd = 0xFF;
    /// What is dropped or taken from the middle: it goes after the gate.
    struct Leavings {
        std::vector<Evicted> evicted;
        std::vector<SortedMailbox::Taken> taken;
    };
    /// What a commit came to. What falls to nothing by it goes after the gate.
    struct Settled {
        Evicted evicted;
        Chain<Delivery>::Retired segment;
        bool has_unheard = false;  // of what was emitted: it is still in the call
        bool is_dirty = false;     // state was changed: `drop_kept` is due
        bool is_held = false;      // many lanes: the runner has more to do with the cell
        bool is_quiet = false;     // nothing is unsettled
        bool is_undone = false;    // the job has ended: the call takes no effect
        bool is_parked = false;    // it takes effect later
        bool is_refused = false;   // by a full slot: the call fails
        bool keeps_turn = false;   // many lanes: the runner goes on with this cell
        std::uint32_t refused_by = kNone;
        std::unique_ptr<Leavings> leavings;  // null: nothing was dropped
        Settled() = default;
        Settled(const Settled&) = delete;
        Settled& operator=(const Settled&) = delete;
        STOPLOG_INLINE ~Settled() = default;
    };
    /// Where each delivery of a call goes, and who has the turns after it.
    struct Choices {
        struct One {
            const Target* target;
            std::uint32_t emission;
        };
        std::vector<One> all;
        std::vector<Turn> turns;
    };
    /// The receiver of a call that emits once, to one slot; null: it emits otherwise.
    struct Sole {
        const Target* target = nullptr;
        Cell* receiver = nullptr;
    };
    /// Deliveries, ordered by when they are tried again.
    using DueList = std::multimap<WallTime, DueDelivery>;
    /// What falls to nothing by a cancel: it goes after the gate.
    struct Dropped {
        std::vector<Chain<Delivery>> mailboxes;
        std::vector<SortedMailbox::All> sorted;
        DueList due;
        std::vector<Evicted> evicted;
        std::vector<std::unique_ptr<Outbox>> outboxes;
        std::vector<CallLog*> undone;
    };
    using SortedCuts = std::vector<std::pair<std::uint32_t, SortedMailbox::Cut>>;  // by routine
    class Inside;       // the gate, and the job's mutex
    class Translation;  // saved numbers to planned ones
    class Telling;      // a commit that somebody hears of

    /// Nothing is ready, and something is tried again later.
    [[nodiscard]] bool sleeps() const {
        return sleeping_.load(std::memory_order_acquire) != 0 && rests();
    }
    [[nodiscard]] bool rests() const;
    /// A slot that is full drops something, so that nobody waits for room there.
    [[nodiscard]] bool drops(std::uint32_t slot) const {
        return plan_->slots[slot].overflow >= Overflow::DropNewest;
    }
    [[nodiscard]] Cell* cell_of(std::uint32_t routine) const {
        return cells_[routine].load(std::memory_order_acquire);
    }
    [[nodiscard]] Cell* cell_of_slot(std::uint32_t slot) const {
        return cell_of(plan_->slots[slot].routine);
    }
    /// Makes it where the job has not been there yet.
    [[nodiscard]] Cell& cell_for(std::uint32_t routine) {
        Cell* const cell = cell_of(routine);
        return cell != nullptr ? *cell : make_cell(routine);
    }
    Cell& make_cell(std::uint32_t routine);

    // The runner. Each of these says whether it goes on with this cell.
    void look_ahead() const;
    static void run_task(Task& task);
    void run_cell(Cell& first);
    template <class Lanes>
    bool attempt(Lanes& lanes, Cell& cell, Call& call, Stamp& stamp);
    template <class Lanes>
    bool decide(Lanes& lanes, Cell& cell, Call& call, Stamp began, Stamp ended);
    template <class Lanes>
    bool retry_commit(Lanes& lanes, Cell& cell, Call& call);
    template <class Lanes>
    bool commit(Lanes& lanes, Cell& cell, Call& call, const Attempt& attempt);
    template <class Lanes>
    void make_commit(Lanes& lanes, Cell& cell, Call& call, const Attempt& attempt,
                     Settled& settled);
    template <class Lanes>
    bool commit_watched(Lanes& lanes, Cell& cell, Call& call, const Attempt& attempt);
    template <class Lanes>
    bool refuse(Lanes& lanes, Cell& cell, Call& call, std::uint32_t slot, const Attempt& attempt);
    template <class Lanes>
    bool fix_head(Cell& cell);
    template <class Lanes>
    bool postpone(Lanes& lanes, Cell& cell, Call& call, const Retry& retry, ErrorText text,
                  const Attempt& attempt);
    template <class Lanes>
    void wake_due(Lanes& lanes);
    void stop_at(Cell& cell, Call& call, Failure failure, ErrorText text, const Attempt& attempt);
    void make_fields(Cell& cell, Call& call, Verdict& verdict);
    void undo(Cell& cell, Call& call);
    bool leave_late(Cell& cell);
    Cell* hand_over(ManyLanes& lanes, Cell* own);
    void hand_over(ManyLanes& lanes);
    void submit(Cell& cell, bool is_next);
    bool hold(Cell& cell);
    void let_go(Cell& cell);

    // Each of these is called inside the gate; with many lanes, its cells are locked.
    template <class Lanes>
    void admit(Lanes& lanes, Cell& cell, PayloadRef payload, std::uint64_t number,
               std::uint64_t root, std::uint32_t slot, std::uint32_t connection);
    template <class Lanes>
    std::uint32_t admit_emissions(Lanes& lanes, Cell& cell, Call& call, Settled& settled);
    template <class Lanes>
    std::uint32_t admit_emissions(Lanes& lanes, Cell& cell, Call& call, Settled& settled,
                                  const Sole& sole);
    template <class Lanes>
    bool settle(Lanes& lanes, Cell& cell, Call& call, const Attempt& attempt, Settled& settled,
                const Sole& sole, bool may_park);
    void pass_gate(OneLane& lane, Cell& cell, Call& call, const Attempt& attempt, Settled& settled);
    void pass_gate(ManyLanes& lanes, Cell& cell, Call& call, const Attempt& attempt,
                   Settled& settled);
    bool settle_locked(ManyLanes& lanes, Cell& cell, Call& call, const Attempt& attempt,
                       Settled& settled, const Sole& sole, bool may_park);
    bool settle_many(ManyLanes& lanes, Cell& cell, Call& call, const Attempt& attempt,
                     Settled& settled, bool may_park);
    template <class Lanes, class Admit>
    void take_effect(Lanes& lanes, Cell& cell, Call& call, const Attempt& attempt, Settled& settled,
                     const Admit& admit_all);
    template <class Lanes>
    std::uint32_t settle_choices(Lanes& lanes, Cell& cell, Call& call, const Attempt& attempt,
                                 Settled& settled);
    template <class Lanes>
    std::uint64_t admit_choice(Lanes& lanes, Cell& cell, Delivery delivery, Stamp now,
                               Leavings& leavings);
    void drop(Cell& cell, Delivery delivery, Stamp now, Leavings& leavings);
    std::uint32_t choose(const Cell& cell, Call& call, Choices& choices);
    [[nodiscard]] std::uint32_t find_refusal(const Choices& choices);
    template <class Lanes>
    void settle_head(Cell& cell, Call& call, const Attempt& attempt, Settled& settled);
    template <class Lanes>
    void leave_turn(Lanes& lanes, Cell& cell, Settled& settled);
    template <class Lanes>
    void wake(Lanes& lanes, Cell& cell, std::uint32_t slot);
    void lock_touched(CellLocks& locks, Cell& cell, Call& call);
    [[nodiscard]] Sole sole_receiver(const Cell& cell, Call& call);
    [[nodiscard]] std::uint32_t find_full(const Cell& cell, Call& call) const;
    [[nodiscard]] std::uint32_t find_full(const Cell& cell, Call& call, const Sole& sole) const;
    void take_expectations(const std::vector<std::uint32_t>& slots);
    [[nodiscard]] bool is_queued_from_outside(std::uint32_t slot) const;
    bool park(Cell& cell, Call& call, std::uint32_t full, const Attempt& attempt);
    bool fail_where_circular(const Cell& cell);

    // Each of these needs the job's mutex, where there are many lanes.
    template <class Lanes>
    void on_quiet(Lanes& lanes);
    template <class Lanes>
    std::uint64_t admit_sent(Lanes& lanes, std::uint32_t slot, PayloadRef payload,
                             Leavings& leavings);
    [[noreturn]] void refuse_sent(std::uint32_t slot) const;
    std::uint64_t admit_from_outside(std::uint32_t slot, PayloadRef payload, bool is_send);
    void require_sendable(std::uint32_t slot) const;
    void require_alive(std::string_view act) const;
    void end_by(Failure failure);
    [[nodiscard]] JobStatus status_now() const;
    [[nodiscard]] bool is_at_rest() const { return ready_.is_empty() && tasks_.load() == 0; }

    // Each of these needs the gate closed.
    void drop_queued(Cell& cell, Stamp now, Dropped& dropped);
    void drop_one(const Delivery& delivery, Stamp now, Dropped& dropped);
    void cut_cells(JobState& state, SortedCuts& sorted) const;
    void cut_choices(JobState& state, const Cell& cell) const;
    static void lay_out(CellState& saved, const SortedMailbox::Cut& sorted);
    void copy_parts(JobState& state, SortedCuts& sorted, Evicted& forgotten);
    void cut_turns(JobState& state) const;

    void describe(JobState& state) const;
    void restore(const JobState& state);
    void restore_cell(const JobState& state, const CellState& saved, const Translation& to);
    void sort(Cell& cell);
    Delivery restored(const Delivery& delivery, const Translation& to);
    void restore_mailbox(Cell& cell, const CellState& saved, const Translation& to);
    void restore_due(const JobState& state, const Translation& to);
    void restore_choices(const JobState& state, const Translation& to);
    void restore_waiting(const Waiting& waiting, const Translation& to);
    void restore_history(const JobState& state, const Translation& to);

    std::shared_ptr<const Plan> plan_;
    const Target* targets_;  // of the plan
    std::string id_;
    std::string parent_id_;
    WallTime created_at_;
    WallTime deadline_;

    std::shared_ptr<Crew> crew_;  // null: one lane

    mutable Gate gate_;
    std::unique_ptr<std::atomic<Cell*>[]> cells_;  // by routine; null: never used
    std::atomic<std::uint64_t> unsettled_{0};
    History history_;

    mutable Mutex mutex_;  // many lanes: of what is rarely looked at, from here to `interruption_`
    ReadyList ready_;      // one lane: all that is ready; many: what is ready and not with the crew
    DueList due_;
    std::uint64_t sent_ = 0;
    std::vector<std::uint32_t> awaited_;
    std::vector<std::uint32_t> fired_;
    Failure failure_;
    std::string cancel_reason_;
    std::optional<Failure> interruption_;

    mutable Mutex cells_mutex_;
    std::vector<std::uint32_t> used_;  // routines that have a cell, in order
    std::shared_ptr<Family> family_;

    std::atomic<std::uint8_t> end_{kNoEnd};  // a JobStatus
    std::atomic<bool> is_paused_{false};
    std::atomic<bool> is_launched_{false};  // the crew may have it
    std::atomic<bool> has_begun_{false};
    std::atomic<bool> is_heard_{false};    // `committed` is asked for
    std::atomic<bool> is_watched_{false};  // a commit has more to do: somebody hears or counts
    SpinLock history_lock_;                // many lanes
    bool is_open_ = false;                 // both under the job's mutex, too
    bool is_closed_ = false;               // by `finish`
    std::atomic<std::uint32_t> runners_{0};
    std::atomic<std::uint32_t> telling_{0};   // runners between a commit and the end of `committed`
    std::atomic<std::uint32_t> tasks_{0};     // cells that the crew has
    std::atomic<std::uint32_t> sleeping_{0};  // how many are in `due_`
    std::atomic<std::uint64_t> failed_deliveries_{0};
};

/// A random id: jobs started in different processes never share one.
[[nodiscard]] std::string new_job_id();

}  // namespace stoplog
