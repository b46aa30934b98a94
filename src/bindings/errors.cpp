// Each error of the core becomes the class of the same name in the Python face.
#include "bindings/errors.hpp"

#include "stoplog/base/error.hpp"

#include "bindings/face.hpp"
#include "bindings/value_text.hpp"

namespace stoplog::python {
namespace {

// Most special first.
const char* class_of(const StoplogError& error) {
    const auto is = [&]<class Error>(Error*) {
        return dynamic_cast<const Error*>(&error) != nullptr;
    };
    if (is(static_cast<BackpressureError*>(nullptr))) return "BackpressureError";
    if (is(static_cast<GraphError*>(nullptr))) return "GraphError";
    if (is(static_cast<TypeMismatchError*>(nullptr))) return "TypeMismatchError";
    if (is(static_cast<DefinitionMismatchError*>(nullptr))) return "DefinitionMismatchError";
    if (is(static_cast<ConfigurationError*>(nullptr))) return "ConfigurationError";
    if (is(static_cast<StateError*>(nullptr))) return "StateError";
    if (is(static_cast<UnknownRoutineError*>(nullptr))) return "UnknownRoutineError";
    if (is(static_cast<UnknownSlotError*>(nullptr))) return "UnknownSlotError";
    if (is(static_cast<UnknownEventError*>(nullptr))) return "UnknownEventError";
    if (is(static_cast<NotFoundError*>(nullptr))) return "NotFoundError";
    return "StoplogError";
}

}  // namespace

void register_errors() {
    // NOLINTNEXTLINE(performance-unnecessary-value-param): the signature that pybind11 asks for
    py::register_exception_translator([](std::exception_ptr thrown) {
        try {
            if (thrown) {
                std::rethrow_exception(thrown);
            }
        } catch (const SerializationError& error) {
            raise_serialization(error.what(), static_cast<PyObject*>(error.cause().get()));
        } catch (const StoplogError& error) {
            raise(class_of(error), error.what());
        } catch (const PendingError&) {
            return;  // the error is set
        }
    });
}

}  // namespace stoplog::python
