// The bytes that values are written in: little-endian, varints, tags; one table of strings.
//
// A reader trusts nothing: each step is checked against the bytes that are left before anything is
// allocated, and every failure is a SerializationError that tells the byte.
#pragma once

#include "stoplog/value/limits.hpp"
#include "stoplog/value/tags.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace stoplog::wire {

/// Containers in containers, for writing and for reading.
inline constexpr std::uint32_t kMaxDepth = 200;

[[nodiscard]] constexpr std::uint64_t to_zigzag(std::int64_t value) {
    return (static_cast<std::uint64_t>(value) << 1U) ^ static_cast<std::uint64_t>(value >> 63);
}
[[nodiscard]] constexpr std::int64_t from_zigzag(std::uint64_t value) {
    return static_cast<std::int64_t>(value >> 1U) ^ -static_cast<std::int64_t>(value & 1U);
}

static_assert(Limits().max_depth == kMaxDepth);

/// Whether it is the text of names and messages: strict UTF-8, no surrogates.
[[nodiscard]] bool is_utf8(std::string_view bytes);

/// Texts by number, each once, numbered in the order of first use.
class StringTable {
public:
    [[nodiscard]] std::uint32_t number_of(std::string_view text);
    /// The number that this very object's text got lately, or kUnknown. Requires of whoever
    /// remembers: the object lives and stays as it is until the table is written.
    [[nodiscard]] std::uint32_t recalled(const void* identity) const {
        const Recent& recent = recent_[slot_of(identity)];
        return recent.identity == identity ? recent.number : kUnknown;
    }
    void remember(const void* identity, std::uint32_t number) {
        recent_[slot_of(identity)] = {identity, number};
    }
    [[nodiscard]] std::string bytes() const;

    static constexpr std::uint32_t kUnknown = 0xFFFFFFFF;

private:
    struct Text {
        std::size_t start;
        std::size_t size;
        std::size_t hash;
    };
    struct Recent {
        const void* identity = nullptr;
        std::uint32_t number = 0;
    };
    static constexpr std::size_t kRecent = 128;
    static std::size_t slot_of(const void* identity) {
        return (reinterpret_cast<std::uintptr_t>(identity) >> 4U) % kRecent;
    }
    void grow();

    std::string all_;
    std::vector<Text> texts_;
    std::vector<std::uint32_t> index_;  // open addressing; number + 1
    Recent recent_[kRecent];
};

/// How a writer writes: into a file, or for a comparison.
struct Mode {
    bool is_canonical = false;  // equal values give equal bytes: names as text, dicts sorted
    bool allows_opaque = false;
};

class Writer {
public:
    Writer() = default;
    explicit Writer(StringTable* strings, Mode mode = {}, std::uint32_t depth = 0)
        : strings_(strings), mode_(mode), depth_(depth) {}

    void byte(std::uint8_t value) {
        reserve(1);
        put(value);
    }
    void tag(Tag tag) { byte(static_cast<std::uint8_t>(tag)); }
    void varint(std::uint64_t value) {
        reserve(kLongestVarint);
        char* at = buffer_.data() + size_;
        char* const start = at;
        while (value >= 0x80U) {
            *at++ = static_cast<char>(value | 0x80U);
            value >>= 7U;
        }
        *at++ = static_cast<char>(value);
        size_ += static_cast<std::size_t>(at - start);
    }
    void zigzag(std::int64_t value) { varint(to_zigzag(value)); }
    void fixed64(std::uint64_t value) {
        reserve(8);
        for (int i = 0; i < 8; ++i) {
            put(static_cast<std::uint8_t>(value >> (8 * i)));
        }
    }
    void raw(std::string_view bytes) {
        reserve(bytes.size());
        if (!bytes.empty()) {
            std::memcpy(buffer_.data() + size_, bytes.data(), bytes.size());
        }
        size_ += bytes.size();
    }
    void text(std::string_view bytes) {
        varint(bytes.size());
        raw(bytes);
    }
    /// By its number in the table of strings; as text where there is none, or where equal values
    /// must give equal bytes.
    void name(std::string_view text);
    /// The same for the text of an object that stays alive: true where it is written already.
    [[nodiscard]] bool recalled_name(const void* identity);
    void name(std::string_view text, const void* identity);

    /// Forgets what was written, and keeps its room.
    void clear() { size_ = 0; }
    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] std::string_view view() const { return {buffer_.data(), size_}; }
    [[nodiscard]] bool is_canonical() const { return mode_.is_canonical; }
    [[nodiscard]] bool allows_opaque() const { return mode_.allows_opaque; }
    /// An empty writer of the same kind at the same depth.
    [[nodiscard]] Writer scratch() const { return Writer(strings_, mode_, depth_); }
    /// An empty one at the same depth in which equal values give equal bytes.
    [[nodiscard]] Writer alone() const {
        return Writer(nullptr, {true, mode_.allows_opaque}, depth_);
    }

    /// One container deeper while it lives; throws where that is too deep.
    class Level {
    public:
        explicit Level(Writer& writer) : writer_(writer) { writer.enter(); }
        Level(const Level&) = delete;
        Level& operator=(const Level&) = delete;
        ~Level() { --writer_.depth_; }

    private:
        Writer& writer_;
    };

private:
    static constexpr std::size_t kLongestVarint = 10;
    void reserve(std::size_t more) {
        if (buffer_.size() - size_ < more) [[unlikely]] {
            grow(more);
        }
    }
    void put(std::uint8_t value) { buffer_[size_++] = static_cast<char>(value); }
    void grow(std::size_t more);
    void enter();

    std::string buffer_;
    std::size_t size_ = 0;
    StringTable* strings_ = nullptr;
    Mode mode_;
    std::uint32_t depth_ = 0;
};

/// The table of strings of a file, and what else its readers share: how much the file may ask for.
/// The texts are part of bytes that must outlive it.
class LoadedStrings {
public:
    explicit LoadedStrings(const Limits& limits = {}) : limits_(limits) {}
    explicit LoadedStrings(std::string_view bytes, const Limits& limits = {});
    /// Its number is the size before.
    void add(std::string_view text) {
        texts_.push_back(text);
        memos_.emplace_back();
    }
    [[nodiscard]] std::size_t size() const { return texts_.size(); }
    [[nodiscard]] std::uint32_t max_depth() const { return limits_.max_depth; }
    /// Throws SerializationError where all that was read is too much.
    void spend(std::uint64_t items) {
        if (items > limits_.max_items - spent_) [[unlikely]] {
            refuse_items();
        }
        spent_ += items;
    }
    [[nodiscard]] std::string_view at(std::uint32_t number) const { return texts_[number]; }
    /// What the foreign side made of a text: kept for the next use, for as long as the load lasts.
    [[nodiscard]] std::shared_ptr<void>& memo(std::uint32_t number) { return memos_[number]; }

private:
    [[noreturn]] void refuse_items() const;

    Limits limits_;
    std::uint64_t spent_ = 0;
    std::vector<std::string_view> texts_;
    std::vector<std::shared_ptr<void>> memos_;
};

class Reader {
public:
    Reader() = default;
    /// `place` names the bytes in messages and must outlive the reader; `base`: where they begin.
    Reader(std::string_view bytes, std::string_view place, LoadedStrings* strings = nullptr,
           std::size_t base = 0)
        : bytes_(bytes), place_(place), strings_(strings), base_(base) {}

    [[nodiscard]] std::size_t left() const { return bytes_.size() - at_; }
    [[nodiscard]] std::uint8_t byte() {
        if (at_ == bytes_.size()) {
            fail("it ends too early");
        }
        return static_cast<std::uint8_t>(bytes_[at_++]);
    }
    [[nodiscard]] std::uint64_t varint() {
        const std::uint8_t first = byte();
        return first < 0x80U ? first : long_varint(first);
    }
    [[nodiscard]] std::int64_t zigzag() { return from_zigzag(varint()); }
    [[nodiscard]] std::uint64_t fixed64();
    [[nodiscard]] std::string_view raw(std::uint64_t size);
    [[nodiscard]] std::string_view text() { return raw(varint()); }
    /// At most `greatest`; `what` names it in the message.
    [[nodiscard]] std::uint64_t bounded(std::uint64_t greatest, std::string_view what);
    /// How many things follow that take at least `least` bytes each: the one way to learn a count.
    [[nodiscard]] std::size_t count(std::size_t least = 1);
    [[nodiscard]] std::uint32_t name_number();
    /// What `Writer::name` wrote, with a table of strings or without.
    [[nodiscard]] std::string_view name() {
        return strings_ == nullptr ? text() : strings_->at(name_number());
    }
    [[nodiscard]] LoadedStrings& strings() const { return *strings_; }

    void expect_end() const;
    /// `cause`: the foreign error behind it.
    [[noreturn]] void fail(std::string_view what, std::shared_ptr<void> cause = nullptr) const;

    class Level {
    public:
        explicit Level(Reader& reader) : reader_(reader) { reader.enter(); }
        Level(const Level&) = delete;
        Level& operator=(const Level&) = delete;
        ~Level() { --reader_.depth_; }

    private:
        Reader& reader_;
    };

private:
    [[nodiscard]] std::uint64_t long_varint(std::uint8_t first);
    void enter();

    std::string_view bytes_;
    std::string_view place_;
    LoadedStrings* strings_ = nullptr;
    std::size_t base_ = 0;
    std::size_t at_ = 0;
    std::uint32_t depth_ = 0;
};

}  // namespace stoplog::wire
