// The declared state of a routine in a job: made, restored, and what it would be at first. Behind
// the declared fields stand the buffers of merging slots.
#include "stoplog/engine/cell.hpp"

#include "bindings/merging.hpp"
#include "bindings/pybind.hpp"
#include "bindings/python_handler.hpp"
#include "bindings/state_dict_type.hpp"

namespace stoplog::python {
namespace {

Ref first_value(const StateObject& state) {
    return state.kind != nullptr ? Ref::steal(PyObject_CallNoArgs(state.kind))
                                 : Ref::borrow(state.default_value);
}

std::shared_ptr<Document> make_document(const std::shared_ptr<CallLog>& log) {
    return std::make_shared<Document>(python_leaves, log, nullptr);
}

// `frozen`: as of which cut a container of ours is copied; null: as it is. False with an error set.
bool load_field(Document& fields, PyObject* name, const Ref& value,
                const Frozen* frozen = nullptr) {
    Ref stored = Ref::steal(value ? tracked(fields.log(), value.get(), name, frozen) : nullptr);
    if (!stored) {
        return false;
    }
    fields.load(Py_NewRef(name), hash_of(name), stored.release());
    return true;
}

bool load_first(Document& fields, const Definition& definition) {
    for (const StateObject* state : definition.states) {
        if (!load_field(fields, state->name, first_value(*state))) {
            return false;
        }
    }
    for (const Ref& buffer : definition.buffers) {
        if (!load_field(fields, buffer.get(), Ref::borrow(Py_None))) {
            return false;
        }
    }
    return true;
}

// The values that were saved for one routine, by name.
class SavedFields {
public:
    SavedFields(const JobState& state, const CellState& saved)
        : legend_(*state.legend), first_(legend_.routines[saved.routine].first_field) {
        const Version version =
            state.frozen ? state.frozen->version_of(*saved.fields) : saved.fields->version();
        version.each([&](const Entry& entry) {
            values_.push_back(Ref::borrow(static_cast<PyObject*>(entry.value)));
            return true;
        });
    }

    /// Empty: there is none.
    [[nodiscard]] Ref find(PyObject* name) const {
        for (std::size_t i = 0; i < values_.size(); ++i) {
            if (legend_.fields[first_ + i].name == text_of(name)) {
                return values_[i];
            }
        }
        return {};
    }

private:
    const Legend& legend_;
    std::uint32_t first_;
    std::vector<Ref> values_;
};

// What is saved as a buffer may have been written by anybody.
bool load_buffers(Document& fields, const Definition& definition, const SavedFields& saved,
                  const Frozen* frozen) {
    for (const Definition::Slot& slot : definition.slots) {
        if (!slot.is_merging()) {
            continue;
        }
        PyObject* const name = definition.buffers[slot.buffer - definition.states.size()].get();
        const Ref value = saved.find(name);
        if (!load_field(fields, name, value ? value : Ref::borrow(Py_None), frozen) ||
            !check_buffer(*slot.slot, static_cast<PyObject*>(fields.value_at(slot.buffer)))) {
            return false;
        }
    }
    return true;
}

}  // namespace

bool PythonHandler::make_fields(const std::shared_ptr<CallLog>& log,
                                std::shared_ptr<Document>& fields, Failure& failure) noexcept {
    std::shared_ptr<Document> made = make_document(log);
    if (!load_first(*made, *definition_)) {
        take_error(failure, true);
        return false;
    }
    fields = std::move(made);
    return true;
}

std::shared_ptr<Document> PythonHandler::initial_fields() noexcept {
    if (!initial_fields_) {
        initial_log_ =
            std::make_shared<CallLog>(std::make_shared<Family>(), Py_TYPE(routine_.get())->tp_name);
        Failure failure;
        make_fields(initial_log_, initial_fields_, failure);
    }
    return initial_fields_;
}

std::shared_ptr<Document> PythonHandler::restore_fields(const std::shared_ptr<CallLog>& log,
                                                        const JobState& state,
                                                        const CellState& saved) {
    const SavedFields values(state, saved);
    std::shared_ptr<Document> made = make_document(log);
    for (const StateObject* declared : definition_->states) {
        const Ref value = values.find(declared->name);
        if (!load_field(*made, declared->name, value ? value : first_value(*declared),
                        state.frozen.get())) {
            throw py::error_already_set();
        }
    }
    if (!load_buffers(*made, *definition_, values, state.frozen.get())) {
        throw py::error_already_set();
    }
    return made;
}

}  // namespace stoplog::python
