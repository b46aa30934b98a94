// cereal's archive writes one value after the other. Its input archive is not used, since it keeps
// the type of a value to itself; the parser that comes with it is, as a stream of events.
#include "stoplog/archive/json.hpp"

#include "stoplog/archive/json_library.hpp"
#include "stoplog/archive/json_scan.hpp"
#include "stoplog/archive/streams.hpp"
#include "stoplog/base/error.hpp"

#include <exception>

namespace stoplog::archive {
namespace {

cereal::JSONOutputArchive::Options options(unsigned indent) {
    using Options = cereal::JSONOutputArchive::Options;
    return Options(rapid::PrettyWriter<rapid::OStreamWrapper>::kDefaultMaxDecimalPlaces,
                   Options::IndentChar::space, indent);
}

}  // namespace

class JsonWriter::Values : public TextSink {
public:
    explicit Values(unsigned indent)
        : stream_(&sink_),
          archive_(std::make_unique<cereal::JSONOutputArchive>(stream_, options(indent))) {}

    std::string finish() {
        archive_.reset();  // ends the object, if anything is in it
        std::string text = sink_.take();
        if (text.empty()) {
            return "{}";
        }
        return text;
    }
    // What follows is not a member of the archive's own object, but that object.
    void begin_root() { is_root_next_ = true; }
    void begin_object() override {
        if (!is_root_next_) {
            archive_->startNode();
            ++depth_;
        }
        is_root_next_ = false;
    }
    void end_object() override {
        if (depth_ != 0) {
            archive_->finishNode();
            --depth_;
        }
    }
    void begin_array() override {
        archive_->startNode();
        archive_->makeArray();
    }
    void end_array() override { archive_->finishNode(); }
    void key(std::string_view key) override {
        key_.assign(key);
        archive_->setNextName(key_.c_str());
    }
    void text(std::string_view text) override {
        text_.assign(text);
        put(text_);
    }
    void integer(std::int64_t number) override { put(number); }
    void natural(std::uint64_t number) override { put(number); }
    void real(double number) override { put(number); }
    void claim(bool is_true) override { put(is_true); }
    void null() override { put(nullptr); }

private:
    template <class T>
    void put(const T& value) {
        archive_->writeName();
        archive_->saveValue(value);
    }

    StringSink sink_;
    std::ostream stream_;
    std::unique_ptr<cereal::JSONOutputArchive> archive_;
    std::string key_;
    std::string text_;
    std::size_t depth_ = 0;  // objects in the archive's own
    bool is_root_next_ = false;
};

JsonWriter::JsonWriter(unsigned indent) : values_(std::make_unique<Values>(indent)) {}
JsonWriter::~JsonWriter() = default;
std::string JsonWriter::finish() { return values_->finish(); }

TextSink& JsonWriter::root() {
    values_->begin_root();
    return *values_;
}

void JsonWriter::text(const char* name, std::string_view text) {
    values_->key(name);
    values_->text(text);
}
void JsonWriter::no_text(const char* name) {
    values_->key(name);
    values_->null();
}
void JsonWriter::integer(const char* name, std::int64_t number) {
    values_->key(name);
    values_->integer(number);
}
void JsonWriter::natural(const char* name, std::uint64_t number) {
    values_->key(name);
    values_->natural(number);
}
void JsonWriter::claim(const char* name, bool is_true) {
    values_->key(name);
    values_->claim(is_true);
}
void JsonWriter::begin_list(const char* name, std::size_t) {
    values_->key(name);
    values_->begin_array();
}
void JsonWriter::end_list() { values_->end_array(); }
void JsonWriter::begin_one(const char* name) {
    values_->key(name);
    values_->begin_object();
}
void JsonWriter::end_one() { values_->end_object(); }
void JsonWriter::no_one(const char* name) { no_text(name); }
TextSink& JsonWriter::begin_value(const char* name) {
    values_->key(name);
    return *values_;
}
void JsonWriter::no_value(const char* name) { no_text(name); }
void JsonWriter::begin_row() { values_->begin_object(); }
void JsonWriter::end_row() { values_->end_object(); }
void JsonWriter::item(std::string_view text) { values_->text(text); }

namespace {

/// Makes a tree of what the parser meets.
class TreeMaker : public rapid::BaseReaderHandler<rapid::UTF8<>, TreeMaker> {
public:
    explicit TreeMaker(Tree& tree) : tree_(tree) {}
    bool Default() { return false; }
    bool Null() { return plain(Tree::Kind::Null); }
    bool Bool(bool is_true) { return plain(is_true ? Tree::Kind::True : Tree::Kind::False); }
    bool RawNumber(const char* text, rapid::SizeType size, bool) {
        tree_.number({text, size});
        return true;
    }
    bool String(const char* text, rapid::SizeType size, bool) {
        tree_.text({text, size});
        return true;
    }
    bool Key(const char* text, rapid::SizeType size, bool is_copy) {
        return String(text, size, is_copy);
    }
    bool StartObject() { return begin(Tree::Kind::Object); }
    bool EndObject(rapid::SizeType) { return end(); }
    bool StartArray() { return begin(Tree::Kind::Array); }
    bool EndArray(rapid::SizeType) { return end(); }

private:
    bool plain(Tree::Kind kind) {
        tree_.plain(kind);
        return true;
    }
    bool begin(Tree::Kind kind) {
        tree_.begin(kind);
        return true;
    }
    bool end() {
        tree_.end();
        return true;
    }
    Tree& tree_;
};

}  // namespace

void parse_json(std::string_view text, Tree& into) {
    scan_json(text, into.limits());
    constexpr unsigned kFlags = rapid::kParseIterativeFlag | rapid::kParseNumbersAsStringsFlag;
    rapid::Reader reader;
    rapid::MemoryStream stream(text.data(), text.size());
    TreeMaker maker(into);
    try {
        const rapid::ParseResult result = reader.Parse<kFlags>(stream, maker);
        if (result.IsError()) {
            throw SerializationError(join("damaged at byte ", std::to_string(result.Offset()),
                                          ": this is no JSON (error ",
                                          std::to_string(static_cast<int>(result.Code())), ")"));
        }
    } catch (const SerializationError&) {
        throw;
    } catch (const std::exception& error) {
        throw SerializationError(
            join("damaged at byte ", std::to_string(stream.Tell()), ": ", error.what()));
    }
}

}  // namespace stoplog::archive
