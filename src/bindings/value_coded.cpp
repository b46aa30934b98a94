// A name that nobody registered here ends in a Stored value, everything else in a value or a
// refusal.
#include "bindings/value_coded.hpp"

#include "stoplog/value/transcode.hpp"

#include "bindings/held_type.hpp"
#include "bindings/stored_type.hpp"
#include "bindings/value_copy.hpp"
#include "bindings/value_decoder.hpp"
#include "bindings/value_text.hpp"

#include <utility>
#include <vector>

namespace stoplog::python {
namespace {

using wire::Tag;

// More bits of a combination of flags are a mistake, or a trap: each makes a member for life.
constexpr long long kMostFlagBits = 1024;

Ref checked(PyObject* made) {
    if (made == nullptr) {
        throw PendingError{};
    }
    return Ref::steal(made);
}

[[noreturn]] void refuse(const Storable& type, std::string_view what) {
    throw Refusal{{}, join("'", type.name, "': ", what)};
}

std::string type_name(PyObject* value) { return Py_TYPE(value)->tp_name; }

bool is_flag_number(PyObject* value) {
    if (!PyLong_CheckExact(value)) {
        return false;
    }
    const Ref bits = checked(PyObject_CallMethod(value, "bit_length", nullptr));
    return PyLong_AsLongLong(bits.get()) <= kMostFlagBits;
}

Ref plain_member(PyObject* value, const Storable& type) {
    Ref name = checked(PyObject_GetAttrString(value, "_name_"));
    if (PyUnicode_CheckExact(name.get()) &&
        PyDict_GetItemWithError(type.parts.get(), name.get()) == value) {
        return name;
    }
    Ref number = checked(PyObject_GetAttrString(value, "_value_"));
    if (type.kind != Storable::Kind::Flag || !is_flag_number(number.get())) {
        refuse(type, "this member cannot be stored: it is not among those of its class");
    }
    return number;
}

Ref plain_fields(PyObject* value, const Storable& type) {
    Ref fields = checked(PyDict_New());
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(type.parts.get()); ++i) {
        PyObject* const name = PyTuple_GET_ITEM(type.parts.get(), i);
        const Ref field = field_of(value, type, name);
        if (PyDict_SetItem(fields.get(), name, field.get()) < 0) {
            throw PendingError{};
        }
    }
    return fields;
}

Ref encode_with_codec(PyObject* value, const Storable& codec) {
    Ref plain = Ref::steal(PyObject_CallOneArg(codec.encode.get(), value));
    if (!plain) {
        refuse_with_error(join("codec '", codec.name, "': encode failed"));
    }
    if (Py_TYPE(plain.get()) == Py_TYPE(value)) {
        refuse(codec, join("its codec's encode returned a ", type_name(value),
                           " again; it must return plain values"));
    }
    return plain;
}

void write_coded(wire::Writer& out, ValueEncoder& encoder, const Storable& type,
                 std::uint32_t version, PyObject* plain) {
    const wire::Writer::Level level(out);
    out.tag(Tag::Coded);
    out.name(type.name);
    out.varint(version);
    encoder.encode(plain);
}

// Reading.

std::string listed(PyObject* names) {
    const Ref sorted = checked(PySequence_List(names));
    const Ref shown = checked(PyObject_Repr(sorted.get()));
    return readable(shown.get());
}

Ref make_member(const Ref& plain, const Storable& type) {
    if (PyUnicode_CheckExact(plain.get())) {
        PyObject* const member = PyDict_GetItemWithError(type.parts.get(), plain.get());
        if (member == nullptr) {
            refuse(type, join("there is no member ", step_of(plain.get())));
        }
        return Ref::borrow(member);
    }
    if (type.kind != Storable::Kind::Flag || !is_flag_number(plain.get())) {
        refuse(type, join("a member was stored as ", type_name(plain.get())));
    }
    Ref made = Ref::steal(PyObject_CallOneArg(type.type.get(), plain.get()));
    if (!made) {
        refuse_with_error(join("'", type.name, "': no such combination of flags"));
    }
    // Some versions of Python leave out the bits that they do not know.
    const Ref number = checked(PyObject_GetAttrString(made.get(), "_value_"));
    const int is_same = PyObject_RichCompareBool(number.get(), plain.get(), Py_EQ);
    if (is_same < 0) {
        throw PendingError{};
    }
    if (is_same == 0) {
        refuse(type, "no such combination of flags");
    }
    return made;
}

Ref make_record(const Ref& plain, const Storable& type) {
    if (!PyDict_CheckExact(plain.get())) {
        refuse(type, join("a dataclass was stored as ", type_name(plain.get())));
    }
    const Py_ssize_t size = PyTuple_GET_SIZE(type.parts.get());
    std::vector<Ref> values;
    for (Py_ssize_t i = 0; i < size; ++i) {
        PyObject* const field =
            PyDict_GetItemWithError(plain.get(), PyTuple_GET_ITEM(type.parts.get(), i));
        if (field != nullptr) {
            values.push_back(Ref::borrow(field));
        }
    }
    if (std::ssize(values) != size || PyDict_GET_SIZE(plain.get()) != size) {
        refuse(type, join("its fields are ", listed(type.parts.get()), ", stored were ",
                          listed(plain.get()),
                          "; give the class another version, or a codec that reads both"));
    }
    return checked(make_dataclass(type, values.data()).release());
}

void check_version(std::uint64_t version, const Storable& type) {
    const bool is_codec = type.kind == Storable::Kind::Codec;
    if (version == type.version || (is_codec && version != 0 && version < type.version)) {
        return;
    }
    refuse(type, join("it was stored in version ", std::to_string(version),
                      ", registered here is version ", std::to_string(type.version),
                      is_codec ? "" : "; a codec of that name could read both"));
}

Ref make_value(Ref plain, std::uint32_t version, const Storable& type) {
    switch (type.kind) {
        case Storable::Kind::Enum:
        case Storable::Kind::Flag:
            return make_member(plain, type);
        case Storable::Kind::Dataclass:
            return make_record(plain, type);
        case Storable::Kind::Codec:
            break;
    }
    const Ref given = hand_out_copy(plain.get());
    Ref ready = decode_plain(given.get(), version, type);
    return checked(make_held(&type, version, std::move(plain), std::move(ready)));
}

}  // namespace

Ref field_of(PyObject* value, const Storable& type, PyObject* name) {
    Ref field = Ref::steal(PyObject_GetAttr(value, name));
    if (!field) {
        refuse_with_error(join("'", type.name, "': a field is missing"));
    }
    return field;
}

Ref encode_plain(PyObject* value, const Storable& type) {
    switch (type.kind) {
        case Storable::Kind::Enum:
        case Storable::Kind::Flag:
            return plain_member(value, type);
        case Storable::Kind::Dataclass:
            return plain_fields(value, type);
        case Storable::Kind::Codec:
            break;
    }
    return encode_with_codec(value, type);
}

Ref decode_plain(PyObject* plain, std::uint32_t version, const Storable& codec) {
    const Ref number = checked(PyLong_FromUnsignedLong(version));
    Ref made =
        Ref::steal(PyObject_CallFunctionObjArgs(codec.decode.get(), plain, number.get(), nullptr));
    if (!made) {
        refuse_with_error(join("codec '", codec.name, "': decode of version ",
                               std::to_string(version), " failed"));
    }
    auto* const expected = reinterpret_cast<PyTypeObject*>(codec.type.get());
    if (Py_TYPE(made.get()) != expected) {
        refuse(codec, join("its codec's decode returned a ", type_name(made.get()),
                           ", expected is ", expected->tp_name));
    }
    return made;
}

bool encode_coded(PyObject* value, ValueEncoder& encoder) {
    wire::Writer& out = encoder.out();
    if (is_held(value)) {
        const Held& held = *as_held(value);
        if (held.type == nullptr) {
            encoder.encode(held.plain);
        } else {
            write_coded(out, encoder, *held.type, held.version, held.plain);
        }
        return true;
    }
    if (is_stored(value)) {
        wire::Reader bytes(bytes_of_stored(value), "a stored value");
        wire::transcode(bytes, out);
        return true;
    }
    const Storable* const type = storable_of(Py_TYPE(value));
    if (type == nullptr) {
        return false;
    }
    const Ref plain = encode_plain(value, *type);
    write_coded(out, encoder, *type, type->version, plain.get());
    return true;
}

Ref decode_coded(wire::Reader& in) {
    wire::Reader ahead = in;
    const std::string_view name = ahead.name();
    if (!wire::is_utf8(name)) {
        in.fail("a codec's name that is no UTF-8");
    }
    const auto version = static_cast<std::uint32_t>(ahead.bounded(0xFFFFFFFF, "a version"));
    const Storable* const type = storable_named(name);
    if (type == nullptr) {
        wire::Writer bytes;
        wire::transcode_behind(Tag::Coded, in, bytes);
        return checked(make_stored(bytes.view(), name, version));
    }
    in = ahead;
    const wire::Reader::Level level(in);
    check_version(version, *type);
    return make_value(decode_value(in), version, *type);
}

}  // namespace stoplog::python
