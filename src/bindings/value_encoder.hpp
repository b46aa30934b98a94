// A Python value into bytes. Requires: the GIL.
#pragma once

#include "stoplog/state/frozen.hpp"
#include "stoplog/value/wire.hpp"

#include "bindings/value_text.hpp"

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace stoplog::python {

class ValueEncoder {
public:
    /// `frozen`: as of which cut a container of the state is written; null: as it is.
    ValueEncoder(wire::Writer& out, const Frozen* frozen) : out_(out), frozen_(frozen) {}

    /// Throws Refusal, PendingError, or the writer's SerializationError where it is nested too
    /// deeply.
    void encode(PyObject* value);
    [[nodiscard]] wire::Writer& out() const { return out_; }

private:
    using Member = std::pair<std::string, Ref>;  // what it is alone, and itself

    void encode_text(PyObject* text);
    void encode_int(PyObject* value);
    void encode_big_int(PyObject* value);
    void encode_sequence(wire::Tag tag, PyObject* const* items, Py_ssize_t size);
    void encode_dict(PyObject* dict);
    void encode_state_dict(PyObject* state_dict);
    void encode_state_list(PyObject* state_list);
    void encode_state_set(PyObject* state_set);
    bool encode_container(PyObject* value);
    void encode_set(wire::Tag tag, PyObject* set);
    void encode_member(wire::Writer& out, PyObject* member) const;
    [[nodiscard]] std::string member_alone(PyObject* member) const;
    void put_members(wire::Tag tag, const std::vector<Member>& members);
    bool encode_rare(PyObject* value);
    bool encode_clock(PyObject* value);
    void encode_time_delta(PyObject* value);
    void encode_zone(PyObject* zone);
    bool encode_zone_value(PyObject* zone);
    bool encode_path(PyObject* value);

    template <class Each>
    void encode_entries(std::size_t size, const Each& each);
    void encode_key(PyObject* key, bool is_name);
    void encode_item(PyObject* key, PyObject* value);

    wire::Writer& out_;
    const Frozen* frozen_;
};

}  // namespace stoplog::python
