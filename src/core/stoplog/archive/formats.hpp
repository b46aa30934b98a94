// A job state as bytes of any format, and back: the one door for all who save and load.
#pragma once

#include "stoplog/archive/codec.hpp"
#include "stoplog/state/job_state.hpp"
#include "stoplog/value/limits.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace stoplog {

enum class Format : std::uint8_t { Binary, Json, Xml, Text };

/// Throws SerializationError that names the first thing that cannot be stored.
[[nodiscard]] std::string to_bytes(const JobState& state, Format format, const ForeignCodec& codec);

struct Loading {
    Limits limits;
    /// Of a text format: its checksum need not fit, since a person changed the file.
    bool accepts_edited = false;
};

/// Knows the format by its first bytes. Throws SerializationError for bytes that are not wholly
/// right; nothing else ever comes of them.
[[nodiscard]] std::shared_ptr<JobState> from_bytes(std::string_view bytes, const Loading& how,
                                                   const ForeignCodec& codec);

}  // namespace stoplog
