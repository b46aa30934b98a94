// Driven by the table of tags alone.
#include "stoplog/value/transcode.hpp"

#include "stoplog/base/error.hpp"

#include <algorithm>
#include <optional>

namespace stoplog::wire {
namespace {

// Values in values that are no containers: a zone in a time, its name in a zone.
constexpr std::uint32_t kMostBetween = 4;

class Transcoder {
public:
    Transcoder(Reader& in, Writer& out, std::uint32_t depth = 0)
        : in_(in), out_(out), depth_(depth) {}

    void value() {
        const std::uint8_t byte = in_.byte();
        if (byte >= kSmallInt) {
            out_.byte(byte);
        } else {
            behind(static_cast<Tag>(byte));
        }
    }

    void behind(Tag tag) {
        const TagRow* const row = row_of(tag);
        if (row == nullptr) {
            in_.fail(join("there is no type ", std::to_string(static_cast<unsigned>(tag))));
        }
        if (++depth_ > kMaxDepth + kMostBetween) {
            in_.fail("values in values without an end");
        }
        std::optional<Writer::Level> level;
        if (row->is_container) {
            level.emplace(out_);
        }
        // Equal values give equal bytes: a name is then a str like any other.
        const bool is_str = tag == Tag::Name && out_.is_canonical();
        out_.tag(is_str ? Tag::Str : tag);
        for (const Part part : row->parts) {
            if (part == Part::End) {
                break;
            }
            copy(part, tag);
        }
        --depth_;
    }

private:
    void copy(Part part, Tag tag) {
        switch (part) {
            case Part::End:
                break;
            case Part::Byte:
                out_.byte(in_.byte());
                break;
            case Part::Varint:
            case Part::Zigzag:
                out_.varint(in_.varint());
                break;
            case Part::Fixed64:
                out_.fixed64(in_.fixed64());
                break;
            case Part::Text:
            case Part::Bytes:
                out_.text(in_.text());
                break;
            case Part::Name:
                out_.name(in_.name());
                break;
            case Part::Value:
                value();
                break;
            case Part::Items:
                items(1, out_.is_canonical() && (tag == Tag::Set || tag == Tag::FrozenSet));
                break;
            case Part::Pairs:
                items(2, out_.is_canonical());
                break;
        }
    }

    // `size` values each.
    void items(std::size_t size, bool is_sorted) {
        const std::size_t count = in_.count(size);
        out_.varint(count);
        if (!is_sorted) {
            for (std::size_t i = 0; i < count * size; ++i) {
                value();
            }
            return;
        }
        std::vector<std::string> entries;
        for (std::size_t i = 0; i < count; ++i) {
            Writer scratch = out_.scratch();
            Transcoder entry(in_, scratch, depth_);
            for (std::size_t j = 0; j < size; ++j) {
                entry.value();
            }
            entries.emplace_back(scratch.view());
        }
        std::ranges::sort(entries);
        for (const std::string& entry : entries) {
            out_.raw(entry);
        }
    }

    Reader& in_;
    Writer& out_;
    std::uint32_t depth_;
};

}  // namespace

void transcode(Reader& in, Writer& out) { Transcoder(in, out).value(); }

void transcode_behind(Tag tag, Reader& in, Writer& out) { Transcoder(in, out).behind(tag); }

}  // namespace stoplog::wire
