// The two ends of the streams that the libraries write to and read from. For archives alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <streambuf>
#include <string>
#include <string_view>
#include <utility>

namespace stoplog::archive {

/// Collects in pieces, so that a character costs next to nothing.
class StringSink : public std::streambuf {
public:
    StringSink() { setp(piece_, piece_ + sizeof piece_); }
    void reserve(std::size_t size) { bytes_.reserve(size); }
    [[nodiscard]] std::string take() {
        flush();
        return std::exchange(bytes_, {});
    }

protected:
    std::streamsize xsputn(const char* data, std::streamsize size) override {
        flush();
        bytes_.append(data, static_cast<std::size_t>(size));
        return size;
    }
    int_type overflow(int_type character) override {
        flush();
        return sputc(traits_type::to_char_type(character));
    }

private:
    void flush() {
        bytes_.append(pbase(), static_cast<std::size_t>(pptr() - pbase()));
        setp(piece_, piece_ + sizeof piece_);
    }
    static constexpr std::size_t kPiece = 2048;
    std::string bytes_;
    char piece_[kPiece] = {};
};

/// Reads bytes where they are, and knows how many are left.
class ViewSource : public std::streambuf {
public:
    explicit ViewSource(std::string_view bytes) {
        char* const begin = const_cast<char*>(bytes.data());  // never written
        setg(begin, begin, begin + bytes.size());
    }
    [[nodiscard]] std::uint64_t left() const {
        return static_cast<std::uint64_t>(egptr() - gptr());
    }
    [[nodiscard]] std::uint64_t passed() const {
        return static_cast<std::uint64_t>(gptr() - eback());
    }
};

}  // namespace stoplog::archive
