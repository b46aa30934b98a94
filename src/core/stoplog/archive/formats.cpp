// Chooses by format, or by the first bytes; knows what stands around the rows of a text.
#include "stoplog/archive/formats.hpp"

#include "stoplog/archive/binary.hpp"
#include "stoplog/archive/consistency.hpp"
#include "stoplog/archive/envelope.hpp"
#include "stoplog/archive/json.hpp"
#include "stoplog/archive/row_reader.hpp"
#include "stoplog/archive/row_writer.hpp"
#include "stoplog/archive/text_seal.hpp"
#include "stoplog/base/error.hpp"

namespace stoplog {
namespace {

constexpr unsigned kIndent = 1;
constexpr std::string_view kJsonMark = "\"checksum\": \"";
constexpr std::string_view kMagic = "stoplog";

void write_rows(const JobState& state, const ForeignCodec& codec, archive::RowSink& out) {
    archive::RowWriter(codec, state.timebase, *state.legend, state.frozen.get(), out).write(state);
}

std::shared_ptr<JobState> read_rows(const archive::View& from, const Loading& how, bool is_strict,
                                    const ForeignCodec& codec) {
    auto state = std::make_shared<JobState>();
    archive::RowReader(codec, how.limits, is_strict).read(from, *state);
    archive::check_state(*state);
    if (!state->drawing) {
        state->drawing = std::make_shared<const std::string>();
    }
    return state;
}

std::string to_json(const JobState& state, const ForeignCodec& codec) {
    archive::JsonWriter out(kIndent);
    out.text(kMagic.data(), "job");
    out.natural("format", kFormatVersion);
    out.claim("may_change", true);
    out.text("checksum", archive::kNoDigits);
    out.begin_one("job");
    write_rows(state, codec, out);
    out.end_one();
    std::string text = out.finish();
    text.push_back('\n');
    archive::seal_text(text, kJsonMark);
    return text;
}

// Throws unless the checksum fits, or need not. Whether a person may have changed the file.
bool is_edited(std::string_view text, std::string_view mark, const Loading& how) {
    if (archive::is_sealed(text, mark)) {
        return false;
    }
    if (!how.accepts_edited) {
        throw SerializationError(
            "damaged, or changed by hand: the checksum does not fit; accept_edited=True loads a "
            "file that you have changed yourself");
    }
    return true;
}

std::shared_ptr<JobState> from_json(std::string_view text, const Loading& how,
                                    const ForeignCodec& codec) {
    const bool is_strict = is_edited(text, kJsonMark, how);
    archive::Tree tree(how.limits);
    archive::parse_json(text, tree);
    archive::Members members{archive::View(tree)};
    if (!members.find(kMagic) || members.found().text() != "job" || !members.find("format")) {
        throw SerializationError("this is no saved job: its first key is not 'stoplog'");
    }
    if (members.found().number() != std::to_string(kFormatVersion)) {
        throw SerializationError(join("format ", members.found().number(),
                                      " of a saved job is unknown here; this version knows ",
                                      std::to_string(kFormatVersion)));
    }
    if (!members.find("job")) {
        throw SerializationError("damaged: the key 'job' is missing");
    }
    return read_rows(members.found(), how, is_strict, codec);
}

}  // namespace

std::string to_bytes(const JobState& state, Format format, const ForeignCodec& codec) {
    switch (format) {
        case Format::Json:
            return to_json(state, codec);
        case Format::Binary:
            break;
    }
    return to_binary(state, codec);
}

std::shared_ptr<JobState> from_bytes(std::string_view bytes, const Loading& how,
                                     const ForeignCodec& codec) {
    if (bytes.size() > how.limits.max_bytes) {
        throw SerializationError(join("it has ", std::to_string(bytes.size()), " bytes, at most ",
                                      std::to_string(how.limits.max_bytes),
                                      " are loaded; Limits(max_bytes=...) allows more"));
    }
    const std::size_t first = bytes.find_first_not_of(" \t\r\n");
    if (first != std::string_view::npos && bytes[first] == '{') {
        return from_json(bytes, how, codec);
    }
    return from_binary(bytes, codec, how.limits);
}

}  // namespace stoplog
