// Building within limits; asking for what is there.
#include "stoplog/archive/tree.hpp"

#include "stoplog/base/error.hpp"
#include "stoplog/value/wire.hpp"

#include <algorithm>
#include <cassert>

namespace stoplog::archive {
namespace {

constexpr std::uint64_t kLongestText = 0xFFFFFFFF;
// Beyond so many keys they are sorted instead of compared with each other.
constexpr std::size_t kFewKeys = 12;

std::string_view name_of(Tree::Kind kind) {
    switch (kind) {
        case Tree::Kind::Null:
            return "null";
        case Tree::Kind::False:
        case Tree::Kind::True:
            return "true or false";
        case Tree::Kind::Number:
            return "a number";
        case Tree::Kind::Text:
            return "a text";
        case Tree::Kind::Array:
            return "a list";
        case Tree::Kind::Object:
            break;
    }
    return "an object";
}

}  // namespace

void Tree::add(Node node) {
    if (nodes_.size() >= limits_.max_items) {
        throw SerializationError(join("it has more than ", std::to_string(limits_.max_items),
                                      " items; Limits(max_items=...) allows more"));
    }
    nodes_.push_back(node);
    if (!open_.empty()) {
        ++nodes_[open_.back()].size;
    }
}

void Tree::add_text(std::string_view text, Kind kind) {
    if (text.size() > kLongestText) {
        throw SerializationError("a text of more than 4 GiB");
    }
    add({texts_.size(), static_cast<std::uint32_t>(text.size()), kind});
    texts_.append(text);
}

void Tree::text(std::string_view text) {
    if (!wire::is_utf8(text)) {
        throw SerializationError("damaged: a text that is no UTF-8");
    }
    add_text(text, Kind::Text);
}

void Tree::begin(Kind kind) {
    add({0, 0, kind});
    open_.push_back(nodes_.size() - 1);
}

void Tree::end() {
    assert(!open_.empty());
    const std::size_t at = open_.back();
    open_.pop_back();
    nodes_[at].where = nodes_.size();
    if (nodes_[at].kind == Kind::Object) {
        expect_no_key_twice(at);
    }
}

void Tree::expect_no_key_twice(std::size_t object) const {
    std::vector<std::string_view> keys;
    keys.reserve(nodes_[object].size / 2);
    const auto refuse = [](std::string_view key) {
        throw SerializationError(join("damaged: the key '", key, "' is there twice"));
    };
    for (std::size_t at = object + 1; at != nodes_.size(); at = behind(at + 1)) {
        const std::string_view key = text_at(at);
        if (keys.size() <= kFewKeys && std::ranges::find(keys, key) != keys.end()) {
            refuse(key);
        }
        keys.push_back(key);
    }
    if (keys.size() > kFewKeys) {
        std::ranges::sort(keys);
        if (const auto twice = std::ranges::adjacent_find(keys); twice != keys.end()) {
            refuse(*twice);
        }
    }
}

bool View::claim() const {
    if (kind() != Tree::Kind::False) {
        expect(Tree::Kind::True);
    }
    return kind() == Tree::Kind::True;
}

void View::expect(Tree::Kind kind) const {
    if (this->kind() != kind) {
        throw SerializationError(
            join("damaged: expected is ", name_of(kind), ", found ", name_of(this->kind())));
    }
}

void View::expect_items(std::size_t size) const {
    expect(Tree::Kind::Array);
    if (node().size != size) {
        throw SerializationError(join("damaged: expected is a list of ", std::to_string(size),
                                      " items, found one of ", std::to_string(node().size)));
    }
}

View View::item(std::size_t i) const {
    std::size_t at = at_ + 1;
    for (; i != 0; --i) {
        at = tree_->behind(at);
    }
    return {*tree_, at};
}

std::string_view View::text_of(Tree::Kind kind) const {
    expect(kind);
    return tree_->text_at(at_);
}

bool Members::find(std::string_view key) {
    const Tree& tree = *object_.tree_;
    const std::size_t end = object_.node().where;
    if (next_ == end || tree.text_at(next_) != key) {
        for (next_ = object_.at_ + 1; next_ != end && tree.text_at(next_) != key;) {
            next_ = tree.behind(next_ + 1);
        }
    }
    if (next_ == end) {
        return false;
    }
    found_ = View(tree, next_ + 1);
    next_ = tree.behind(next_ + 1);
    return true;
}

}  // namespace stoplog::archive
