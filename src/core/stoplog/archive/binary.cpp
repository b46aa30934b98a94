// cereal writes and reads numbers and blobs, never a container.
#include "stoplog/archive/binary.hpp"

#include "stoplog/archive/column_reader.hpp"
#include "stoplog/archive/column_writer.hpp"
#include "stoplog/archive/consistency.hpp"
#include "stoplog/archive/envelope.hpp"
#include "stoplog/archive/streams.hpp"
#include "stoplog/base/error.hpp"

#include <cereal/archives/portable_binary.hpp>
#include <cereal/cereal.hpp>

#include <exception>
#include <ostream>

namespace stoplog {
namespace archive {
namespace {

using Output = cereal::PortableBinaryOutputArchive;
using Input = cereal::PortableBinaryInputArchive;

void save_blob(Output& out, const std::string& blob) {
    out(static_cast<std::uint64_t>(blob.size()));
    out(cereal::binary_data(blob.data(), blob.size()));
}

void load_blob(Input& in, const ViewSource& source, std::string& blob) {
    std::uint64_t size = 0;
    in(size);
    if (size > source.left()) {
        throw SerializationError(join("damaged: ", std::to_string(size), " bytes are announced, ",
                                      std::to_string(source.left()), " are left"));
    }
    blob.resize(static_cast<std::size_t>(size));
    in(cereal::binary_data(blob.data(), blob.size()));
}

}  // namespace

std::string pack(const Image& image) {
    StringSink sink;
    sink.reserve(image.schema.size() + image.strings.size() + image.columns.size() +
                 image.values.size() + 64);
    std::ostream stream(&sink);
    Output out(stream, Output::Options::LittleEndian());
    out(image.version);
    for (const std::string* blob : {&image.schema, &image.strings, &image.columns, &image.values}) {
        save_blob(out, *blob);
    }
    return sink.take();
}

Image unpack(std::string_view bytes) {
    Image image;
    ViewSource source(bytes);
    try {
        std::istream stream(&source);
        Input in(stream);
        in(image.version);
        if (image.version != Image().version) {
            throw SerializationError(
                join("an image of version ", std::to_string(image.version), " is unknown here"));
        }
        for (std::string* blob : {&image.schema, &image.strings, &image.columns, &image.values}) {
            load_blob(in, source, *blob);
        }
    } catch (const cereal::Exception& error) {
        throw SerializationError(join("damaged at byte ",
                                      std::to_string(bytes.size() - source.left()),
                                      " of the image: ", error.what()));
    }
    if (source.left() != 0) {
        throw SerializationError(
            join("damaged: ", std::to_string(source.left()), " bytes too many in the image"));
    }
    return image;
}

Image image_of(const JobState& state, const ForeignCodec& codec) {
    ColumnWriter writer(codec, state.timebase, *state.legend, state.frozen.get());
    writer.write(state);
    return writer.finish();
}

std::shared_ptr<JobState> state_of(const Image& image, const ForeignCodec& codec,
                                   const Limits& limits) {
    auto state = std::make_shared<JobState>();
    ColumnReader reader(image, codec, limits);
    reader.read(*state);
    reader.finish();
    check_state(*state);
    if (!state->drawing) {
        state->drawing = std::make_shared<const std::string>();
    }
    return state;
}

}  // namespace archive

std::string to_binary(const JobState& state, const ForeignCodec& codec) {
    return seal({state.flow_name, state.flow_version, state.fingerprint},
                archive::pack(archive::image_of(state, codec)));
}

std::shared_ptr<JobState> from_binary(std::string_view bytes, const ForeignCodec& codec,
                                      const Limits& limits) {
    const Envelope envelope = open_envelope(bytes);
    std::shared_ptr<JobState> state =
        archive::state_of(archive::unpack(envelope.body), codec, limits);
    if (envelope.flow != FlowIdentity{state->flow_name, state->flow_version, state->fingerprint}) {
        throw SerializationError("damaged: the envelope is that of another flow");
    }
    return state;
}

}  // namespace stoplog
