// What is read is made by the type itself and compared with what was written, where the type would
// take more than it writes.
#include "bindings/value_numbers.hpp"

#include "stoplog/base/error.hpp"

#include "bindings/value_decoder.hpp"
#include "bindings/value_text.hpp"
#include "bindings/value_types.hpp"

#include <algorithm>
#include <bit>
#include <string>

namespace stoplog::python {
namespace {

using wire::Reader;
using wire::Tag;

constexpr std::size_t kUuidSize = 16;
// How sure a UUID is to be the only one, as SafeUUID has it: unknown, safe, unsafe.
constexpr int kSafety[] = {0, 0, -1};
// The greatest common divisor of larger ones is not asked for: it would take quadratic time.
constexpr std::size_t kMostCheckedBits = 32'768;

[[noreturn]] void refuse_pending() { throw Refusal{{}, take_error_text()}; }

Ref checked(PyObject* made) {
    if (made == nullptr) {
        refuse_pending();
    }
    return Ref::steal(made);
}

Ref attribute(PyObject* value, const char* name) {
    return checked(PyObject_GetAttrString(value, name));
}

// Exactly an int, whatever kind of int it was.
Ref whole(const Ref& number) {
    if (PyLong_CheckExact(number.get())) {
        return number;
    }
    const Ref zero = checked(PyLong_FromLong(0));
    return checked(PyLong_Type.tp_as_number->nb_add(number.get(), zero.get()));
}

// The text of a Decimal is exact; the case of its exponent depends on the thread.
std::string decimal_text(PyObject* value) {
    const Ref text = checked(PyObject_Str(value));
    std::string spelt(text_of(text.get()));
    std::ranges::replace(spelt, 'e', 'E');
    return spelt;
}

bool encode_complex(PyObject* value, wire::Writer& out) {
    const Py_complex number = PyComplex_AsCComplex(value);
    out.tag(Tag::Complex);
    out.fixed64(std::bit_cast<std::uint64_t>(number.real));
    out.fixed64(std::bit_cast<std::uint64_t>(number.imag));
    return true;
}

bool encode_uuid(PyObject* value, wire::Writer& out) {
    const Ref bytes = attribute(value, "bytes");
    const Ref safety = attribute(attribute(value, "is_safe").get(), "value");
    if (!PyBytes_CheckExact(bytes.get()) || PyBytes_GET_SIZE(bytes.get()) != kUuidSize) {
        throw Refusal{{}, "UUID cannot be stored: it is not whole"};
    }
    out.tag(Tag::Uuid);
    const bool is_safe = PyLong_Check(safety.get()) && PyLong_AsLong(safety.get()) == 0;
    out.byte(safety.get() == Py_None ? 0 : is_safe ? 1 : 2);
    out.text({PyBytes_AS_STRING(bytes.get()), kUuidSize});
    return true;
}

bool encode_wholes(PyObject* value, Tag tag, std::initializer_list<const char*> names,
                   ValueEncoder& encoder) {
    encoder.out().tag(tag);
    for (const char* name : names) {
        encoder.encode(whole(attribute(value, name)).get());
    }
    return true;
}

bool is_decimal(const PyTypeObject* type) { return is_class(type, "decimal", "Decimal"); }
bool is_fraction(const PyTypeObject* type) { return is_class(type, "fractions", "Fraction"); }
bool is_uuid(const PyTypeObject* type) { return is_class(type, "uuid", "UUID"); }

// Reading.

// Looks before it reads, so that no number is in a number.
Ref decode_whole(Reader& in) {
    Reader ahead = in;
    const std::uint8_t byte = ahead.byte();
    const auto tag = static_cast<Tag>(byte);
    if (byte < wire::kSmallInt && tag != Tag::Int && tag != Tag::BigInt) {
        in.fail("a whole number is none");
    }
    return decode_value(in);
}

Ref import(const Reader& in, const char* module) { return made(in, PyImport_ImportModule(module)); }

std::size_t bits_of(const Reader& in, const Ref& number) {
    const Ref bits = made(in, PyObject_CallMethod(number.get(), "bit_length", nullptr));
    return PyLong_AsSize_t(bits.get());
}

bool is_reduced(const Reader& in, const Ref& numerator, const Ref& denominator) {
    if (std::max(bits_of(in, numerator), bits_of(in, denominator)) > kMostCheckedBits) {
        return true;
    }
    const Ref divisor = made(in, PyObject_CallMethod(import(in, "math").get(), "gcd", "OO",
                                                     numerator.get(), denominator.get()));
    return PyLong_AsLong(divisor.get()) == 1 && PyErr_Occurred() == nullptr;
}

}  // namespace

bool is_number(PyObject* value) {
    const PyTypeObject* const type = Py_TYPE(value);
    return type == &PyComplex_Type || type == &PyRange_Type || is_decimal(type) ||
           is_fraction(type) || is_uuid(type);
}

bool encode_number(PyObject* value, ValueEncoder& encoder) {
    const PyTypeObject* const type = Py_TYPE(value);
    if (type == &PyComplex_Type) {
        return encode_complex(value, encoder.out());
    }
    if (type == &PyRange_Type) {
        return encode_wholes(value, Tag::Range, {"start", "stop", "step"}, encoder);
    }
    if (is_decimal(type)) {
        const std::string text = decimal_text(value);
        encoder.out().tag(Tag::Decimal);
        encoder.out().text(text);
        return true;
    }
    if (is_fraction(type)) {
        return encode_wholes(value, Tag::Fraction, {"numerator", "denominator"}, encoder);
    }
    return is_uuid(type) && encode_uuid(value, encoder.out());
}

Ref decode_complex(Reader& in) {
    const auto real = std::bit_cast<double>(in.fixed64());
    const auto imaginary = std::bit_cast<double>(in.fixed64());
    return made(in, PyComplex_FromDoubles(real, imaginary));
}

Ref decode_decimal(Reader& in) {
    const std::string_view text = in.text();
    const Ref module = import(in, "decimal");
    const Ref spelt = decode_text(in, text);
    Ref number = made(in, PyObject_CallMethod(module.get(), "Decimal", "O", spelt.get()));
    if (decimal_text(number.get()) != text) {
        in.fail("a Decimal that is not written as a Decimal writes itself");
    }
    return number;
}

Ref decode_fraction(Reader& in) {
    const Ref numerator = decode_whole(in);
    const Ref denominator = decode_whole(in);
    const Ref zero = made(in, PyLong_FromLong(0));
    if (PyObject_RichCompareBool(denominator.get(), zero.get(), Py_GT) != 1 ||
        !is_reduced(in, numerator, denominator)) {
        PyErr_Clear();
        in.fail("a Fraction that is not in lowest terms");
    }
    const Ref module = import(in, "fractions");
    const Ref type = made(in, PyObject_GetAttrString(module.get(), "Fraction"));
    Ref number = made(in, PyObject_CallMethod(reinterpret_cast<PyObject*>(&PyBaseObject_Type),
                                              "__new__", "O", type.get()));
    if (PyObject_SetAttrString(number.get(), "_numerator", numerator.get()) < 0 ||
        PyObject_SetAttrString(number.get(), "_denominator", denominator.get()) < 0) {
        in.fail(take_error_text());
    }
    return number;
}

Ref decode_uuid(Reader& in) {
    const auto safety = static_cast<std::size_t>(in.bounded(2, "how safe a UUID is"));
    const std::string_view bytes = in.text();
    if (bytes.size() != kUuidSize) {
        in.fail(join("a UUID of ", std::to_string(bytes.size()), " bytes"));
    }
    const Ref module = import(in, "uuid");
    const Ref value =
        safety == 0 ? Ref::borrow(Py_None) : made(in, PyLong_FromLong(kSafety[safety]));
    const Ref is_safe = made(in, PyObject_CallMethod(module.get(), "SafeUUID", "O", value.get()));
    const Ref type = made(in, PyObject_GetAttrString(module.get(), "UUID"));
    const Ref arguments = made(in, PyTuple_New(0));
    const Ref keywords =
        made(in, Py_BuildValue("{s:y#,s:O}", "bytes", bytes.data(),
                               static_cast<Py_ssize_t>(bytes.size()), "is_safe", is_safe.get()));
    return made(in, PyObject_Call(type.get(), arguments.get(), keywords.get()));
}

Ref decode_range(Reader& in) {
    const Ref start = decode_whole(in);
    const Ref stop = decode_whole(in);
    const Ref step = decode_whole(in);
    return made(in, PyObject_CallFunctionObjArgs(reinterpret_cast<PyObject*>(&PyRange_Type),
                                                 start.get(), stop.get(), step.get(), nullptr));
}

}  // namespace stoplog::python
