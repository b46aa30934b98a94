// What the rows of a type look like, told by the type's own field list.
//
// An archive that holds no names stands behind this description: so other versions read it by name.
#pragma once

#include "stoplog/archive/fields.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace stoplog::archive {

struct FieldShape {
    enum class Kind : std::uint8_t { Text, Number, Claim, Names, Value, Rows, One };
    std::string name;
    Kind kind;
    std::string type;  // of Rows and One
};

struct TypeShape {
    std::string name;
    std::vector<FieldShape> fields;
};

/// "JobState: id text, cells rows Cell, ..."
[[nodiscard]] std::string spell_fields(const TypeShape& shape);
/// Throws SerializationError.
[[nodiscard]] std::vector<FieldShape> read_fields(std::string_view text);

/// Visits a blank of each type.
class ShapeWriter {
public:
    template <class T>
    static std::vector<TypeShape> shapes_of() {
        std::vector<TypeShape> shapes;
        ShapeWriter(shapes).template describe<T>();
        return shapes;
    }

    template <class T>
        requires std::is_integral_v<T>
    void operator()(const char* name, const T&) {
        add(name, std::is_same_v<T, bool> ? Kind::Claim : Kind::Number);
    }
    template <class E>
        requires std::is_enum_v<E>
    void operator()(const char* name, const E&) {
        add(name, Kind::Text);
    }
    void operator()(const char* name, const std::string&) { add(name, Kind::Text); }
    void operator()(const char* name, const std::shared_ptr<const std::string>&) {
        add(name, Kind::Text);
    }
    void operator()(const char* name, const ErrorText&) { add(name, Kind::Text); }
    void operator()(const char* name, RoutineNumber<const std::uint32_t>) { add(name, Kind::Text); }
    void operator()(const char* name, SlotNumber<const std::uint32_t>) { add(name, Kind::Text); }
    void operator()(const char* name, ConnectionNumber<const std::uint32_t>) {
        add(name, Kind::Text);
    }
    void operator()(const char* name, RoutineNumber<const std::vector<std::uint32_t>>) {
        add(name, Kind::Names);
    }
    void operator()(const char* name, SlotNumber<const std::vector<std::uint32_t>>) {
        add(name, Kind::Names);
    }
    void operator()(const char* name, Wall<const WallTime>) { add(name, Kind::Text); }
    void operator()(const char* name, Moment<const Stamp>) { add(name, Kind::Text); }
    void operator()(const char* name, Span<const std::int64_t>) { add(name, Kind::Text); }
    void operator()(const char* name, const PayloadRef&) { add(name, Kind::Value); }
    void operator()(const char* name, DeclaredState<const std::shared_ptr<Document>>) {
        add(name, Kind::Value);
    }
    template <class T>
    void operator()(const char* name, const std::vector<T>&) {
        add_rows<T>(name, Kind::Rows);
    }
    template <class Item, class View>
    void operator()(const char* name, Queue<Item, View>) {
        add_rows<Item>(name, Kind::Rows);
    }
    template <class T>
    void operator()(const char* name, const std::optional<T>&) {
        add_rows<T>(name, Kind::One);
    }
    template <class T>
    void operator()(const char* name, const std::shared_ptr<const T>&) {
        add_rows<T>(name, Kind::One);
    }

private:
    using Kind = FieldShape::Kind;
    explicit ShapeWriter(std::vector<TypeShape>& shapes) : shapes_(shapes) {}

    void add(std::string_view name, Kind kind, std::string_view type = {}) {
        shapes_[at_].fields.push_back({std::string(name), kind, std::string(type)});
    }
    template <class T>
    void add_rows(std::string_view name, Kind kind) {
        add(name, kind, kTypeName<T>);
        if (std::ranges::find(shapes_, kTypeName<T>, &TypeShape::name) == shapes_.end()) {
            ShapeWriter(shapes_).template describe<T>();
        }
    }
    template <class T>
    void describe() {
        at_ = shapes_.size();
        shapes_.push_back({std::string(kTypeName<T>), {}});
        const T blank{};
        visit_fields(*this, blank);
    }

    std::vector<TypeShape>& shapes_;
    std::size_t at_ = 0;
};

}  // namespace stoplog::archive
