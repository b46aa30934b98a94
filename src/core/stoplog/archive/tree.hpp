// A text file that was read, before anybody asks what it means: objects, arrays, texts, numbers.
//
// Sixteen bytes a node, in one row, children behind their parent; texts in one piece. A number
// stays the text that it was. Made by whoever parses, within the limits of the load.
#pragma once

#include "stoplog/value/limits.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace stoplog::archive {

class Tree {
public:
    enum class Kind : std::uint8_t { Null, False, True, Number, Text, Array, Object };
    struct Node {
        std::uint64_t where;  // of a text: in `texts`; of a container: the node behind its last
        std::uint32_t size;   // of a text: in bytes; of a container: children, keys included
        Kind kind;
    };

    explicit Tree(const Limits& limits) : limits_(limits) {}

    // Building, in the order of the file. Each throws SerializationError beyond the limits.
    void plain(Kind kind) { add({0, 0, kind}); }
    void number(std::string_view text) { add_text(text, Kind::Number); }
    /// Also a key, before its value. Throws for what is no UTF-8.
    void text(std::string_view text);
    void begin(Kind kind);
    /// Throws where an object has a key twice.
    void end();
    [[nodiscard]] const Limits& limits() const { return limits_; }

private:
    friend class View;
    friend class Members;
    void add(Node node);
    void add_text(std::string_view text, Kind kind);
    void expect_no_key_twice(std::size_t object) const;
    [[nodiscard]] std::string_view text_at(std::size_t at) const {
        return std::string_view(texts_).substr(nodes_[at].where, nodes_[at].size);
    }
    [[nodiscard]] std::size_t behind(std::size_t at) const {
        return nodes_[at].kind < Kind::Array ? at + 1 : nodes_[at].where;
    }

    Limits limits_;
    std::vector<Node> nodes_;
    std::string texts_;
    std::vector<std::size_t> open_;
};

/// One node of a tree that outlives it. Asking for what it is not throws SerializationError.
class View {
public:
    explicit View(const Tree& tree) : tree_(&tree) {}

    [[nodiscard]] Tree::Kind kind() const { return node().kind; }
    [[nodiscard]] bool is_null() const { return kind() == Tree::Kind::Null; }
    [[nodiscard]] std::string_view text() const { return text_of(Tree::Kind::Text); }
    [[nodiscard]] std::string_view number() const { return text_of(Tree::Kind::Number); }
    [[nodiscard]] bool claim() const;
    /// Of an array: its items; of an object: its keys.
    [[nodiscard]] std::size_t size() const {
        return kind() == Tree::Kind::Object ? node().size / 2 : node().size;
    }

    /// Calls `look(item)` for each.
    template <class Look>
    void items(const Look& look) const {
        expect(Tree::Kind::Array);
        const std::size_t end = node().where;
        for (std::size_t at = at_ + 1; at != end; at = tree_->behind(at)) {
            look(View(*tree_, at));
        }
    }
    /// Calls `look(key, value)` for each.
    template <class Look>
    void members(const Look& look) const {
        expect(Tree::Kind::Object);
        const std::size_t end = node().where;
        for (std::size_t at = at_ + 1; at != end; at = tree_->behind(at + 1)) {
            look(tree_->text_at(at), View(*tree_, at + 1));
        }
    }
    /// Throws unless it is an array of `size` items; item `i` of it.
    void expect_items(std::size_t size) const;
    [[nodiscard]] View item(std::size_t i) const;
    void expect(Tree::Kind kind) const;

private:
    friend class Members;
    View(const Tree& tree, std::size_t at) : tree_(&tree), at_(at) {}
    [[nodiscard]] const Tree::Node& node() const { return tree_->nodes_[at_]; }
    [[nodiscard]] std::string_view text_of(Tree::Kind kind) const;

    const Tree* tree_;
    std::size_t at_ = 0;
};

/// The members of an object, found by key: at once where they are asked for in their order.
class Members {
public:
    explicit Members(const View& object) : object_(object), next_(object.at_ + 1) {
        object.expect(Tree::Kind::Object);
    }
    /// False: there is none.
    [[nodiscard]] bool find(std::string_view key);
    /// What was found.
    [[nodiscard]] View found() const { return found_; }

private:
    View object_;
    View found_ = object_;
    std::size_t next_;
};

}  // namespace stoplog::archive
