# Arrays and scalars of numpy: never changed by others, never imported to be saved, back exactly.
from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import stoplog as sl
from python import forge
from python.coded import Point, again, kept, state_with
from python.parts import Do, Sink, failure_of

if TYPE_CHECKING:
    from python.conftest import RunPython

np = pytest.importorskip("numpy")
extra = pytest.importorskip("hypothesis.extra.numpy")

NESTED = np.dtype([("a", "<i2"), ("b", [("c", ">f8", (2, 3)), ("d", "S3")])])
PADDED = np.dtype({"names": ["x", "y"], "formats": ["i1", "f8"], "offsets": [3, 9], "itemsize": 20})
ALIGNED = np.dtype([("x", "i1"), (("a title", "y"), "f8")], align=True)
DTYPES = (
    extra.scalar_dtypes()
    | extra.datetime64_dtypes()
    | extra.array_dtypes(max_size=3)
    | st.sampled_from(
        [np.dtype(kind) for kind in ("g", "G", "q", "Q", "l", ">u4", "S0", "U0", "V0", "V5", "M8")]
        + [NESTED, PADDED, ALIGNED, np.dtype([])]
    )
)


@st.composite
def arrays(draw: st.DrawFn) -> Any:
    """Arrays of any dtype and shape, in any order of their bytes, also parts of others."""
    dtype = draw(DTYPES)
    shape = draw(extra.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4))
    size = dtype.itemsize * int(np.prod(shape))
    whole = np.ndarray(shape, dtype, draw(st.binary(min_size=size, max_size=size)))
    if dtype.kind == "U" or dtype.kind == "b":  # not every byte is a character or a bool
        whole = np.zeros(shape, dtype)
    whole = whole.transpose(draw(st.permutations(range(whole.ndim))))
    return whole[tuple(slice(None, None, draw(st.sampled_from([1, 2, -1]))) for _ in whole.shape)]


def spelt(array: Any) -> Any:
    """What must come back, bit for bit."""
    dtype = array.dtype
    described = (dtype, dtype.char, dtype.type, dtype.isalignedstruct, repr(dtype))
    return type(array), described, np.shape(array), bits(array)


def bits(array: Any) -> Any:
    """The bytes of each field: what lies between them is nobody's."""
    if array.dtype.names is None:
        return array.tobytes()
    return [bits(array[name]) for name in array.dtype.names]


@settings(deadline=None)
@given(arrays())
def test_array_comes_back_bit_for_bit(array: Any) -> None:
    """R16: structured, datetime64, zero-size, non-contiguous, big-endian."""
    assert spelt(again(array)) == spelt(array)


@settings(deadline=None)
@given(arrays())
def test_array_is_kept_in_declared_state(array: Any) -> None:
    """R16 S2."""
    assert spelt(kept((array, 1))["do"].table["value"][0]) == spelt(array)


@settings(deadline=None)
@given(arrays())
def test_loaded_array_is_saved_in_the_same_bytes(array: Any) -> None:
    """R16 R18."""
    saved = state_with([array]).to_bytes()

    assert sl.JobState.from_bytes(saved).to_bytes() == saved


SCALARS = [
    *(np.dtype(kind).type(1) for kind in "?bBhHiIlLqQefdgFDG"),
    np.float32("nan"),
    np.float64(-0.0),
    np.complex64(complex("nan")),
    np.str_("a\0"),
    np.str_(""),
    np.str_("\ud800"),
    np.bytes_(b"a\0"),
    np.bytes_(b""),
    np.datetime64("2024-02-29T12:30", "s"),
    np.datetime64("NaT"),
    np.datetime64(7, "25s"),
    np.timedelta64(-3, "D"),
    np.zeros(1, NESTED)[0],
    np.void(b"\x00\x01"),
]


@pytest.mark.parametrize(
    "scalar", SCALARS, ids=lambda scalar: f"{type(scalar).__name__} {scalar!r}"
)
def test_scalar_comes_back_bit_for_bit(scalar: Any) -> None:
    """R16: a numpy.float64 is no float."""
    assert spelt(again([scalar])[0]) == spelt(scalar)
    assert spelt(kept(scalar)["do"].table["value"]) == spelt(scalar)
    assert repr(again(scalar)) == repr(scalar)


def test_scalars_are_keys_and_members() -> None:
    """R16."""
    value = {np.float64(1.5): {np.int8(3)}, np.str_("a"): frozenset({np.datetime64("2024")})}

    loaded = again(value)

    assert loaded == value
    assert [type(key) for key in loaded] == [np.float64, np.str_]


def test_what_lies_between_fields_is_not_stored() -> None:
    """R16 R18: it is whatever was in the memory before."""
    array = np.frombuffer(b"\xff" * 40, PADDED)

    saved = state_with([array, array[::-1], array.reshape(2, 1).T, array[0]]).to_bytes()

    assert saved.count(b"\xff" * 8) == 7
    assert saved.count(b"\xff" * 9) == 0


def test_order_of_the_bytes_comes_back() -> None:
    """R16: an array of Fortran's order stays one."""
    array = np.asfortranarray(np.arange(6).reshape(2, 3))

    assert again(array).flags.f_contiguous
    assert again(array[:, :2]).flags.f_contiguous
    assert again(array.T).flags.c_contiguous


def send_through(value: Any) -> Any:
    flow = sl.Flow("f")
    do, sink = flow.add(Do(lambda do: do.out(value=value)), "do"), flow.add(Sink(), "sink")
    flow.connect(do.out, sink.input)
    flow.run("do.input")
    return sink.got[0]


def test_array_in_a_payload_cannot_change() -> None:
    """P1: a read-only view of a copy."""
    array = np.arange(3)

    got = send_through([array])[0]
    array[0] = 9

    assert got.tolist() == [0, 1, 2]
    with pytest.raises(ValueError, match="read-only"):
        got[0] = 9
    with pytest.raises(ValueError, match="WRITEABLE"):
        got.flags.writeable = True


def read_only(array: Any) -> Any:
    array.flags.writeable = False
    return array


def test_read_only_array_passes_uncopied() -> None:
    """P1: one that owns its bytes, a view of such, and one of bytes."""
    owning = read_only(np.arange(3))
    view = owning[1:]
    of_bytes = np.frombuffer(b"12345678", "u1")

    assert send_through(owning) is owning
    assert send_through(view) is view
    assert send_through(of_bytes) is of_bytes


def test_read_only_view_of_what_can_change_is_copied() -> None:
    """P1: somebody else could write it."""
    array = np.arange(3)
    shared = bytearray(8)
    view, of_shared = read_only(array[:]), read_only(np.frombuffer(shared, "u1"))

    got = send_through((view, of_shared))
    array[0], shared[0] = 9, 9

    assert [part.tolist() for part in got] == [[0, 1, 2], [0] * 8]


def test_record_scalar_is_each_receiver_s_own() -> None:
    """P1: its fields can be set."""
    record = np.zeros(1, [("a", "i4")])[0]
    payload = state_with(record).queued[0].payload

    record["a"] = 1
    payload["value"]["a"] = 2

    assert payload["value"]["a"] == 0


def test_array_in_the_state_is_a_read_only_copy() -> None:
    """S2."""
    array = np.arange(3)
    seen: list[Any] = []

    def keep(do: Do) -> None:
        do.table["a"] = {"array": array, "record": np.zeros(1, [("x", "i4")])[0]}
        do.table["b"] = (Point(array),)
        array[0] = 9
        do.table["a"]["record"]["x"] = 7
        seen.extend([do.table["a"]["array"], do.table["b"][0].x, do.table["a"]["record"]["x"]])

    flow = sl.Flow("f")
    flow.add(Do(keep), "do")
    flow.run("do.input")

    assert [part.tolist() for part in seen] == [[0, 1, 2], [0, 1, 2], 0]
    assert not any(part.flags.writeable for part in seen[:2])


@pytest.mark.parametrize(
    "value",
    [
        np.array([None, 1], dtype=object),
        np.zeros(1, [("a", "O")])[0],
        np.zeros(2).view(np.matrix),
        np.ma.masked_array([1, 2]),
        np.rec.array([(1, 2)]),
        np.zeros(2, np.dtype("f8", metadata={"unit": "m"})),
    ],
    ids=lambda value: type(value).__name__,
)
def test_array_that_would_not_come_back_is_refused(value: Any) -> None:
    """R16 R17: objects, types of others, what a dtype would lose."""
    with pytest.raises(
        sl.SerializationError, match=r"'value'\[0\]: [\w.]+ cannot be stored; its d"
    ):
        state_with([value]).to_bytes()
    assert "cannot be kept in the state" in str(
        failure_of(lambda do: do.table.update(a=value)),
    )


def test_arrays_of_two_dtypes_make_two_outcomes() -> None:
    """R16."""
    one = state_with(np.arange(3, dtype="<i4"))

    assert one.same_outcome(state_with(np.arange(3, dtype="<i4")))
    assert not one.same_outcome(state_with(np.arange(3, dtype=">i4")))
    assert not one.same_outcome(state_with(np.arange(3, dtype="<i4").reshape(3, 1)))


@pytest.mark.slow
def test_numpy_is_not_imported_to_save_anything(run_python: RunPython) -> None:
    """R16: only what is loaded already is looked at."""
    said = run_python(
        """
        import sys
        import stoplog as sl
        class Sink(sl.Routine):
            @sl.slot
            def input(self, value): ...
        flow = sl.Flow("f")
        flow.add(Sink(), "sink")
        state = flow.start("sink.input", value=[object, 1j], executor="sequential").snapshot()
        try:
            state.to_bytes()
        except sl.SerializationError:
            pass
        sl.JobState.from_bytes(flow.start("sink.input", value=[1j]).snapshot().to_bytes())
        print("numpy" in sys.modules)
        """
    )

    assert said == "False"


@pytest.mark.slow
def test_array_without_numpy_stays_stored(run_python: RunPython, tmp_path: Any) -> None:
    """R16: carried and saved again unchanged; who looks is told what is missing."""
    saved = state_with([np.arange(3), {"a": np.float32(1)}]).to_bytes()
    (tmp_path / "run.stoplog").write_bytes(saved)

    said = run_python(
        """
        import sys
        sys.modules["numpy"] = None
        import stoplog as sl
        state = sl.JobState.load("run.stoplog")
        array, inner = state.queued[0].payload["value"]
        print(type(array) is sl.Stored, type(inner["a"]) is sl.Stored)
        try:
            array.shape
        except sl.SerializationError as error:
            print(error)
        state.save("again.stoplog")
        """
    )

    assert said.startswith("True True\nthis value is not here: numpy cannot be imported")
    assert (tmp_path / "again.stoplog").read_bytes() == saved


# ---- files that mean harm


def described(*parts: Any) -> bytes:
    """The bytes of an array or scalar that is described so."""
    _, blobs = forge.split(state_with(tuple(parts)).to_bytes())
    sizes_end = 1 + len(forge.varint(len(blobs[forge.VALUES])))
    return blobs[forge.VALUES][blobs[forge.VALUES].index(b"\x0b", sizes_end) :]


ARRAY, SCALAR = b"\x1b", b"\x1c"


@pytest.mark.parametrize(
    ("tag", "parts"),
    [
        (ARRAY, ("|O8", (1,), "C", bytes(8))),
        (ARRAY, ("O", (1,), "C", bytes(8))),
        (ARRAY, ("f8,f8", (1,), "C", bytes(16))),
        (ARRAY, ("<f8", (2**62, 4), "C", b"")),
        (ARRAY, ("<f8", (2**40,), "C", b"")),
        (ARRAY, ("<f8", (-1,), "C", b"")),
        (ARRAY, ("<f8", (True,), "C", bytes(8))),
        (ARRAY, ("<f8", (1,) * 65, "C", bytes(8))),
        (ARRAY, ("<f8", [1], "C", bytes(8))),
        (ARRAY, ("<f8", (1,), "K", bytes(8))),
        (ARRAY, ("<f8", (1,), "C", bytes(9))),
        (ARRAY, ("<f8", (1,), "C", "12345678")),
        (ARRAY, ("<f8", (1,), "C")),
        (ARRAY, ("<f3", (1,), "C", bytes(3))),
        (ARRAY, ("|V0", (2**50,), "C", b"")),
        (ARRAY, ("|S99999999999", (0,), "C", b"")),
        (ARRAY, (("shaped", "<f8", (2**40,)), (0,), "C", b"")),
        (ARRAY, (("shaped", "|O8", (1,)), (1,), "C", bytes(8))),
        (ARRAY, (("other", 8, False, ()), (1,), "C", bytes(8))),
        (ARRAY, (("fields", 8, False, (("a", None, 4, "<f8"),)), (1,), "C", bytes(8))),
        (ARRAY, (("fields", 8, False, (("a", None, -4, "<f8"),)), (1,), "C", bytes(8))),
        (ARRAY, (("fields", 8, False, (("a", None, 0, "|O8"),)), (1,), "C", bytes(8))),
        (ARRAY, (("fields", 8, False, (("a", 1, 0, "<f8"),)), (1,), "C", bytes(8))),
        (ARRAY, (("fields", 8, False, (("a", None, 0, "<f4"),) * 2), (1,), "C", bytes(8))),
        (ARRAY, (("fields", 2**40, False, ()), (0,), "C", b"")),
        (SCALAR, ("<f8", bytes(4))),
        (SCALAR, ("<f8", 1.0)),
        (SCALAR, ("str_", b"a")),
        (SCALAR, ("object_", b"a")),
        (SCALAR, (None, b"")),
    ],
    ids=repr,
)
def test_forged_array_is_refused(tag: bytes, parts: tuple[Any, ...]) -> None:
    """R17: wrong shapes, dtypes and lengths, at once."""
    saved = state_with(0).to_bytes()

    with pytest.raises(sl.SerializationError):
        sl.JobState.from_bytes(forge.with_only_value(saved, tag + described(*parts)))


def test_forged_array_names_no_module_to_import() -> None:
    """R16: loading imports nothing that the data names."""
    saved = state_with(0).to_bytes()
    before = set(sys.modules)

    with pytest.raises(sl.SerializationError):
        sl.JobState.from_bytes(
            forge.with_only_value(saved, ARRAY + described("antigravity", (1,), "C", b"")),
        )

    assert set(sys.modules) == before
