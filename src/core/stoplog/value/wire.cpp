// The cold half of reading and writing: growth, the table of strings, refusals.
#include "stoplog/value/wire.hpp"

#include "stoplog/base/error.hpp"

#include <algorithm>
#include <functional>
#include <utility>

namespace stoplog::wire {
namespace {

constexpr std::size_t kFirstBuffer = 64;
constexpr std::size_t kFirstIndex = 64;

std::string too_deep(std::uint32_t most = kMaxDepth) {
    return join("nested more than ", std::to_string(most), " deep");
}

// Eight at a time, since most text is ASCII.
std::size_t ascii_from(std::string_view bytes, std::size_t at) {
    constexpr std::uint64_t kHighBits = 0x8080808080808080U;
    for (std::uint64_t eight = 0; at + sizeof eight <= bytes.size(); at += sizeof eight) {
        std::memcpy(&eight, bytes.data() + at, sizeof eight);
        if ((eight & kHighBits) != 0) {
            break;
        }
    }
    return at;
}

// How many bytes a character has that begins so, and the least number that needs them; 0: none.
struct Lead {
    std::size_t size;
    std::uint32_t least;
    std::uint32_t bits;
};
Lead lead_of(std::uint8_t byte) {
    if (byte < 0x80U) {
        return {1, 0, byte};
    }
    if (byte >> 5U == 0x6U) {
        return {2, 0x80, byte & 0x1FU};
    }
    if (byte >> 4U == 0xEU) {
        return {3, 0x800, byte & 0xFU};
    }
    if (byte >> 3U == 0x1EU) {
        return {4, 0x10000, byte & 0x7U};
    }
    return {0, 0, 0};
}

}  // namespace

bool is_utf8(std::string_view bytes) {
    constexpr std::uint32_t kGreatest = 0x10FFFF;
    constexpr std::uint32_t kSurrogates = 0xD800;  // and the 2047 behind it
    for (std::size_t at = ascii_from(bytes, 0); at < bytes.size();) {
        const Lead lead = lead_of(static_cast<std::uint8_t>(bytes[at]));
        if (lead.size == 0 || lead.size > bytes.size() - at) {
            return false;
        }
        std::uint32_t character = lead.bits;
        for (std::size_t i = 1; i < lead.size; ++i) {
            const auto next = static_cast<std::uint8_t>(bytes[at + i]);
            if (next >> 6U != 0x2U) {
                return false;
            }
            character = character << 6U | (next & 0x3FU);
        }
        if (character < lead.least || character > kGreatest ||
            character >> 11U == kSurrogates >> 11U) {
            return false;
        }
        at = lead.size == 1 ? at + 1 : ascii_from(bytes, at + lead.size);
    }
    return true;
}

// The table of strings.

std::uint32_t StringTable::number_of(std::string_view text) {
    if (texts_.size() * 2 >= index_.size()) {
        grow();
    }
    const std::size_t hash = std::hash<std::string_view>()(text);
    const std::size_t mask = index_.size() - 1;
    for (std::size_t slot = hash & mask;; slot = (slot + 1) & mask) {
        if (index_[slot] == 0) {
            const auto number = static_cast<std::uint32_t>(texts_.size());
            texts_.push_back({all_.size(), text.size(), hash});
            all_.append(text);
            index_[slot] = number + 1;
            return number;
        }
        const Text& known = texts_[index_[slot] - 1];
        if (known.hash == hash && std::string_view(all_).substr(known.start, known.size) == text) {
            return index_[slot] - 1;
        }
    }
}

void StringTable::grow() {
    index_.assign(std::max(kFirstIndex, index_.size() * 2), 0);
    const std::size_t mask = index_.size() - 1;
    for (std::uint32_t number = 0; number < texts_.size(); ++number) {
        std::size_t slot = texts_[number].hash & mask;
        while (index_[slot] != 0) {
            slot = (slot + 1) & mask;
        }
        index_[slot] = number + 1;
    }
}

std::string StringTable::bytes() const {
    Writer out;
    out.varint(texts_.size());
    for (const Text& text : texts_) {
        out.varint(text.size);
    }
    out.raw(all_);
    return std::string(out.view());
}

LoadedStrings::LoadedStrings(std::string_view bytes, const Limits& limits) : limits_(limits) {
    Reader in(bytes, "the table of strings");
    std::vector<std::uint64_t> sizes(in.count());
    for (std::uint64_t& size : sizes) {
        size = in.varint();
    }
    texts_.reserve(sizes.size());
    for (const std::uint64_t size : sizes) {
        texts_.push_back(in.raw(size));
    }
    in.expect_end();
    memos_.resize(texts_.size());
}

void LoadedStrings::refuse_items() const {
    throw SerializationError(join("it has more than ", std::to_string(limits_.max_items),
                                  " items; Limits(max_items=...) allows more"));
}

// Writing.

void Writer::grow(std::size_t more) {
    buffer_.resize(std::max({kFirstBuffer, buffer_.size() * 2, size_ + more}));
}

void Writer::enter() {
    if (depth_ >= kMaxDepth) {
        throw SerializationError(too_deep());
    }
    ++depth_;
}

void Writer::name(std::string_view text) {
    if (mode_.is_canonical || strings_ == nullptr) {
        this->text(text);
    } else {
        varint(strings_->number_of(text));
    }
}

bool Writer::recalled_name(const void* identity) {
    if (mode_.is_canonical || strings_ == nullptr) {
        return false;
    }
    const std::uint32_t number = strings_->recalled(identity);
    if (number == StringTable::kUnknown) {
        return false;
    }
    varint(number);
    return true;
}

void Writer::name(std::string_view text, const void* identity) {
    if (mode_.is_canonical || strings_ == nullptr) {
        this->text(text);
        return;
    }
    const std::uint32_t number = strings_->number_of(text);
    strings_->remember(identity, number);
    varint(number);
}

// Reading.

void Reader::fail(std::string_view what, std::shared_ptr<void> cause) const {
    throw SerializationError(
        join("damaged at byte ", std::to_string(base_ + at_), " of ", place_, ": ", what),
        std::move(cause));
}

std::uint64_t Reader::long_varint(std::uint8_t first) {
    std::uint64_t value = first & 0x7FU;
    for (unsigned shift = 7; shift < 64; shift += 7) {
        const std::uint8_t next = byte();
        if (shift == 63 && next > 1) {
            break;
        }
        value |= static_cast<std::uint64_t>(next & 0x7FU) << shift;
        if (next < 0x80U) {
            return value;
        }
    }
    fail("a number of more than 64 bits");
}

std::uint64_t Reader::fixed64() {
    const std::string_view bytes = raw(8);
    std::uint64_t value = 0;
    for (unsigned i = 0; i < 8; ++i) {
        value |= static_cast<std::uint64_t>(static_cast<std::uint8_t>(bytes[i])) << (8 * i);
    }
    return value;
}

std::string_view Reader::raw(std::uint64_t size) {
    if (size > left()) {
        fail(join(std::to_string(size), " bytes are announced, ", std::to_string(left()),
                  " are left"));
    }
    const std::string_view bytes = bytes_.substr(at_, static_cast<std::size_t>(size));
    at_ += bytes.size();
    return bytes;
}

std::uint64_t Reader::bounded(std::uint64_t greatest, std::string_view what) {
    const std::uint64_t value = varint();
    if (value > greatest) {
        fail(join(what, " is ", std::to_string(value), ", at most ", std::to_string(greatest),
                  " can be"));
    }
    return value;
}

std::size_t Reader::count(std::size_t least) {
    const std::uint64_t announced = varint();
    if (announced > left() / least) {
        fail(join(std::to_string(announced), " items are announced, ", std::to_string(left()),
                  " bytes are left"));
    }
    if (strings_ != nullptr) {
        strings_->spend(announced);
    }
    return static_cast<std::size_t>(announced);
}

std::uint32_t Reader::name_number() {
    const std::uint64_t number = varint();
    if (strings_ == nullptr || number >= strings_->size()) {
        fail(join("there is no string ", std::to_string(number)));
    }
    return static_cast<std::uint32_t>(number);
}

void Reader::expect_end() const {
    if (left() != 0) {
        fail(join(std::to_string(left()), " bytes too many"));
    }
}

void Reader::enter() {
    const std::uint32_t most = strings_ == nullptr ? kMaxDepth : strings_->max_depth();
    if (depth_ >= most) {
        fail(too_deep(most));
    }
    ++depth_;
}

}  // namespace stoplog::wire
