// A job state as bytes: its column image in cereal's portable binary, in an envelope.
#pragma once

#include "stoplog/archive/codec.hpp"
#include "stoplog/archive/columns.hpp"
#include "stoplog/state/job_state.hpp"
#include "stoplog/value/limits.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace stoplog {

/// Throws SerializationError that names the first thing that cannot be stored.
[[nodiscard]] std::string to_binary(const JobState& state, const ForeignCodec& codec);

/// Throws SerializationError for bytes that are not wholly right; nothing else ever comes of them.
[[nodiscard]] std::shared_ptr<JobState> from_binary(std::string_view bytes,
                                                    const ForeignCodec& codec,
                                                    const Limits& limits = {});

namespace archive {

[[nodiscard]] Image image_of(const JobState& state, const ForeignCodec& codec);
/// Checked as a whole.
[[nodiscard]] std::shared_ptr<JobState> state_of(const Image& image, const ForeignCodec& codec,
                                                 const Limits& limits = {});

/// An image as cereal writes it, without an envelope.
[[nodiscard]] std::string pack(const Image& image);
[[nodiscard]] Image unpack(std::string_view bytes);

}  // namespace archive
}  // namespace stoplog
