// Numbers become names here and nowhere else.
#include "bindings/records.hpp"

#include "stoplog/base/error.hpp"

#include "bindings/face.hpp"
#include "bindings/payload.hpp"
#include "bindings/pybind.hpp"
#include "bindings/python_handler.hpp"

#include <algorithm>

namespace stoplog::python {
namespace {

py::object make(const char* name, const py::tuple& arguments) {
    PyObject* const cls = face(name);
    if (cls == nullptr) {
        throw py::error_already_set();
    }
    return py::reinterpret_borrow<py::object>(cls)(*arguments);
}

py::object delivery_id(const Legend& legend, std::uint32_t source, std::uint64_t number) {
    return make(
        "DeliveryId",
        py::make_tuple(source == kNone ? std::string() : legend.routines[source].name, number));
}

py::object fed_by(const Legend& legend, std::uint32_t connection) {
    return connection == kNone ? py::object(py::none())
                               : py::object(py::str(legend.event_path(connection)));
}

py::object payload_object(const Legend& legend, std::uint32_t connection,
                          const PayloadRef& payload) {
    PayloadRef seen = payload ? renamed(legend, connection, payload) : PayloadRef(empty_payload());
    if (!seen && payload) {  // a rename that does not fit: told when it is delivered
        PyErr_Clear();
        seen = payload;
    }
    PyObject* const made = seen ? whole_payload(as_python(*seen.get())) : nullptr;
    if (made == nullptr) {
        throw py::error_already_set();
    }
    return py::reinterpret_steal<py::object>(made);
}

// `due`: nanoseconds since 1970, or None.
py::object delivery_object(const Legend& legend, const Delivery& delivery, std::uint32_t attempt,
                           bool is_in_call, const py::object& due = py::none()) {
    const Legend::Slot& slot = legend.slots[delivery.slot];
    return make("Delivery",
                py::make_tuple(
                    delivery_id(legend, legend.source_of(delivery.connection), delivery.number),
                    delivery_id(legend, kNone, delivery.root), legend.routines[slot.routine].name,
                    slot.name, payload_object(legend, delivery.connection, delivery.payload),
                    attempt, slot.priority, due, fed_by(legend, delivery.connection), is_in_call));
}

py::object record_object(const Legend& legend, const Timebase& timebase, const Record& record,
                         bool has_payload) {
    const Legend::Slot& slot = legend.slots[record.slot];
    const auto none = [] { return py::object(py::none()); };
    return make(
        "Record",
        py::make_tuple(
            delivery_id(legend, legend.source_of(record.connection), record.number),
            legend.routines[slot.routine].name, slot.name, std::string(name_of(record.outcome)),
            record.attempt, timebase.wall(record.began), timebase.nanoseconds(record.ticks),
            has_payload ? payload_object(legend, record.connection, record.payload) : none(),
            record.error ? py::object(py::str(*record.error)) : none(),
            fed_by(legend, record.connection)));
}

// A drained slot is delivered without a payload; any other record without one was not to keep it.
bool has_payload(const JobState& state, const Record& record) {
    return state.retention.keeps_payloads &&
           (record.payload || std::ranges::find(state.fired, record.slot) != state.fired.end());
}

template <class Make>
PyObject* guarded(const Make& make_object) {
    try {
        return make_object().release().ptr();
    } catch (py::error_already_set& error) {
        error.restore();
        return nullptr;
    }
}

}  // namespace

PyObject* make_delivery(const Legend& legend, const Delivery& delivery, std::uint32_t attempt,
                        bool is_in_call) {
    return guarded([&] { return delivery_object(legend, delivery, attempt, is_in_call); });
}

PyObject* make_record(const JobState& state, const Record& record) {
    return guarded([&] {
        return record_object(*state.legend, state.timebase, record, has_payload(state, record));
    });
}

PyObject* commit_object(const Job& job, const Committed& commit) {
    return guarded([&] {
        const Plan& plan = job.plan();
        const std::string& routine = plan.legend->routines[commit.routine].name;
        const auto& handler =
            static_cast<const PythonHandler&>(*plan.routines[commit.routine].behaviour);
        py::list emitted;
        for (const Emission& emission : commit.emitted) {
            emitted.append(py::make_tuple(
                join(routine, ".", text_of(handler.definition().events[emission.event]->name)),
                payload_object(*plan.legend, kNone, emission.payload)));
        }
        return make("Commit", py::make_tuple(job.id(),
                                             record_object(*plan.legend, current_timebase(),
                                                           commit.record, true),
                                             py::tuple(emitted)));
    });
}

PyObject* make_job_error(const JobError& error) {
    return guarded([&] {
        return make("JobError", py::make_tuple(error.routine, error.slot, error.attempt, error.type,
                                               error.message, error.traceback));
    });
}

PyObject* make_queued(const JobState& state) {
    return guarded([&] {
        py::list queued;
        for (const CellState& cell : state.cells) {
            std::uint64_t place = 0;
            auto tried = cell.tried.begin();
            cell.mailbox.each([&](const Delivery& delivery) {
                std::uint32_t failed = place == 0 ? cell.head_tries.failed : 0;
                if (tried != cell.tried.end() && tried->place == place) {
                    failed = tried++->tries.failed;
                }
                queued.append(delivery_object(*state.legend, delivery, failed + 1,
                                              place == 0 && cell.is_in_call));
                ++place;
            });
        }
        for (const DueDelivery& due : state.due) {
            queued.append(delivery_object(*state.legend, due.delivery, due.tries.failed + 1, false,
                                          py::int_(due.at)));
        }
        return py::object(py::tuple(queued));
    });
}

}  // namespace stoplog::python
