// Where a value goes that is written as text: objects with keys, arrays, texts, numbers.
#pragma once

#include <cstdint>
#include <string_view>

namespace stoplog::archive {

class TextSink {
public:
    TextSink() = default;
    TextSink(const TextSink&) = delete;
    TextSink& operator=(const TextSink&) = delete;
    virtual ~TextSink() = default;

    virtual void begin_object() = 0;
    virtual void end_object() = 0;
    virtual void begin_array() = 0;
    virtual void end_array() = 0;
    /// Of what follows. Requires: UTF-8 without zeros.
    virtual void key(std::string_view key) = 0;
    /// Requires: UTF-8.
    virtual void text(std::string_view text) = 0;
    virtual void integer(std::int64_t number) = 0;
    virtual void natural(std::uint64_t number) = 0;
    /// Requires: finite.
    virtual void real(double number) = 0;
    virtual void claim(bool is_true) = 0;
    virtual void null() = 0;
};

}  // namespace stoplog::archive
