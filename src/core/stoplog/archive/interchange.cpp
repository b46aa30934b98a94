// The only file that includes Boost. Each archive is used for texts and their nesting alone, so
// there is nothing in it but what stands here.
#include "stoplog/archive/interchange.hpp"

#include "stoplog/archive/json.hpp"
#include "stoplog/archive/spelling.hpp"
#include "stoplog/archive/streams.hpp"
#include "stoplog/archive/xml_scan.hpp"
#include "stoplog/base/error.hpp"

#include <boost/archive/text_iarchive.hpp>
#include <boost/archive/text_oarchive.hpp>
#include <boost/archive/xml_iarchive.hpp>
#include <boost/archive/xml_oarchive.hpp>

#include <exception>
#include <istream>
#include <ostream>

namespace stoplog::archive {
namespace {

// Element names are not compared by the archive, which would look beyond the end of a shorter one.
constexpr unsigned kFlags = boost::archive::no_header | boost::archive::no_codecvt |
                            boost::archive::no_tracking | boost::archive::no_xml_tag_checking;
constexpr std::string_view kNoText = "\\null";
constexpr const char* kTypes = "types";
constexpr const char* kRoot = "job";
constexpr const char* kItem = "item";
constexpr const char* kCount = "count";

class XmlWriter : public boost::archive::xml_oarchive {
public:
    explicit XmlWriter(std::ostream& stream) : xml_oarchive(stream, kFlags) {}
    void begin(const char* name) { save_start(name); }
    void end(const char* name) { save_end(name); }
    // The archive's own would escape quotes too, which every value is full of.
    void text(const char* name, std::string_view text) {
        save_start(name);
        end_preamble();
        std::string escaped;
        for (const char character : text) {
            switch (character) {
                case '&':
                    escaped.append("&amp;");
                    break;
                case '<':
                    escaped.append("&lt;");
                    break;
                case '>':
                    escaped.append("&gt;");
                    break;
                default:
                    escaped.push_back(character);
            }
        }
        os.write(escaped.data(), static_cast<std::streamsize>(escaped.size()));
        save_end(name);
    }
};

class TextWriter : public boost::archive::text_oarchive {
public:
    explicit TextWriter(std::ostream& stream) : text_oarchive(stream, kFlags) {}
    void begin(const char*) {}
    void end(const char*) {}
    void text(const char*, std::string_view text) { save(std::string(text)); }
};

class XmlReader : public boost::archive::xml_iarchive {
public:
    XmlReader(std::istream& stream, std::string_view text)
        : xml_iarchive(stream, kFlags), tags_(text) {}
    void begin(const char* name) {
        tags_.expect_begin(name);
        load_start(name);
    }
    void end(const char* name) {
        tags_.expect_end(name);
        load_end(name);
    }
    std::string text(const char* name, const ViewSource&) {
        std::string text;
        begin(name);
        load(text);
        end(name);
        return text;
    }

private:
    XmlTags tags_;
};

class TextReader : public boost::archive::text_iarchive {
public:
    TextReader(std::istream& stream, std::string_view) : text_iarchive(stream, kFlags) {}
    void begin(const char*) {}
    void end(const char*) {}
    // The archive's own would allocate whatever size is announced.
    std::string text(const char*, const ViewSource& source) {
        std::uint64_t size = 0;
        load(size);
        is.get();
        if (size > source.left()) {
            throw SerializationError(join("damaged: ", std::to_string(size),
                                          " bytes are announced, ", std::to_string(source.left()),
                                          " are left"));
        }
        std::string text(static_cast<std::size_t>(size), '\0');
        is.read(text.data(), static_cast<std::streamsize>(size));
        return text;
    }
};

template <class Out>
class ArchiveWriter final : public InterchangeWriter {
public:
    explicit ArchiveWriter(const std::vector<TypeShape>& shapes)
        : stream_(&sink_), out_(std::make_unique<Out>(stream_)) {
        begin_list(kTypes, shapes.size());
        for (const TypeShape& shape : shapes) {
            begin_row();
            out_->text("name", shape.name);
            out_->text("fields", spell_fields(shape));
            end_row();
        }
        end_list();
        out_->begin(kRoot);
    }
    std::string finish() override {
        out_->end(kRoot);
        out_.reset();
        return sink_.take();
    }

    void text(const char* name, std::string_view text) override {
        out_->text(name, spell_plain(text));
    }
    void no_text(const char* name) override { out_->text(name, kNoText); }
    void integer(const char* name, std::int64_t number) override {
        out_->text(name, std::to_string(number));
    }
    void natural(const char* name, std::uint64_t number) override {
        out_->text(name, std::to_string(number));
    }
    void claim(const char* name, bool is_true) override {
        out_->text(name, is_true ? "true" : "false");
    }
    void begin_list(const char* name, std::size_t size) override {
        out_->begin(name);
        open_.push_back(name);
        natural(kCount, size);
    }
    void end_list() override {
        out_->end(open_.back());
        open_.pop_back();
    }
    void begin_one(const char* name) override {
        begin_list(name, 1);
        begin_row();
    }
    void end_one() override {
        end_row();
        end_list();
    }
    void no_one(const char* name) override {
        begin_list(name, 0);
        end_list();
    }
    TextSink& begin_value(const char* name) override {
        value_name_ = name;
        value_ = std::make_unique<JsonWriter>(0);
        return value_->root();
    }
    void end_value() override {
        std::string json = value_->finish();
        std::erase(json, '\n');  // of the printing: in a text it is written otherwise
        out_->text(value_name_, spell_plain_json(json));
    }
    void no_value(const char* name) override { out_->text(name, "null"); }
    void begin_row() override { out_->begin(kItem); }
    void end_row() override { out_->end(kItem); }
    void item(std::string_view text) override { this->text(kItem, text); }

private:
    StringSink sink_;
    std::ostream stream_;
    std::unique_ptr<Out> out_;
    std::vector<const char*> open_;
    std::unique_ptr<JsonWriter> value_;
    const char* value_name_ = nullptr;
};

template <class In>
class ArchiveReader {
public:
    ArchiveReader(std::string_view text, Tree& tree)
        : source_(text), stream_(&source_), in_(stream_, text), tree_(tree) {}

    void read() {
        in_.begin(kTypes);
        for (std::uint64_t left = count(); left != 0; --left) {
            in_.begin(kItem);
            std::string name = text("name");
            shapes_.push_back({std::move(name), read_fields(text("fields"))});
            if (shapes_.back().fields.empty()) {  // its rows would take no bytes
                throw SerializationError("damaged: a type has no fields");
            }
            in_.end(kItem);
        }
        in_.end(kTypes);
        if (shapes_.empty()) {
            throw SerializationError("damaged: its rows are not described");
        }
        in_.begin(kRoot);
        row(shapes_.front());
        in_.end(kRoot);
        stream_ >> std::ws;
        if (source_.left() != 0) {
            throw SerializationError(
                join("damaged: ", std::to_string(source_.left()), " bytes too many"));
        }
    }
    [[nodiscard]] std::uint64_t passed() const { return source_.passed(); }

private:
    using Kind = FieldShape::Kind;
    static constexpr std::uint32_t kMostNested = 16;

    std::string text(const char* name) { return in_.text(name, source_); }
    // The one way to learn a count: what follows takes a byte each at least.
    std::uint64_t count() {
        const std::uint64_t announced = read_natural(text(kCount));
        if (announced > source_.left()) {
            throw SerializationError(join("damaged: ", std::to_string(announced),
                                          " items are announced, ", std::to_string(source_.left()),
                                          " bytes are left"));
        }
        return announced;
    }
    void row(const TypeShape& shape) {
        if (++depth_ > kMostNested) {
            throw SerializationError("damaged: rows in rows without an end");
        }
        tree_.begin(Tree::Kind::Object);
        for (const FieldShape& field : shape.fields) {
            tree_.text(field.name);
            this->field(field);
        }
        tree_.end();
        --depth_;
    }
    void field(const FieldShape& field) {
        const char* const name = field.name.c_str();
        switch (field.kind) {
            case Kind::Text: {
                const std::string found = text(name);
                return found == kNoText ? tree_.plain(Tree::Kind::Null)
                                        : tree_.text(read_plain(found));
            }
            case Kind::Number:
                return tree_.number(text(name));
            case Kind::Claim:
                return claim(text(name));
            case Kind::Value:
                return parse_json(text(name), tree_);
            case Kind::Names:
            case Kind::Rows:
            case Kind::One:
                in_.begin(name);
                list(field);
                in_.end(name);
        }
    }
    void claim(std::string_view text) {
        if (text != "true" && text != "false") {
            throw SerializationError(join("damaged: '", text, "' is neither true nor false"));
        }
        tree_.plain(text == "true" ? Tree::Kind::True : Tree::Kind::False);
    }
    void list(const FieldShape& field) {
        const std::uint64_t size = count();
        if (field.kind == Kind::One) {
            if (size > 1) {
                throw SerializationError(join("damaged: there is more than one ", field.name));
            }
            return size == 0 ? tree_.plain(Tree::Kind::Null) : item(type_of(field));
        }
        tree_.begin(Tree::Kind::Array);
        for (std::uint64_t i = 0; i < size; ++i) {
            if (field.kind == Kind::Names) {
                tree_.text(read_plain(text(kItem)));
            } else {
                item(type_of(field));
            }
        }
        tree_.end();
    }
    void item(const TypeShape& shape) {
        in_.begin(kItem);
        row(shape);
        in_.end(kItem);
    }
    const TypeShape& type_of(const FieldShape& field) const {
        const auto found = std::ranges::find(shapes_, field.type, &TypeShape::name);
        if (found == shapes_.end()) {
            throw SerializationError(join("damaged: there is no type '", field.type, "'"));
        }
        return *found;
    }

    ViewSource source_;
    std::istream stream_;
    In in_;
    Tree& tree_;
    std::vector<TypeShape> shapes_;
    std::uint32_t depth_ = 0;
};

template <class In>
void parse(std::string_view text, Tree& into) {
    ArchiveReader<In> reader(text, into);
    try {
        reader.read();
    } catch (const SerializationError& error) {
        throw error.at(join("near byte ", std::to_string(reader.passed()), ": "));
    } catch (const std::bad_alloc&) {
        throw;
    } catch (const std::exception& error) {
        throw SerializationError(
            join("damaged near byte ", std::to_string(reader.passed()), ": ", error.what()));
    }
}

}  // namespace

std::unique_ptr<InterchangeWriter> make_xml_writer(const std::vector<TypeShape>& shapes) {
    return std::make_unique<ArchiveWriter<XmlWriter>>(shapes);
}

std::unique_ptr<InterchangeWriter> make_text_writer(const std::vector<TypeShape>& shapes) {
    return std::make_unique<ArchiveWriter<TextWriter>>(shapes);
}

void parse_xml(std::string_view text, Tree& into) {
    scan_xml(text, into.limits());
    parse<XmlReader>(text, into);
}

void parse_text(std::string_view text, Tree& into) { parse<TextReader>(text, into); }

}  // namespace stoplog::archive
