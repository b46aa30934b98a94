// A type that only tests save, and the same one a line later.
#pragma once

#include "stoplog/archive/fields.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace stoplog::test {

struct Leg {
    static constexpr std::string_view kTypeName = "Leg";
    std::string to;
    std::uint64_t miles = 0;
};

struct Trip {
    static constexpr std::string_view kTypeName = "Trip";
    std::string name;
    std::int64_t began = 0;
    std::vector<Leg> legs;
};

/// Of the same name in a file.
struct LongerTrip : Trip {
    std::uint32_t travellers = 1;
};

template <class Visitor, class Self>
    requires archive::Of<Self, Leg>
void visit_fields(Visitor& ar, Self& leg) {
    ar("to", leg.to);
    ar("miles", leg.miles);
}

template <class Visitor, class Self>
    requires archive::Of<Self, Trip> || archive::Of<Self, LongerTrip>
void visit_fields(Visitor& ar, Self& trip) {
    if constexpr (archive::Of<Self, LongerTrip>) {
        ar("travellers", trip.travellers);
    }
    ar("name", trip.name);
    ar("began", trip.began);
    ar("legs", trip.legs);
}

}  // namespace stoplog::test
