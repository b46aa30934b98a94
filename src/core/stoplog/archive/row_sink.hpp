// Where the rows of a saved job go, one after the other, with the names of their fields.
//
// What JSON and the archives of an interchange format have in common: each format is one class.
#pragma once

#include "stoplog/archive/text_sink.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace stoplog::archive {

class RowSink {
public:
    RowSink() = default;
    RowSink(const RowSink&) = delete;
    RowSink& operator=(const RowSink&) = delete;
    virtual ~RowSink() = default;

    // The fields of a row. Requires of every name: it is an identifier and a literal.
    virtual void text(const char* name, std::string_view text) = 0;
    virtual void no_text(const char* name) = 0;
    virtual void integer(const char* name, std::int64_t number) = 0;
    virtual void natural(const char* name, std::uint64_t number) = 0;
    virtual void claim(const char* name, bool is_true) = 0;
    /// A list of rows, or of texts.
    virtual void begin_list(const char* name, std::size_t size) = 0;
    virtual void end_list() = 0;
    /// A row that is a field, or none.
    virtual void begin_one(const char* name) = 0;
    virtual void end_one() = 0;
    virtual void no_one(const char* name) = 0;
    /// A value, or none.
    virtual TextSink& begin_value(const char* name) = 0;
    virtual void end_value() = 0;
    virtual void no_value(const char* name) = 0;

    // The items of a list.
    virtual void begin_row() = 0;
    virtual void end_row() = 0;
    virtual void item(std::string_view text) = 0;
};

}  // namespace stoplog::archive
