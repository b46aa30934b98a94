// Bytes into text, one tag after the other; a tag without a spelling of its own by its table row.
#include "stoplog/archive/spelling.hpp"
#include "stoplog/archive/value_text.hpp"
#include "stoplog/base/error.hpp"

#include <bit>
#include <cmath>

namespace stoplog::archive {
namespace {

using wire::Part;
using wire::Tag;

// Every number up to here is the same in all that read JSON.
constexpr std::int64_t kGreatestPlain = std::int64_t{1} << 53U;
constexpr int kBytesInPath = 3;

class ValueOut {
public:
    ValueOut(wire::Reader& in, TextSink& out) : in_(in), out_(out) {}

    void value() {
        const std::uint8_t byte = in_.byte();
        if (byte >= wire::kSmallInt) {
            out_.integer(std::int64_t{byte} - wire::kSmallInt + wire::kLeastSmallInt);
        } else {
            behind(static_cast<Tag>(byte));
        }
    }
    // Names first, then `count` values.
    void payload() {
        wire::Reader names(in_.name(), "a payload's names");
        out_.begin_object();
        bool is_in_pairs = false;
        while (names.left() != 0) {
            member(names.text(), is_in_pairs);
        }
        end_members(is_in_pairs);
    }

private:
    void behind(Tag tag) {
        switch (tag) {
            case Tag::None:
                return out_.null();
            case Tag::False:
            case Tag::True:
                return out_.claim(tag == Tag::True);
            case Tag::Int:
                return integer(in_.zigzag());
            case Tag::BigInt:
                return tagged("$int", spell_big_int(in_.text()));
            case Tag::Float:
                return real(in_.fixed64());
            case Tag::Str:
                return text(in_.text());
            case Tag::Name:
                return text(in_.name());
            case Tag::List:
                return items();
            case Tag::Dict:
                return dict();
            case Tag::DateTime:
            case Tag::Date:
            case Tag::Time:
                return clock(tag);
            case Tag::Path:
                return path();
            case Tag::Coded:
                return coded();
            default:
                return by_row(tag);
        }
    }

    void begin_tagged(std::string_view key) {
        out_.begin_object();
        out_.key(key);
    }
    void tagged(std::string_view key, std::string_view text) {
        begin_tagged(key);
        out_.text(text);
        out_.end_object();
    }
    void integer(std::int64_t number) {
        if (number >= -kGreatestPlain && number <= kGreatestPlain) {
            out_.integer(number);
        } else {
            tagged("$int", std::to_string(number));
        }
    }
    void real(std::uint64_t bits) {
        const auto number = std::bit_cast<double>(bits);
        if (std::isfinite(number)) {
            out_.real(number);
        } else {
            tagged("$float", spell_odd_float(bits));
        }
    }
    void text(std::string_view text) {
        if (wire::is_utf8(text)) {
            out_.text(text);
        } else {
            tagged("$str", spell_surrogates(text));
        }
    }

    void items() {
        out_.begin_array();
        for (std::size_t left = in_.count(); left != 0; --left) {
            value();
        }
        out_.end_array();
    }

    // Entries one after the other: as members while their keys allow it, then as pairs.
    void dict() {
        out_.begin_object();
        bool is_in_pairs = false;
        for (std::size_t left = in_.count(2); left != 0; --left) {
            wire::Reader ahead = in_;
            const auto tag = static_cast<Tag>(ahead.byte());
            if (tag == Tag::Str || tag == Tag::Name) {
                const std::string_view key = tag == Tag::Str ? ahead.text() : ahead.name();
                in_ = ahead;
                member(key, is_in_pairs);
            } else {
                begin_pairs(is_in_pairs);
                pair([&] { value(); });
            }
        }
        end_members(is_in_pairs);
    }
    void member(std::string_view key, bool& is_in_pairs) {
        const bool is_plain =
            !key.starts_with('$') && key.find('\0') == std::string_view::npos && wire::is_utf8(key);
        if (is_plain && !is_in_pairs) {
            out_.key(key);
            value();
        } else {
            begin_pairs(is_in_pairs);
            pair([&] { text(key); });
        }
    }
    void begin_pairs(bool& is_in_pairs) {
        if (!is_in_pairs) {
            out_.key("$dict");
            out_.begin_array();
            is_in_pairs = true;
        }
    }
    template <class WriteKey>
    void pair(const WriteKey& write_key) {
        out_.begin_array();
        write_key();
        value();
        out_.end_array();
    }
    void end_members(bool is_in_pairs) {
        if (is_in_pairs) {
            out_.end_array();
        }
        out_.end_object();
    }

    // "2026-03-01T12:00:00+01:00"; beside it the fold, and a zone that has a name.
    void clock(Tag tag) {
        ClockParts parts{};
        std::string spelt;
        if (tag != Tag::Time) {
            read_parts(parts, 0, 3);
            spelt = spell_date(parts);
        }
        if (tag == Tag::Date) {
            return tagged("$date", spelt);
        }
        read_parts(parts, 3, 7);
        spelt.append(tag == Tag::DateTime ? "T" : "").append(spell_clock(parts));
        const std::uint64_t fold = in_.varint();
        const bool has_named_zone = !take_plain_zone(spelt);
        begin_tagged(tag == Tag::DateTime ? "$datetime" : "$time");
        out_.text(spelt);
        if (fold != 0) {
            out_.key("fold");
            out_.natural(fold);
        }
        if (has_named_zone) {
            out_.key("zone");
            value();
        }
        out_.end_object();
    }
    void read_parts(ClockParts& parts, std::size_t from, std::size_t to) {
        for (std::size_t i = from; i < to; ++i) {
            parts[i] = in_.varint();
        }
    }
    // No zone, or an offset without a name of its own, which is put behind `spelt`.
    bool take_plain_zone(std::string& spelt) {
        wire::Reader ahead = in_;
        const auto tag = static_cast<Tag>(ahead.byte());
        if (tag == Tag::None) {
            in_ = ahead;
            return true;
        }
        if (tag != Tag::TimeZone) {
            return false;
        }
        const std::int64_t days = ahead.zigzag();
        const auto seconds = static_cast<std::int64_t>(ahead.varint());
        const auto microseconds = static_cast<std::int64_t>(ahead.varint());
        if (static_cast<Tag>(ahead.byte()) != Tag::None) {
            return false;
        }
        in_ = ahead;
        spelt.append(spell_offset((days * 86'400 + seconds) * 1'000'000 + microseconds));
        return true;
    }

    void path() {
        constexpr std::string_view kKinds[kBytesInPath] = {"$pure_posix_path", "$pure_windows_path",
                                                           "$path"};
        begin_tagged(kKinds[in_.bounded(kBytesInPath - 1, "the kind of a path")]);
        text(in_.text());
        out_.end_object();
    }
    void coded() {
        begin_tagged("$coded");
        text(in_.name());
        out_.key("version");
        out_.natural(in_.varint());
        out_.key("value");
        value();
        out_.end_object();
    }

    void by_row(Tag tag) {
        const wire::TagRow* const row = wire::row_of(tag);
        if (row == nullptr) {
            in_.fail(join("there is no type ", std::to_string(static_cast<unsigned>(tag))));
        }
        begin_tagged(join("$", row->name));
        const bool is_list = row->parts[1] != Part::End;
        if (is_list) {
            out_.begin_array();
        }
        for (const Part part : row->parts) {
            this->part(part);
        }
        if (is_list) {
            out_.end_array();
        }
        out_.end_object();
    }
    void part(Part part) {
        switch (part) {
            case Part::End:
                break;
            case Part::Byte:
                return out_.natural(in_.byte());
            case Part::Varint:
                return out_.natural(in_.varint());
            case Part::Zigzag:
                return out_.integer(in_.zigzag());
            case Part::Fixed64:
                return real(in_.fixed64());
            case Part::Text:
                return text(in_.text());
            case Part::Name:
                return text(in_.name());
            case Part::Bytes:
                return out_.text(spell_base64(in_.text()));
            case Part::Value:
                return value();
            case Part::Items:
                return items();
            case Part::Pairs:
                return dict();
        }
    }

    wire::Reader& in_;
    TextSink& out_;
};

}  // namespace

void spell_value(wire::Reader& in, TextSink& out) { ValueOut(in, out).value(); }

void spell_payload(wire::Reader& in, TextSink& out) { ValueOut(in, out).payload(); }

}  // namespace stoplog::archive
