// Layout, little-endian: "stoplog", one byte, u32 format, u32 size of the identity, u64 size of
// the body, u64 checksum; then the identity, then the body.
#include "stoplog/archive/envelope.hpp"

#include "stoplog/base/error.hpp"
#include "stoplog/value/wire.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstring>

namespace stoplog {
namespace {

constexpr std::string_view kMagic = "stoplog";
// Behind the magic: '~' says that the format may change before it is released.
constexpr char kMayChange = '~';
constexpr std::size_t kFormatAt = 8;
constexpr std::size_t kIdentitySizeAt = 12;
constexpr std::size_t kBodySizeAt = 16;
constexpr std::size_t kChecksumAt = 24;
constexpr std::size_t kHeaderSize = 32;
constexpr std::size_t kWord = 8;
constexpr std::size_t kLanes = 4;

// Sizes of 1, 4 and 8 bytes alike; beyond the end there are zeros.
std::uint64_t little_endian(std::string_view bytes, std::size_t at, std::size_t size) {
    if constexpr (std::endian::native == std::endian::little) {
        std::uint64_t value = 0;
        std::memcpy(&value, bytes.data() + at, size);
        return value;
    }
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < size; ++i) {
        value |= static_cast<std::uint64_t>(static_cast<std::uint8_t>(bytes[at + i])) << (8 * i);
    }
    return value;
}

void put_little_endian(std::string& bytes, std::size_t at, std::uint64_t value, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i) {
        bytes[at + i] = static_cast<char>(static_cast<std::uint8_t>(value >> (8 * i)));
    }
}

// One to one in either argument while the other stays, so no single change is ever lost.
std::uint64_t mix(std::uint64_t sum, std::uint64_t word) {
    constexpr std::uint64_t kOdd = 0x9E3779B97F4A7C15U;
    sum = (sum ^ word) * kOdd;
    return sum ^ (sum >> 32U);
}

class Lanes {
public:
    void add(std::size_t lane, std::uint64_t word) { sums_[lane] = mix(sums_[lane], word); }
    void add_all(std::string_view bytes, std::size_t at) {
        for (; at + kLanes * kWord <= bytes.size(); at += kLanes * kWord) {
            for (std::size_t lane = 0; lane < kLanes; ++lane) {
                add(lane, little_endian(bytes, at + lane * kWord, kWord));
            }
        }
        for (std::size_t lane = 0; at < bytes.size(); at += kWord, ++lane) {
            add(lane, little_endian(bytes, at, std::min(bytes.size() - at, kWord)));
        }
    }
    [[nodiscard]] std::uint64_t sum(std::size_t size) const {
        std::uint64_t sum = size;
        for (const std::uint64_t lane : sums_) {
            sum = mix(sum, lane);
        }
        return sum;
    }

private:
    std::array<std::uint64_t, kLanes> sums_{1, 2, 3, 4};
};

struct Header {
    std::size_t identity_size;
    std::uint64_t body_size;
};

Header read_header(std::string_view bytes) {
    if (!bytes.starts_with(kMagic)) {
        throw SerializationError(bytes.empty()
                                     ? "this is no saved job: it is empty"
                                     : "this is no saved job: it does not begin with 'stoplog'");
    }
    if (bytes.size() < kHeaderSize) {
        throw SerializationError(join("truncated: ", std::to_string(bytes.size()),
                                      " bytes, the header alone has ",
                                      std::to_string(kHeaderSize)));
    }
    const std::uint64_t format = little_endian(bytes, kFormatAt, 4);
    if (bytes[kMagic.size()] != kMayChange || format != kFormatVersion) {
        throw SerializationError(join("format ", std::to_string(format), " (kind ",
                                      std::to_string(static_cast<unsigned char>(bytes[7])),
                                      ") of a saved job is unknown here; this version knows ",
                                      std::to_string(kFormatVersion)));
    }
    return {static_cast<std::size_t>(little_endian(bytes, kIdentitySizeAt, 4)),
            little_endian(bytes, kBodySizeAt, 8)};
}

FlowIdentity parse_identity(std::string_view bytes) {
    wire::Reader in(bytes, "the flow's identity", nullptr, kHeaderSize);
    FlowIdentity flow;
    flow.name = in.text();
    flow.version = in.text();
    flow.fingerprint = in.text();
    in.expect_end();
    return flow;
}

}  // namespace

std::uint64_t checksum(std::string_view bytes) {
    Lanes lanes;
    for (std::size_t at = 0; at < kHeaderSize; at += kWord) {
        lanes.add(at / kWord, at == kChecksumAt ? 0 : little_endian(bytes, at, kWord));
    }
    lanes.add_all(bytes, kHeaderSize);
    return lanes.sum(bytes.size());
}

std::uint64_t checksum_of_parts(std::string_view first, std::string_view second) {
    Lanes of_first;
    of_first.add_all(first, 0);
    Lanes of_second;
    of_second.add_all(second, 0);
    return mix(of_first.sum(first.size()), of_second.sum(second.size()));
}

std::string seal(const FlowIdentity& flow, std::string_view body) {
    wire::Writer identity;
    identity.text(flow.name);
    identity.text(flow.version);
    identity.text(flow.fingerprint);
    std::string bytes;
    bytes.reserve(kHeaderSize + identity.size() + body.size());
    bytes.append(kMagic).push_back(kMayChange);
    bytes.resize(kHeaderSize);
    bytes.append(identity.view()).append(body);
    put_little_endian(bytes, kFormatAt, kFormatVersion, 4);
    put_little_endian(bytes, kIdentitySizeAt, identity.size(), 4);
    put_little_endian(bytes, kBodySizeAt, body.size(), 8);
    put_little_endian(bytes, kChecksumAt, checksum(bytes), 8);
    return bytes;
}

Envelope open_envelope(std::string_view bytes) {
    const Header header = read_header(bytes);
    const std::uint64_t behind = bytes.size() - kHeaderSize;
    if (header.body_size > behind || header.identity_size != behind - header.body_size) {
        throw SerializationError(join("damaged or truncated: ", std::to_string(behind),
                                      " bytes follow the header, which announces ",
                                      std::to_string(header.identity_size), " + ",
                                      std::to_string(header.body_size)));
    }
    if (checksum(bytes) != little_endian(bytes, kChecksumAt, 8)) {
        throw SerializationError("damaged: the checksum does not fit");
    }
    return {parse_identity(bytes.substr(kHeaderSize, header.identity_size)),
            bytes.substr(kHeaderSize + header.identity_size)};
}

FlowIdentity read_identity(std::string_view beginning) {
    const Header header = read_header(beginning);
    if (header.identity_size > beginning.size() - kHeaderSize) {
        throw SerializationError("truncated: the flow's identity is not whole");
    }
    return parse_identity(beginning.substr(kHeaderSize, header.identity_size));
}

}  // namespace stoplog
