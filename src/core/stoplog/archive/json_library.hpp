// cereal's JSON archive and the parser that comes with it, set up. For json.cpp alone.
//
// cereal writes each character by std::ostream::put, which asks the stream for its state every
// time: that is two thirds of the whole cost. The wrapper between the two is a template for other
// streams to specialise; this one writes into the stream's buffer.
#pragma once

#include <cstddef>
#include <ostream>
#include <stdexcept>
#include <streambuf>

// A broken assumption of the parser is an exception, in all of it.
#define RAPIDJSON_ASSERT_THROWS
#define RAPIDJSON_ASSERT(x)         \
    if (!(x)) {                     \
        throw std::logic_error(#x); \
    }
#define CEREAL_RAPIDJSON_ASSERT_THROWS
#define CEREAL_RAPIDJSON_ASSERT(x) RAPIDJSON_ASSERT(x)

#if __has_include(<cereal/external/rapidjson/ostreamwrapper.h>)
#  include <cereal/external/rapidjson/ostreamwrapper.h>
namespace rapid = CEREAL_RAPIDJSON_NAMESPACE;
CEREAL_RAPIDJSON_NAMESPACE_BEGIN
#else  // Debian's cereal takes the system's
#  include <rapidjson/ostreamwrapper.h>
namespace rapid = RAPIDJSON_NAMESPACE;
RAPIDJSON_NAMESPACE_BEGIN
#endif

// NOLINTBEGIN(readability-identifier-naming): the names that the library calls
template <>
class BasicOStreamWrapper<std::ostream> {
public:
    using Ch = char;
    explicit BasicOStreamWrapper(std::ostream& stream) : buffer_(*stream.rdbuf()) {}
    void Put(char character) { buffer_.sputc(character); }
    void Flush() {}
    // For reading and for writing in place.
    [[nodiscard]] char Peek() const { return 0; }
    char Take() { return 0; }
    [[nodiscard]] std::size_t Tell() const { return 0; }
    char* PutBegin() { return nullptr; }
    std::size_t PutEnd(char*) { return 0; }

private:
    std::streambuf& buffer_;
};
// NOLINTEND(readability-identifier-naming)

#ifdef CEREAL_RAPIDJSON_NAMESPACE_END
CEREAL_RAPIDJSON_NAMESPACE_END
#else
RAPIDJSON_NAMESPACE_END
#endif

#include <cereal/archives/json.hpp>
