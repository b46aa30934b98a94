// Chooses by format, or by the first bytes; knows what stands around the rows of a text.
#include "stoplog/archive/formats.hpp"

#include "stoplog/archive/binary.hpp"
#include "stoplog/archive/consistency.hpp"
#include "stoplog/archive/envelope.hpp"
#include "stoplog/archive/interchange.hpp"
#include "stoplog/archive/json.hpp"
#include "stoplog/archive/row_reader.hpp"
#include "stoplog/archive/row_writer.hpp"
#include "stoplog/archive/text_seal.hpp"
#include "stoplog/base/error.hpp"

#include <algorithm>
#include <vector>

namespace stoplog {
namespace {

constexpr unsigned kIndent = 1;
constexpr std::string_view kJsonMark = R"("checksum": ")";
constexpr std::string_view kMagic = "stoplog";

/// What stands around the rows of an interchange format.
struct Frame {
    std::string_view before_format;
    std::string_view before_digits;  // behind the number of the format
    std::string_view before_rows;
    std::string_view behind_rows;
    std::unique_ptr<archive::InterchangeWriter> (*make_writer)(
        const std::vector<archive::TypeShape>&);
    void (*parse)(std::string_view, archive::Tree&);
};
constexpr Frame kXml = {
    "<?xml version='1.0' encoding='UTF-8'?>\n<stoplog format='",
    "' may_change='true' checksum='",
    "'>\n",
    "</stoplog>\n",
    archive::make_xml_writer,
    archive::parse_xml,
};
constexpr Frame kText = {
    "stoplog text, format ",
    ", may change, checksum ",
    "\n",
    "\nend\n",  // the last row may end in spaces of its own
    archive::make_text_writer,
    archive::parse_text,
};

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
    out.text("stoplog", "job");
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

std::string to_interchange(const JobState& state, const Frame& frame, const ForeignCodec& codec) {
    const auto out = frame.make_writer(archive::ShapeWriter::shapes_of<JobState>());
    write_rows(state, codec, *out);
    std::string text = join(frame.before_format, std::to_string(kFormatVersion),
                            frame.before_digits, archive::kNoDigits, frame.before_rows);
    text.append(out->finish()).append(frame.behind_rows);
    archive::seal_text(text, frame.before_digits);
    return text;
}

// The rows, without what stands around them. Throws unless all of that is there.
std::string_view unframed(std::string_view text, const Frame& frame) {
    const auto take = [&](std::string_view part) {
        if (!text.starts_with(part)) {
            throw SerializationError("damaged: it does not begin as a saved job does");
        }
        text.remove_prefix(part.size());
    };
    take(frame.before_format);
    const std::string_view format = text.substr(0, text.find_first_not_of("0123456789"));
    if (format != std::to_string(kFormatVersion)) {
        throw SerializationError(join("format ", format.substr(0, 20),
                                      " of a saved job is unknown here; this version knows ",
                                      std::to_string(kFormatVersion)));
    }
    take(format);
    take(frame.before_digits);
    text.remove_prefix(std::min(archive::kNoDigits.size(), text.size()));
    take(frame.before_rows);
    const std::size_t end = text.find_last_not_of(" \t\r\n") + 1;
    const std::string_view behind = frame.behind_rows.substr(0, frame.behind_rows.size() - 1);
    if (!text.substr(0, end).ends_with(behind)) {
        throw SerializationError("damaged or truncated: it does not end as a saved job does");
    }
    return text.substr(0, end - behind.size());
}

std::shared_ptr<JobState> from_interchange(std::string_view text, const Frame& frame,
                                           const Loading& how, const ForeignCodec& codec) {
    const bool is_strict = is_edited(text, frame.before_digits, how);
    archive::Tree tree(how.limits);
    frame.parse(unframed(text, frame), tree);
    return read_rows(archive::View(tree), how, is_strict, codec);
}

}  // namespace

std::string to_bytes(const JobState& state, Format format, const ForeignCodec& codec) {
    switch (format) {
        case Format::Json:
            return to_json(state, codec);
        case Format::Xml:
            return to_interchange(state, kXml, codec);
        case Format::Text:
            return to_interchange(state, kText, codec);
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
    if (first != std::string_view::npos && bytes[first] == '<') {
        return from_interchange(bytes, kXml, how, codec);
    }
    if (bytes.starts_with(kText.before_format)) {
        return from_interchange(bytes, kText, how, codec);
    }
    return from_binary(bytes, codec, how.limits);
}

}  // namespace stoplog
