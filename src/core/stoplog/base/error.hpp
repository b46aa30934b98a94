// The one tree of errors, mirrored name for name in Python.
//
// A message names the thing, what was found and what was expected. A user's own exception is
// never one of these: it travels as it is.
#pragma once

#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace stoplog {

/// Joins what can be appended to a string: the house's `format`.
template <class... Parts>
[[nodiscard]] std::string join(const Parts&... parts) {
    std::string text;
    text.reserve((std::size_t{0} + ... + std::string_view(parts).size()));
    (text.append(std::string_view(parts)), ...);
    return text;
}

class StoplogError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

class BackpressureError : public StoplogError {
public:
    using StoplogError::StoplogError;
};

class ConfigurationError : public StoplogError {
public:
    using StoplogError::StoplogError;
};

class GraphError : public ConfigurationError {
public:
    using ConfigurationError::ConfigurationError;
};

class TypeMismatchError : public ConfigurationError {
public:
    using ConfigurationError::ConfigurationError;
};

class DefinitionMismatchError : public ConfigurationError {
public:
    using ConfigurationError::ConfigurationError;
};

class StateError : public StoplogError {
public:
    using StoplogError::StoplogError;
};

class SerializationError : public StoplogError {
public:
    explicit SerializationError(const std::string& text, std::shared_ptr<void> cause = nullptr)
        : StoplogError(text), cause_(std::move(cause)) {}

    /// The same, with the place put before it.
    [[nodiscard]] SerializationError at(std::string_view place) const {
        return SerializationError(join(place, what()), cause_);
    }
    /// A foreign error that is behind it, opaque here; null: none is.
    [[nodiscard]] const std::shared_ptr<void>& cause() const { return cause_; }

private:
    std::shared_ptr<void> cause_;
};

class NotFoundError : public StoplogError {
public:
    using StoplogError::StoplogError;
};

class UnknownRoutineError : public NotFoundError {
public:
    using NotFoundError::NotFoundError;
};

class UnknownSlotError : public NotFoundError {
public:
    using NotFoundError::NotFoundError;
};

class UnknownEventError : public NotFoundError {
public:
    using NotFoundError::NotFoundError;
};

}  // namespace stoplog
