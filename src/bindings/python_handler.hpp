// A routine of Python as the engine's handler: the only place that calls user code.
//
// Every function here runs with the GIL held: whoever runs a job took it.
#pragma once

#include "stoplog/engine/handler.hpp"

#include "bindings/definition.hpp"
#include "bindings/payload.hpp"

#include <memory>

namespace stoplog::python {

class PythonHandler final : public Handler {
public:
    PythonHandler(PyObject* routine, std::shared_ptr<Definition> definition);

    Verdict invoke(Call& call) override;
    [[nodiscard]] const void* identity() const noexcept override { return routine_.get(); }
    bool make_fields(const std::shared_ptr<CallLog>& log, std::shared_ptr<Document>& fields,
                     Failure& failure) noexcept override;
    std::shared_ptr<Document> restore_fields(const std::shared_ptr<CallLog>& log,
                                             const JobState& state,
                                             const CellState& saved) override;
    [[nodiscard]] std::shared_ptr<Document> initial_fields() noexcept override;

    [[nodiscard]] bool is_retried(const Retry& retry, const Failure& failure) override;
    void refuse(const std::string& message, Failure& failure) override;

    [[nodiscard]] PyObject* routine() const { return routine_.get(); }
    [[nodiscard]] const Definition& definition() const { return *definition_; }

private:
    PyObject* call_plainly(const Definition::Slot& slot, const PythonPayload& payload) const;
    PyObject* call_otherwise(Definition::Slot& slot, const Call& call);
    PyObject* call_shaped(Definition::Slot& slot, const PythonPayload& payload);
    bool shape(Definition::Slot& slot, const PythonPayload& payload);
    std::shared_ptr<Document> make_document(const std::shared_ptr<CallLog>& log) const;
    bool load_field(Document& fields, const StateObject& state, const Ref& value,
                    const Frozen* frozen = nullptr) const;
    Ref first_value(const StateObject& state) const;

    Ref routine_;
    std::shared_ptr<Definition> definition_;
    std::shared_ptr<CallLog> initial_log_;
    std::shared_ptr<Document> initial_fields_;
};

/// The payload under the names that the slot of `connection` knows; the same one without a rename.
PayloadRef renamed(const Legend& legend, std::uint32_t connection, const PayloadRef& payload);

/// Moves the pending Python error into a failure; `with_traceback` writes it out as text.
void take_error(Failure& failure, bool with_traceback);

/// `stoplog.Payload` with fresh copies of what could change; a new reference, or null.
PyObject* whole_payload(const PythonPayload& payload);

/// A payload without fields: what a drained slot is delivered with.
PythonPayload* empty_payload();

}  // namespace stoplog::python
