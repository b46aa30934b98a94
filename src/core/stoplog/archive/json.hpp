// JSON: written by cereal's archive, read by the parser that comes with it.
//
// Nothing reaches the parser before one scan has seen how deep and how many everything is.
#pragma once

#include "stoplog/archive/row_sink.hpp"
#include "stoplog/archive/tree.hpp"
#include "stoplog/value/limits.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace stoplog::archive {

/// One JSON object, pretty-printed: rows, or a value.
class JsonWriter : public RowSink {
public:
    /// `indent`: spaces for a level.
    explicit JsonWriter(unsigned indent);
    ~JsonWriter() override;
    /// Ends the object. Requires: all that was begun has ended.
    [[nodiscard]] std::string finish();
    /// Takes one object, which is then all of it: nothing else may be written.
    [[nodiscard]] TextSink& root();

    void text(const char* name, std::string_view text) override;
    void no_text(const char* name) override;
    void integer(const char* name, std::int64_t number) override;
    void natural(const char* name, std::uint64_t number) override;
    void claim(const char* name, bool is_true) override;
    void begin_list(const char* name, std::size_t size) override;
    void end_list() override;
    void begin_one(const char* name) override;
    void end_one() override;
    void no_one(const char* name) override;
    TextSink& begin_value(const char* name) override;
    void end_value() override {}
    void no_value(const char* name) override;
    void begin_row() override;
    void end_row() override;
    void item(std::string_view text) override;

private:
    class Values;
    std::unique_ptr<Values> values_;
};

/// Throws SerializationError: no JSON, a key twice, a text that is no UTF-8, beyond the limits.
void parse_json(std::string_view text, Tree& into);

/// What a value of so many levels may take of JSON's, and the rows around it.
[[nodiscard]] constexpr std::uint32_t json_depth(std::uint32_t value_depth) {
    return 3 * value_depth + 16;
}

}  // namespace stoplog::archive
