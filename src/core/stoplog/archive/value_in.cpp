// Text into bytes. What is read here is checked again by whoever makes values of it.
#include "stoplog/archive/spelling.hpp"
#include "stoplog/archive/value_text.hpp"
#include "stoplog/base/error.hpp"

#include <array>
#include <bit>
#include <charconv>
#include <cstdlib>
#include <optional>

namespace stoplog::archive {
namespace {

using wire::Part;
using wire::Tag;

// A dict of more entries is no record, whose keys repeat in others.
constexpr std::size_t kMostNamedKeys = 64;
constexpr std::int64_t kDay = 86'400'000'000;

void put_int(std::int64_t number, wire::Writer& out) {
    if (number >= wire::kLeastSmallInt && number <= wire::kGreatestSmallInt) {
        out.byte(static_cast<std::uint8_t>(wire::kSmallInt + (number - wire::kLeastSmallInt)));
    } else {
        out.tag(Tag::Int);
        out.zigzag(number);
    }
}

std::string str_of(const View& from) {
    if (from.kind() == Tree::Kind::Text) {
        return std::string(from.text());
    }
    Members members(from);
    if (from.size() != 1 || !members.find("$str")) {
        throw SerializationError("damaged: expected is a text");
    }
    return read_surrogates(members.found().text());
}

const wire::TagRow* row_named(std::string_view name) {
    for (const wire::TagRow& row : wire::kTagRows) {
        if (row.name == name) {
            return &row;
        }
    }
    return nullptr;
}

}  // namespace

/// An object with a key that begins with '$': what that says, and what stands beside it.
class ValueText::Tagged {
public:
    Tagged(ValueText& text, const View& from, wire::Writer& out)
        : text_(text), members_(from), size_(from.size()), out_(out) {}

    void read(std::string_view key) {
        static_cast<void>(members_.find(key));
        const View from = members_.found();
        const std::string_view name = key.substr(1);
        if (name == "int") {
            expect_alone(1);
            read_int(from.text());
        } else if (name == "float") {
            expect_alone(1);
            out_.tag(Tag::Float);
            out_.fixed64(read_odd_float(from.text()));
        } else if (name == "str") {
            expect_alone(1);
            out_.tag(Tag::Str);
            out_.text(read_surrogates(from.text()));
        } else if (name == "date" || name == "time" || name == "datetime") {
            clock(name, from.text());
        } else if (name == "path" || name == "pure_posix_path" || name == "pure_windows_path") {
            expect_alone(1);
            out_.tag(Tag::Path);
            out_.byte(name == "path" ? 2 : name == "pure_windows_path" ? 1 : 0);
            out_.text(str_of(from));
        } else if (name == "coded") {
            coded(from);
        } else {
            by_row(name, from);
        }
    }

private:
    void expect_alone(std::size_t size) const {
        if (size_ != size) {
            throw SerializationError(
                "damaged: a key stands beside one with '$' where none is expected");
        }
    }
    View beside(std::string_view key) {
        if (!members_.find(key)) {
            throw SerializationError(join("damaged: the key '", key, "' is missing"));
        }
        return members_.found();
    }

    void read_int(std::string_view text) {
        std::int64_t number = 0;
        const char* const begin = text.data();
        const char* const end = begin + text.size();
        const auto [stop, error] = std::from_chars(begin, end, number);
        if (error == std::errc() && stop == end) {
            put_int(number, out_);
            return;
        }
        out_.tag(Tag::BigInt);
        out_.text(read_big_int(text));
    }

    void clock(std::string_view name, std::string_view text) {
        std::string_view left = text;
        ClockParts parts{};
        const bool is_date_time = name == "datetime";
        out_.tag(is_date_time ? Tag::DateTime : name == "date" ? Tag::Date : Tag::Time);
        if (name != "time") {
            take_date(left, parts);
            put_parts(parts, 0, 3);
        }
        if (name != "date") {
            if (is_date_time) {
                if (!left.starts_with('T')) {
                    throw SerializationError(join("damaged: '", text, "' has no time of day"));
                }
                left.remove_prefix(1);
            }
            take_clock(left, parts);
            put_parts(parts, 3, 7);
            fold_and_zone(left);
        } else {
            expect_alone(1);
        }
        if (!left.empty()) {
            throw SerializationError(join("damaged: '", text, "' is no ", name));
        }
    }
    void put_parts(const ClockParts& parts, std::size_t from, std::size_t to) {
        for (std::size_t i = from; i < to; ++i) {
            out_.varint(parts[i]);
        }
    }
    void fold_and_zone(std::string_view& offset) {
        std::size_t size = 1;
        std::uint64_t fold = 0;
        if (members_.find("fold")) {
            fold = read_natural(members_.found().number());
            ++size;
        }
        out_.varint(fold);
        if (members_.find("zone")) {
            expect_alone(size + 1);
            text_.read_value(members_.found(), out_);
            return;
        }
        expect_alone(size);
        if (offset.empty()) {
            out_.tag(Tag::None);
            return;
        }
        const std::int64_t east = take_offset(offset);
        const std::int64_t days = east < 0 ? -((-east + kDay - 1) / kDay) : east / kDay;
        const std::int64_t rest = east - days * kDay;
        out_.tag(Tag::TimeZone);
        out_.zigzag(days);
        out_.varint(static_cast<std::uint64_t>(rest / 1'000'000));
        out_.varint(static_cast<std::uint64_t>(rest % 1'000'000));
        out_.tag(Tag::None);
    }

    void coded(const View& name) {
        expect_alone(3);
        const wire::Writer::Level level(out_);
        out_.tag(Tag::Coded);
        out_.varint(text_.number_of(str_of(name)));
        out_.varint(read_natural(beside("version").number()));
        text_.read_value(beside("value"), out_);
    }

    void by_row(std::string_view name, const View& from) {
        const wire::TagRow* const row = row_named(name);
        if (row == nullptr || row->parts[0] == Part::End || row->tag == Tag::Name ||
            row->tag == Tag::List || row->tag == Tag::Dict) {
            throw SerializationError(join("damaged: there is no type '$", name, "'"));
        }
        expect_alone(1);
        std::optional<wire::Writer::Level> level;
        if (row->is_container) {
            level.emplace(out_);
        }
        out_.tag(row->tag);
        if (row->parts[1] == Part::End) {
            part(row->parts[0], from);
            return;
        }
        std::size_t count = 0;
        while (count < row->parts.size() && row->parts[count] != Part::End) {
            ++count;
        }
        from.expect_items(count);
        std::size_t i = 0;
        from.items([&](const View& item) { part(row->parts[i++], item); });
    }
    void part(Part part, const View& from) {
        switch (part) {
            case Part::End:
            case Part::Pairs:
            case Part::Name:
                break;
            case Part::Byte:
                return byte(read_natural(from.number()));
            case Part::Varint:
                return out_.varint(read_natural(from.number()));
            case Part::Zigzag:
                return out_.zigzag(archive::read_int(from.number()));
            case Part::Fixed64:
                return real(from);
            case Part::Text:
                return out_.text(str_of(from));
            case Part::Bytes:
                return out_.text(read_base64(from.text()));
            case Part::Value:
                return text_.read_value(from, out_);
            case Part::Items:
                return text_.read_items(from, out_);
        }
        throw SerializationError("damaged: a type that is not spelt so");
    }
    void byte(std::uint64_t value) {
        if (value > 0xFF) {
            throw SerializationError("damaged: a choice that is none");
        }
        out_.byte(static_cast<std::uint8_t>(value));
    }
    // A float alone is a number or an object; its tag is not wanted here.
    void real(const View& from) {
        wire::Writer number;
        text_.read_value(from, number);
        wire::Reader bytes(number.view(), "a float");
        if (static_cast<Tag>(bytes.byte()) != Tag::Float) {
            throw SerializationError("damaged: expected is a float");
        }
        out_.fixed64(bytes.fixed64());
    }

    ValueText& text_;
    Members members_;
    std::size_t size_;
    wire::Writer& out_;
};

std::uint32_t ValueText::number_of(std::string_view text) {
    const auto [entry, is_new] =
        numbers_.try_emplace(std::string(text), static_cast<std::uint32_t>(strings_.size()));
    if (is_new) {
        strings_.add(entry->first);  // which stays where it is
    }
    return entry->second;
}

void ValueText::read_value(const View& from, wire::Writer& out) {
    switch (from.kind()) {
        case Tree::Kind::Null:
            return out.tag(Tag::None);
        case Tree::Kind::False:
            return out.tag(Tag::False);
        case Tree::Kind::True:
            return out.tag(Tag::True);
        case Tree::Kind::Number:
            return read_number(from.number(), out);
        case Tree::Kind::Text:
            out.tag(Tag::Str);
            return out.text(from.text());
        case Tree::Kind::Array: {
            const wire::Writer::Level level(out);
            out.tag(Tag::List);
            return read_items(from, out);
        }
        case Tree::Kind::Object:
            return read_object(from, out);
    }
}

void ValueText::read_number(std::string_view text, wire::Writer& out) {
    const char* const begin = text.data();
    const char* const end = begin + text.size();
    if (text.find_first_of(".eE") != std::string_view::npos) {
        double number = 0;
        const auto [stop, error] = std::from_chars(begin, end, number);
        if (error != std::errc() || stop != end) {
            throw SerializationError(join("damaged: no float can be ", text.substr(0, 60)));
        }
        out.tag(Tag::Float);
        out.fixed64(std::bit_cast<std::uint64_t>(number));
        return;
    }
    std::int64_t number = 0;
    const auto [stop, error] = std::from_chars(begin, end, number);
    if (error != std::errc() || stop != end) {
        throw SerializationError(join("damaged: ", text.substr(0, 60),
                                      " is too long for a number; such an int is written as "
                                      "{\"$int\": \"...\"}"));
    }
    put_int(number, out);
}

void ValueText::read_items(const View& from, wire::Writer& out) {
    from.expect(Tree::Kind::Array);
    out.varint(from.size());
    from.items([&](const View& item) { read_value(item, out); });
}

void ValueText::read_object(const View& from, wire::Writer& out) {
    std::string_view tag;
    from.members([&](std::string_view key, const View&) {
        if (key.starts_with('$')) {
            if (!tag.empty()) {
                throw SerializationError(
                    join("damaged: '", tag, "' and '", key, "' in one object"));
            }
            tag = key;
        }
    });
    if (tag.empty() || tag == "$dict") {
        const wire::Writer::Level level(out);
        out.tag(Tag::Dict);
        read_dict(from, out);
    } else {
        Tagged(*this, from, out).read(tag);
    }
}

// The members, then the pairs: the order in which they were written.
void ValueText::read_dict(const View& from, wire::Writer& out) {
    Members members(from);
    const bool has_pairs = members.find("$dict");
    const std::size_t pairs = has_pairs ? members.found().size() : 0;
    const std::size_t size = from.size() - (has_pairs ? 1 : 0) + pairs;
    out.varint(size);
    from.members([&](std::string_view key, const View& value) {
        if (key == "$dict") {
            return;
        }
        if (size <= kMostNamedKeys) {
            out.tag(Tag::Name);
            out.varint(number_of(key));
        } else {
            out.tag(Tag::Str);
            out.text(key);
        }
        read_value(value, out);
    });
    if (has_pairs) {
        members.found().items([&](const View& pair) {
            pair.expect_items(2);
            read_value(pair.item(0), out);
            read_value(pair.item(1), out);
        });
    }
}

ValueText::Fields ValueText::fields_of(const View& from) {
    Fields fields;
    fields.reserve(from.size());
    from.members([&](std::string_view key, const View& value) {
        if (!key.starts_with('$')) {
            fields.emplace_back(key, value);
        } else if (key != "$dict") {
            throw SerializationError(join("damaged: a record of fields has a key '", key, "'"));
        }
    });
    if (Members members(from); members.find("$dict")) {
        members.found().items([&](const View& pair) {
            pair.expect_items(2);
            fields.emplace_back(str_of(pair.item(0)), pair.item(1));
        });
    }
    return fields;
}

void ValueText::read_payload(const View& from, wire::Writer& out) {
    const Fields fields = fields_of(from);
    wire::Writer names;
    for (const auto& [name, value] : fields) {
        names.text(name);
    }
    out.varint(number_of(names.view()));
    for (const auto& [name, value] : fields) {
        read_value(value, out);
    }
}

}  // namespace stoplog::archive
