// One walk over a value, in or out; what cannot change is met first and costs one look.
#include "bindings/value_copy.hpp"

#include "bindings/held_type.hpp"
#include "bindings/state_append.hpp"
#include "bindings/value_coded.hpp"
#include "bindings/value_numpy.hpp"
#include "bindings/value_text.hpp"

#include <cstddef>
#include <cstdint>
#include <new>
#include <string>
#include <utility>
#include <vector>

namespace stoplog::python {
namespace {

constexpr int kMaxDepth = 200;

Ref checked(PyObject* made) {
    if (made == nullptr) {
        throw PendingError{};
    }
    return Ref::steal(made);
}

Ref checked(Ref made) {
    if (!made) {
        throw PendingError{};
    }
    return made;
}

enum class Way : std::uint8_t { In, Out };

class Copier {
public:
    explicit Copier(Way way) : way_(way) {}
    [[nodiscard]] bool is_private() const { return is_private_; }

    Ref copy(PyObject* value, int depth = 0) {
        PyTypeObject* const type = Py_TYPE(value);
        if (is_plain_leaf(type)) [[likely]] {
            return Ref::borrow(value);
        }
        if (type == &PyTuple_Type) {
            return copy_tuple(value, below(depth));
        }
        if (is_held(value)) {
            is_private_ = true;
            return way_ == Way::In ? Ref::borrow(value) : open(*as_held(value), below(depth));
        }
        if (Ref made = copy_container(value, depth)) {
            is_private_ = true;
            return made;
        }
        if (const Storable* const known = storable_of(type)) {
            return copy_storable(value, *known, depth);
        }
        return copy_numpy(value);
    }

private:
    // Of what stands in a container at this depth.
    static int below(int depth) {
        if (depth >= kMaxDepth) {
            raise("SerializationError",
                  "a container is nested deeper than 200, or contains itself");
            throw PendingError{};
        }
        return depth + 1;
    }

    // Empty: it is no container.
    Ref copy_container(PyObject* value, int depth) {
        PyTypeObject* const type = Py_TYPE(value);
        if (type == &PyList_Type) {
            return copy_list(value, below(depth));
        }
        if (type == &PyDict_Type) {
            return copy_dict(value, below(depth));
        }
        if (type == &PySet_Type) {
            return checked(PySet_New(value));
        }
        if (type == &PyByteArray_Type) {
            return checked(PyByteArray_FromObject(value));
        }
        if (is_appended(value)) {  // out: as it is, for it cannot change
            return way_ == Way::In ? checked(plain_items(value)) : Ref();
        }
        if (is_state_container(value)) {
            const Ref plain = checked(plain_at(nullptr, value));
            return way_ == Way::In ? plain : copy(plain.get(), depth);
        }
        return {};
    }

    Ref copy_list(PyObject* list, int depth) {
        Ref made = checked(PyList_New(0));
        for (Py_ssize_t i = 0; i < PyList_GET_SIZE(list); ++i) {
            const Ref held = Ref::borrow(PyList_GET_ITEM(list, i));
            const Ref item = copy_item(held.get(), i, depth);
            if (PyList_Append(made.get(), item.get()) < 0) {
                throw PendingError{};
            }
        }
        return made;
    }

    // The same tuple where nothing in it had to be copied.
    Ref copy_tuple(PyObject* tuple, int depth) {
        const Py_ssize_t size = PyTuple_GET_SIZE(tuple);
        std::vector<Ref> items;
        for (Py_ssize_t i = 0; i < size; ++i) {
            PyObject* const item = PyTuple_GET_ITEM(tuple, i);
            Ref copied = copy_item(item, i, depth);
            if (items.empty() && copied.get() == item) {
                continue;
            }
            for (Py_ssize_t before = std::ssize(items); before < i; ++before) {
                items.push_back(Ref::borrow(PyTuple_GET_ITEM(tuple, before)));
            }
            items.push_back(std::move(copied));
        }
        if (items.empty()) {
            return Ref::borrow(tuple);
        }
        Ref made = checked(PyTuple_New(size));
        for (Py_ssize_t i = 0; i < size; ++i) {
            PyTuple_SET_ITEM(made.get(), i, items[static_cast<std::size_t>(i)].release());
        }
        return made;
    }

    // Keys are hashable, so only their values can be something that changes.
    Ref copy_dict(PyObject* dict, int depth) {
        Ref made = checked(PyDict_Copy(dict));
        PyObject* key = nullptr;
        PyObject* value = nullptr;
        for (Py_ssize_t at = 0; PyDict_Next(made.get(), &at, &key, &value) != 0;) {
            if (is_plain_leaf(Py_TYPE(value))) {
                continue;
            }
            try {
                const Ref copied = copy(value, depth);
                if (copied.get() != value && PyDict_SetItem(made.get(), key, copied.get()) < 0) {
                    throw PendingError{};
                }
            } catch (Refusal& refusal) {
                refusal.path.insert(0, step_of(key));
                throw;
            }
        }
        return made;
    }

    Ref copy_item(PyObject* item, Py_ssize_t i, int depth) {
        try {
            return copy(item, depth);
        } catch (Refusal& refusal) {
            refusal.path.insert(0, join("[", std::to_string(i), "]"));
            throw;
        }
    }

    Ref copy_storable(PyObject* value, const Storable& type, int depth) {
        switch (type.kind) {
            case Storable::Kind::Enum:
            case Storable::Kind::Flag:
                break;
            case Storable::Kind::Dataclass:
                return copy_dataclass(value, type, below(depth));
            case Storable::Kind::Codec:
                return way_ == Way::In ? hold(value, type, below(depth)) : Ref::borrow(value);
        }
        return Ref::borrow(value);
    }

    // The same object where nothing in it had to be copied.
    Ref copy_dataclass(PyObject* value, const Storable& type, int depth) {
        const Py_ssize_t size = PyTuple_GET_SIZE(type.parts.get());
        std::vector<Ref> fields;
        bool is_same = true;
        for (Py_ssize_t i = 0; i < size; ++i) {
            PyObject* const name = PyTuple_GET_ITEM(type.parts.get(), i);
            const Ref field = field_of(value, type, name);
            try {
                fields.push_back(copy(field.get(), depth));
            } catch (Refusal& refusal) {
                refusal.path.insert(0, step_of(name));
                throw;
            }
            is_same = is_same && fields.back().get() == field.get();
        }
        return is_same ? Ref::borrow(value) : checked(make_dataclass(type, fields.data()));
    }

    Ref hold(PyObject* value, const Storable& type, int depth) {
        is_private_ = true;
        const Ref plain = encode_plain(value, type);
        Ref kept = Copier(Way::In).copy(plain.get(), depth);
        return checked(make_held(&type, type.version, std::move(kept)));
    }

    Ref open(Held& held, int depth) {
        if (held.ready != nullptr) {
            return Ref::steal(std::exchange(held.ready, nullptr));
        }
        const Ref plain = copy(held.plain, depth);
        return held.type == nullptr ? plain : decode_plain(plain.get(), held.version, *held.type);
    }

    Ref copy_numpy(PyObject* value) {
        switch (numpy_kind(value)) {
            case NumpyKind::None:
            case NumpyKind::Scalar:
                break;
            case NumpyKind::Array:
                return way_ == Way::In ? unwritable(value) : Ref::borrow(value);
            case NumpyKind::Record:
                is_private_ = true;
                return checked(PyObject_CallMethod(value, "copy", nullptr));
        }
        return Ref::borrow(value);
    }

    Way way_;
    bool is_private_ = false;
};

std::string path_of(const Refusal& refusal, PyObject* field) {
    if (field != nullptr) {
        return join("field '", readable(field), "'", refusal.path, ": ");
    }
    return join(refusal.path, refusal.path.empty() ? "" : ": ");
}

// Turns what the walk throws into a pending error.
template <class Act>
Ref or_raise(PyObject* field, const Act& act) {
    try {
        return act();
    } catch (const Refusal& refusal) {
        raise_serialization(join(path_of(refusal, field), refusal.what), refusal.cause.get());
    } catch (const PendingError&) {
        return {};  // set already
    } catch (const std::bad_alloc&) {
        PyErr_NoMemory();
    }
    return {};
}

}  // namespace

Kept keep_value(PyObject* value, PyObject* field) {
    Copier copier(Way::In);
    Ref kept = or_raise(field, [&] { return copier.copy(value); });
    return {std::move(kept), copier.is_private()};
}

Ref keep_leaf(PyObject* value) {
    Copier copier(Way::In);
    Ref kept = copier.copy(value);
    if (copier.is_private() && !is_held(kept.get())) {
        return checked(make_held(nullptr, 0, std::move(kept)));
    }
    return kept;
}

PyObject* copy_value(PyObject* value) {
    return or_raise(nullptr, [&] { return hand_out_copy(value); }).release();
}

Ref hand_out_copy(PyObject* value) { return Copier(Way::Out).copy(value); }

Ref make_dataclass(const Storable& type, const Ref* values) {
    Ref made = Ref::steal(PyObject_CallMethod(reinterpret_cast<PyObject*>(&PyBaseObject_Type),
                                              "__new__", "O", type.type.get()));
    for (Py_ssize_t i = 0; made && i < PyTuple_GET_SIZE(type.parts.get()); ++i) {
        if (PyObject_GenericSetAttr(made.get(), PyTuple_GET_ITEM(type.parts.get(), i),
                                    values[i].get()) < 0) {
            return {};
        }
    }
    return made;
}

}  // namespace stoplog::python
