// Payloads and declared state around their values: names once, refusals with their field.
#include "bindings/value_codec.hpp"

#include "stoplog/base/error.hpp"
#include "stoplog/state/call_log.hpp"

#include "bindings/payload.hpp"
#include "bindings/state_dict_type.hpp"
#include "bindings/value_decoder.hpp"
#include "bindings/value_encoder.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace stoplog::python {
namespace {

PyObject* name_at(const PythonPayload& payload, std::uint32_t i) {
    return PyTuple_GET_ITEM(payload.names, static_cast<Py_ssize_t>(i));
}

// "[3].callback: function cannot be stored", for whoever knows the place before it.
SerializationError told(const Refusal& refusal) {
    return SerializationError(join(refusal.path, ": ", refusal.what),
                              refusal.cause ? carried(refusal.cause) : nullptr);
}

// All names of a payload as one text, since most payloads share them with many others.
std::string text_of_names(const PythonPayload& payload) {
    wire::Writer names;
    for (std::uint32_t i = 0; i < payload.size; ++i) {
        names.text(Utf8(name_at(payload, i)).view());
    }
    return std::string(names.view());
}

void encode_field(const PythonPayload& payload, std::uint32_t i, wire::Writer& out) {
    try {
        ValueEncoder(out, nullptr).encode(payload.values[i]);
    } catch (const Refusal& refusal) {
        throw told(refusal).at(join("field '", Utf8(name_at(payload, i)).view(), "'"));
    } catch (const SerializationError& error) {
        throw error.at(join("field '", Utf8(name_at(payload, i)).view(), "': "));
    }
}

// For a comparison: the order of the fields does not count.
void encode_sorted(const PythonPayload& payload, wire::Writer& out) {
    std::vector<std::string> fields;
    for (std::uint32_t i = 0; i < payload.size; ++i) {
        wire::Writer field = out.scratch();
        field.text(Utf8(name_at(payload, i)).view());
        encode_field(payload, i, field);
        fields.emplace_back(field.view());
    }
    std::ranges::sort(fields);
    out.varint(fields.size());
    for (const std::string& field : fields) {
        out.raw(field);
    }
}

// The names of a payload: one tuple for all payloads that share them.
Ref decode_names(wire::Reader& in) {
    const std::uint32_t number = in.name_number();
    std::shared_ptr<void>& memo = in.strings().memo(number);
    auto* const known = static_cast<PyObject*>(memo.get());
    if (known != nullptr && PyTuple_CheckExact(known)) {
        return Ref::borrow(known);
    }
    wire::Reader text(in.strings().at(number), "a payload's names");
    std::vector<Ref> names;
    while (text.left() != 0) {
        PyObject* name = decode_text(text, text.text()).release();
        PyUnicode_InternInPlace(&name);
        names.push_back(Ref::steal(name));
    }
    const Ref once = made(in, PySet_New(nullptr));
    Ref tuple = made(in, PyTuple_New(static_cast<Py_ssize_t>(names.size())));
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (PySet_Add(once.get(), names[i].get()) < 0) {
            in.fail(take_error_text());
        }
        PyTuple_SET_ITEM(tuple.get(), static_cast<Py_ssize_t>(i), names[i].release());
    }
    if (PySet_GET_SIZE(once.get()) != PyTuple_GET_SIZE(tuple.get())) {
        in.fail("a payload has a field twice");
    }
    if (known == nullptr) {
        memo = carried(tuple);
    }
    return tuple;
}

Ref decode_leaf(wire::Reader& in, const std::shared_ptr<CallLog>& log, const std::string& routine,
                const std::string& field) {
    try {
        return decode_field(in, log);
    } catch (const Refusal& refusal) {
        throw told(refusal).at(join("state field '", routine, ".", field, "'"));
    }
}

Ref decode_named(wire::Reader& in, PyObject* name) {
    try {
        return decode_value(in);
    } catch (const Refusal& refusal) {
        throw told(refusal).at(join("field '", Utf8(name).view(), "'"));
    }
}

}  // namespace

void PythonCodec::encode_payload(const Payload& payload, wire::Writer& out) const {
    const PythonPayload& fields = as_python(payload);
    try {
        if (out.is_canonical()) {
            encode_sorted(fields, out);
            return;
        }
        if (!out.recalled_name(fields.names)) {
            out.name(text_of_names(fields), fields.names);
        }
        for (std::uint32_t i = 0; i < fields.size; ++i) {
            encode_field(fields, i, out);
        }
    } catch (const Refusal& refusal) {  // of a name itself
        throw SerializationError(refusal.what);
    }
}

PayloadRef PythonCodec::decode_payload(wire::Reader& in) const {
    const Ref names = decode_names(in);
    std::vector<Ref> owned;
    std::vector<PyObject*> values;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(names.get()); ++i) {
        owned.push_back(decode_named(in, PyTuple_GET_ITEM(names.get(), i)));
        values.push_back(owned.back().get());
    }
    PythonPayload* const payload = make_payload(values.data(), names.get());
    if (payload == nullptr) {
        in.fail(take_error_text());
    }
    return PayloadRef(payload);
}

void PythonCodec::encode_leaf(Leaf leaf, const Frozen* frozen, wire::Writer& out) const {
    try {
        ValueEncoder(out, frozen).encode(static_cast<PyObject*>(leaf));
    } catch (const Refusal& refusal) {
        throw told(refusal);
    } catch (const SerializationError& error) {
        throw error.at(": ");
    }
}

std::shared_ptr<Document> PythonCodec::decode_fields(const std::string& routine,
                                                     std::span<const std::string* const> names,
                                                     std::span<wire::Reader> values) const {
    const auto log = std::make_shared<CallLog>(std::make_shared<Family>(), routine);
    auto fields = std::make_shared<Document>(python_leaves, log, nullptr);
    for (std::size_t i = 0; i < values.size(); ++i) {
        wire::Reader& in = values[i];
        Ref name = decode_text(in, *names[i]);
        const Ref value = decode_leaf(in, log, routine, *names[i]);
        Ref kept = made(in, tracked(log, value.get(), name.get()));
        const LeafHash hash = hash_of(name.get());
        fields->load(name.release(), hash, kept.release());
    }
    return fields;
}

}  // namespace stoplog::python
