// The tags and the order of parts; what numpy itself is asked stands in the face, `_arrays.py`.
#include "bindings/value_numpy.hpp"

#include "stoplog/value/transcode.hpp"

#include "bindings/stored_type.hpp"
#include "bindings/value_decoder.hpp"
#include "bindings/value_text.hpp"

#include <string_view>

namespace stoplog::python {
namespace {

using wire::Tag;

Ref checked(PyObject* made) {
    if (made == nullptr) {
        throw PendingError{};
    }
    return Ref::steal(made);
}

PyObject* call_helper(const char* name, PyObject* argument) {
    const Ref module = Ref::steal(PyImport_ImportModule("stoplog._arrays"));
    return module ? PyObject_CallMethod(module.get(), name, "(O)", argument) : nullptr;
}

// Cheap and never wrong for another's type: numpy's own types say their module in their name.
bool may_be_numpy(PyObject* value) {
    return std::string_view(Py_TYPE(value)->tp_name).starts_with("numpy.");
}

Ref decode_described(wire::Reader& in, Tag tag, const char* maker) {
    const Ref is_there = made(in, call_helper("can_import", Py_None));
    if (is_there.get() != Py_True) {
        wire::Writer bytes;
        wire::transcode_behind(tag, in, bytes);
        return made(in, make_stored(bytes.view(), {}, 0));
    }
    const wire::Reader::Level level(in);
    const Ref described = decode_value(in);
    return made(in, call_helper(maker, described.get()));
}

}  // namespace

NumpyKind numpy_kind(PyObject* value) {
    if (!may_be_numpy(value)) {
        return NumpyKind::None;
    }
    const Ref kind = checked(call_helper("kind_of", value));
    return static_cast<NumpyKind>(PyLong_AsLong(kind.get()));
}

Ref unwritable(PyObject* array) { return checked(call_helper("unwritable", array)); }

bool encode_numpy(PyObject* value, ValueEncoder& encoder) {
    const NumpyKind kind = numpy_kind(value);
    if (kind == NumpyKind::None) {
        return false;
    }
    const bool is_array = kind == NumpyKind::Array;
    const Ref described =
        checked(call_helper(is_array ? "describe_array" : "describe_scalar", value));
    const wire::Writer::Level level(encoder.out());
    encoder.out().tag(is_array ? Tag::Array : Tag::Scalar);
    encoder.encode(described.get());
    return true;
}

Ref decode_array(wire::Reader& in) { return decode_described(in, Tag::Array, "make_array"); }
Ref decode_scalar(wire::Reader& in) { return decode_described(in, Tag::Scalar, "make_scalar"); }

}  // namespace stoplog::python
