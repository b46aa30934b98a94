// What the engine asks of a routine's behaviour.
#pragma once

#include "stoplog/engine/call.hpp"
#include "stoplog/graph/routine.hpp"
#include "stoplog/state/document.hpp"
#include "stoplog/state/job_state.hpp"

#include <memory>
#include <string>

namespace stoplog {

class Handler : public Behaviour {
public:
    /// Runs the handler of `call.delivery().slot`. Throws nothing: what went wrong is in
    /// `call.failure`. Not noexcept, since a dying interpreter may unwind its threads. Outside the
    /// gate.
    virtual Verdict invoke(Call& call) = 0;

    /// Whether what went wrong is of the kind that `retry` tries again. Outside the gate.
    [[nodiscard]] virtual bool is_retried(const Retry& /*retry*/, const Failure& /*failure*/) {
        return true;
    }
    /// A full slot refused what the call emitted: the call has failed, and `failure` says so.
    virtual void refuse(const std::string& message, Failure& failure) {
        failure.error.type = "BackpressureError";
        failure.error.message = message;
    }

    /// Who may emit in such a call.
    [[nodiscard]] virtual const void* identity() const noexcept = 0;

    /// The declared state of a new cell; with `saved`, as it was saved. False: it could not be
    /// made, `failure` says why. Asked only of routines that declare state. Outside the gate.
    virtual bool make_fields(const std::shared_ptr<CallLog>& log, std::shared_ptr<Document>& fields,
                             Failure& failure) noexcept = 0;
    /// Takes over saved values; throws where they no longer fit.
    virtual std::shared_ptr<Document> restore_fields(const std::shared_ptr<CallLog>& log,
                                                     const JobState& state,
                                                     const CellState& saved) = 0;
    /// What the state of a cell that nobody used would be; null where it cannot be made.
    [[nodiscard]] virtual std::shared_ptr<Document> initial_fields() noexcept = 0;
};

}  // namespace stoplog
