// What the indexes of a legend are called where a person reads them, and back.
//
// A slot is "load.input", a connection "read.rows -> load.input". Where two would be called alike,
// the later one has a number behind it.
#pragma once

#include "stoplog/base/legend.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace stoplog::archive {

class Labels {
public:
    class List {
    public:
        void clear() { *this = List(); }
        void add(const std::string& text);
        /// Requires: there is one.
        [[nodiscard]] const std::string& of(std::uint32_t number) const { return texts_[number]; }
        [[nodiscard]] std::uint32_t number_of(std::string_view text, std::string_view kind) const;

    private:
        std::vector<std::string> texts_;
        std::unordered_map<std::string, std::uint32_t> numbers_;
        std::unordered_map<std::string, std::uint32_t> alike_;  // how many were called so
    };

    Labels() = default;
    explicit Labels(const Legend& legend);

    // A legend that is being read, part by part. Requires: what a part refers to was checked.
    void name_routines(const std::vector<Legend::Routine>& routines);
    void name_slots(const std::vector<Legend::Slot>& slots);
    void name_connections(const std::vector<Legend::Connection>& connections);

    [[nodiscard]] const List& routines() const { return routines_; }
    [[nodiscard]] const List& slots() const { return slots_; }
    [[nodiscard]] const List& connections() const { return connections_; }

private:
    List routines_;
    List slots_;
    List connections_;
};

}  // namespace stoplog::archive
