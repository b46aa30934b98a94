// Lists and sets of the state into bytes, as of a cut or of now; dicts are where their entries are.
#include "bindings/state_container.hpp"
#include "bindings/value_encoder.hpp"

#include <algorithm>
#include <vector>

namespace stoplog::python {

using wire::Tag;

void ValueEncoder::encode_state_list(PyObject* state_list) {
    const LeafTree items = list_at(frozen_, state_list);
    std::vector<PyObject*> borrowed;  // `items` holds them
    borrowed.reserve(items.size());
    items.each([&](Leaf item) {
        borrowed.push_back(static_cast<PyObject*>(item));
        return true;
    });
    encode_sequence(Tag::List, borrowed.data(), static_cast<Py_ssize_t>(borrowed.size()));
}

// In the order of insertion: a handler that goes through it after a resume meets the same order.
void ValueEncoder::encode_state_set(PyObject* state_set) {
    const wire::Writer::Level level(out_);
    const Version version = version_at(frozen_, state_set);
    if (!out_.is_canonical()) {
        out_.tag(Tag::Set);
        out_.varint(version.size);
        version.each([&](const Entry& entry) {
            encode_member(out_, static_cast<PyObject*>(entry.key));
            return true;
        });
        return;
    }
    std::vector<Member> members;
    version.each([&](const Entry& entry) {
        auto* const member = static_cast<PyObject*>(entry.key);
        members.emplace_back(member_alone(member), Ref::borrow(member));
        return true;
    });
    std::ranges::sort(members, {}, &Member::first);
    put_members(Tag::Set, members);
}

bool ValueEncoder::encode_container(PyObject* value) {
    if (is_state_dict(value)) {
        encode_state_dict(value);
    } else if (is_state_list(value)) {
        encode_state_list(value);
    } else if (is_state_set(value)) {
        encode_state_set(value);
    } else {
        return false;
    }
    return true;
}

}  // namespace stoplog::python
