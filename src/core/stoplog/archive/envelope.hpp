// What stands around a saved job: magic, format, whose flow it is, lengths, a checksum of all of
// it.
//
// The flow's identity can be read without the rest. The checksum covers every byte, its own as
// zeros, so nothing behind it is looked at before it fits.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace stoplog {

inline constexpr std::uint32_t kFormatVersion = 1;

/// Which flow a saved job belongs to.
struct FlowIdentity {
    std::string name;
    std::string version;
    std::string fingerprint;
    bool operator==(const FlowIdentity&) const = default;
};

struct Envelope {
    FlowIdentity flow;
    std::string_view body;
};

[[nodiscard]] std::string seal(const FlowIdentity& flow, std::string_view body);

/// Checks everything; the body is a part of `bytes`. Throws SerializationError.
[[nodiscard]] Envelope open_envelope(std::string_view bytes);

/// From the beginning of a file; the checksum is not looked at. Throws SerializationError.
[[nodiscard]] FlowIdentity read_identity(std::string_view beginning);

/// Any change of one 64-bit word, or of the length, changes it. Requires: at least a header.
[[nodiscard]] std::uint64_t checksum(std::string_view bytes);

/// The same of two parts without a header; depends on where the one ends.
[[nodiscard]] std::uint64_t checksum_of_parts(std::string_view first, std::string_view second);

}  // namespace stoplog
