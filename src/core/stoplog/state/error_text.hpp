// Why an attempt failed, one pointer wide: every record has room for one, few have one.
#pragma once

#include <memory>
#include <string>
#include <utility>

namespace stoplog {

/// "ValueError: ..."; nothing where the attempt did not fail.
class ErrorText {
public:
    ErrorText() = default;
    explicit ErrorText(std::string text)
        : text_(std::make_unique<const std::string>(std::move(text))) {}
    ErrorText(const ErrorText& other)
        : text_(other.text_ ? std::make_unique<const std::string>(*other.text_) : nullptr) {}
    ErrorText(ErrorText&&) noexcept = default;
    ErrorText& operator=(const ErrorText& other) { return *this = ErrorText(other); }
    ErrorText& operator=(ErrorText&&) noexcept = default;
    ~ErrorText() = default;

    [[nodiscard]] explicit operator bool() const { return text_ != nullptr; }
    /// Requires: there is one.
    [[nodiscard]] const std::string& operator*() const { return *text_; }

private:
    std::unique_ptr<const std::string> text_;
};

}  // namespace stoplog
