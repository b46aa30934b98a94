# What a registered type refuses: other versions, codecs that fail or never end, what could change.
from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Any

import pytest

import stoplog as sl
from python.coded import Money, Point, Tree, again, state_with
from python.parts import Do, failure_of

# ---- versions


def test_codec_reads_what_an_older_version_wrote() -> None:
    """R16: `decode(plain, version)`."""

    class Old:
        pass

    sl.register_codec("codecs.aged", Old, encode=lambda _: 5, decode=lambda *_: Old())
    saved = state_with([Old()]).to_bytes()

    def read(plain: Any, version: int) -> Money:
        return Money(plain + version)

    class New(Money):
        pass

    sl.register_codec(
        "codecs.aged", New, encode=vars, decode=lambda p, v: New(p + v), version=4, replace=True
    )

    loaded = sl.JobState.from_bytes(saved)
    assert type(loaded.queued[0].payload["value"][0]) is New
    assert loaded.queued[0].payload["value"][0].amount == 6
    assert loaded.to_bytes() == saved


def test_codec_takes_over_from_a_dataclass() -> None:
    """R16: a class whose fields have changed is read by a codec of its name."""

    @sl.storable("codecs.grown")
    @dataclass(frozen=True)
    class Small:
        x: int

    saved = state_with(Small(2)).to_bytes()

    @dataclass(frozen=True)
    class Large:
        x: int
        y: int

    sl.register_codec(
        "codecs.grown",
        Large,
        encode=vars,
        decode=lambda plain, version: Large(plain["x"], plain.get("y", version)),
        version=2,
        replace=True,
    )

    assert sl.JobState.from_bytes(saved).queued[0].payload["value"] == Large(2, 1)


@pytest.mark.parametrize(
    ("fields", "version", "said"),
    [
        ("x: int\n    y: int", 1, r"'codecs.refused': its fields are .*'y'.* stored were"),
        ("z: int", 1, "its fields are"),
        ("x: int", 2, "stored in version 1, registered here is version 2"),
    ],
)
def test_class_that_does_not_fit_what_is_stored_is_refused(
    fields: str, version: int, said: str
) -> None:
    """R18b: no field is left out or made up; the path is told."""
    before = dataclass(frozen=True)(type("Before", (), {"__annotations__": {"x": int}}))
    sl.storable("codecs.refused", replace=True)(before)
    saved = state_with({"items": [0, before(2)]}).to_bytes()  # type: ignore[call-arg]
    names = dict.fromkeys(line.strip()[0] for line in fields.splitlines())
    after = dataclass(frozen=True)(
        type("After", (), {"__annotations__": dict.fromkeys(names, int)})
    )
    sl.storable("codecs.refused", version=version, replace=True)(after)

    with pytest.raises(sl.SerializationError, match=said) as caught:
        sl.JobState.from_bytes(saved)

    assert "field 'value'.items[1]: " in str(caught.value)


def test_member_that_is_gone_is_refused() -> None:
    """R18b."""
    sl.storable("codecs.member", replace=True)(enum.Enum("Before", ["A", "B"]))
    before = enum.Enum("Again", ["A", "B"])
    sl.storable("codecs.member", replace=True)(before)
    saved = state_with(before["B"]).to_bytes()
    sl.storable("codecs.member", replace=True)(enum.Enum("After", ["A"]))

    with pytest.raises(sl.SerializationError, match=r"'codecs.member': there is no member .*B"):
        sl.JobState.from_bytes(saved)


def test_older_class_of_a_name_is_still_stored() -> None:
    """R16: a notebook cell that ran again leaves values of the class before."""
    before = sl.storable("codecs.cell")(enum.Enum("Cell", ["A"]))
    after = sl.storable("codecs.cell", replace=True)(enum.Enum("Cell", ["A"]))

    assert again(before["A"]) is after["A"]


# ---- refused


def test_error_of_encode_stands_behind_ours_with_the_path() -> None:
    """R17: at `emit`, so that the handler is told that did it."""
    error = KeyError("no rate")

    def encode(_: object) -> Any:
        raise error

    class Odd:
        pass

    sl.register_codec("codecs.odd", Odd, encode=encode, decode=lambda *_: Odd())

    told = failure_of(lambda do: do.out(order={"items": [1, (Odd(),)]}))

    assert isinstance(told, sl.SerializationError)
    assert told.__cause__ is error
    assert "field 'order'.items[1][0]: codec 'codecs.odd': encode failed: KeyError" in str(told)


def test_error_of_encode_in_the_state_tells_the_field() -> None:
    """S2 R17."""

    class Odd:
        pass

    sl.register_codec("codecs.odd2", Odd, encode=lambda _: 1 // 0, decode=lambda *_: Odd())

    def put(do: Do) -> None:
        do.table["a"] = {"b": (0, Odd())}

    told = failure_of(put)

    assert isinstance(told, sl.SerializationError)
    assert isinstance(told.__cause__, ZeroDivisionError)
    assert str(told).startswith("do.table['a']['b']: [1]: codec 'codecs.odd2'")


def test_error_of_decode_stands_behind_ours_with_the_path(tmp_path: Any) -> None:
    """R17: when the state is loaded."""
    fail = False

    class Late:
        pass

    def decode(plain: Any, version: int) -> Late:
        if fail:
            raise LookupError("no table")
        return Late()

    sl.register_codec("codecs.late", Late, encode=lambda _: None, decode=decode)
    state_with({"a": [Late()]}).save(tmp_path / "run.stoplog")
    fail = True

    with pytest.raises(sl.SerializationError) as caught:
        sl.JobState.load(tmp_path / "run.stoplog")

    assert isinstance(caught.value.__cause__, LookupError)
    assert "field 'value'.a[0]: codec 'codecs.late': decode of version 1 failed" in str(
        caught.value
    )


def test_interrupt_in_a_codec_is_not_translated() -> None:
    """R21."""
    interrupt = False

    class Slow:
        pass

    def decode(plain: Any, version: int) -> Slow:
        if interrupt:
            raise KeyboardInterrupt
        return Slow()

    sl.register_codec("codecs.slow", Slow, encode=lambda _: None, decode=decode)
    saved = state_with(Slow()).to_bytes()
    interrupt = True

    with pytest.raises(KeyboardInterrupt):
        sl.JobState.from_bytes(saved)


def make_more(more: Any) -> type:
    made = type("More", (), {})
    sl.register_codec(
        "codecs.more",
        made,
        encode=lambda value: more(made, value),
        decode=lambda *_: made(),
        replace=True,
    )
    return made


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (lambda cls, _: cls(), "encode returned a More again"),
        (lambda _, value: value, "encode returned a More again"),
        (lambda cls, _: [cls(), cls()], "nested deeper than 200"),
        (lambda _, value: {"me": (value,)}, "nested deeper than 200"),
    ],
    ids=["its own type", "itself", "two more", "itself inside"],
)
def test_codec_without_an_end_is_refused(more: Any, said: str) -> None:
    """R17: in bounded time."""
    made = make_more(more)

    with pytest.raises(sl.SerializationError, match=said):
        state_with(made())
    with pytest.raises(
        sl.SerializationError, match=said.replace("deeper than 200", "more than 200")
    ):
        state_with({made(): 1}).to_bytes()


def test_codec_that_returns_what_cannot_be_stored_is_refused_at_save() -> None:
    """R17: with the path inside what it returned."""

    class Odd:
        pass

    sl.register_codec("codecs.odd3", Odd, encode=lambda _: {"f": [print]}, decode=lambda *_: Odd())

    with pytest.raises(sl.SerializationError, match=r"'value'\[0\]\.f\[0\]: builtin_function"):
        state_with([Odd()]).to_bytes()


def test_decode_that_returns_another_type_is_refused() -> None:
    """R16 R18b."""

    class Odd:
        pass

    wrong: Any = lambda *_: "text"  # noqa: E731
    sl.register_codec("codecs.odd4", Odd, encode=lambda _: 1, decode=wrong)
    saved = state_with(Odd()).to_bytes()

    with pytest.raises(sl.SerializationError, match="decode returned a str, expected is Odd"):
        sl.JobState.from_bytes(saved)


@dataclass
class Loose:
    x: int


@dataclass(frozen=True)
class Unnamed:
    x: int


class Undecided(enum.Enum):
    YES = 1


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (Loose(1), "do.table['a']: Loose cannot be kept in the state; freeze its dataclass"),
        (Unnamed(1), "Unnamed cannot be kept in the state; give its class a name"),
        (Undecided.YES, "Undecided cannot be kept in the state; give its class a name"),
        ((Point([1]),), "do.table['a'][0].x: list cannot be kept in the state"),
        (Point(Point({})), "do.table['a'].x.x: dict cannot be kept in the state"),
        ((0, Loose(1)), "do.table['a'][1]: Loose"),
    ],
    ids=repr,
)
def test_state_refuses_what_could_change_with_its_path(value: Any, said: str) -> None:
    """S2."""

    def put(do: Do) -> None:
        do.table["a"] = value

    assert said in str(failure_of(put))


@pytest.mark.parametrize(
    ("act", "said"),
    [
        (lambda: sl.storable("codecs.point")(Undecided), "the name 'codecs.point' is taken by"),
        (lambda: sl.storable("codecs.new")(Point), "is stored as 'codecs.point' already"),
        (lambda: sl.storable("codecs.new")(Loose), "frozen=True"),
        (lambda: sl.storable("codecs.new")(Tree), "neither an enum nor a dataclass"),
        (lambda: sl.storable("")(Undecided), "1 to 200 printable"),
        (lambda: sl.storable("a\nb")(Undecided), "1 to 200 printable"),
        (lambda: sl.storable("codecs.new", version=0)(Undecided), "from 1 to"),
        (lambda: sl.register_codec("codecs.new", int, encode=int, decode=max), "without a codec"),
        (lambda: sl.register_codec("codecs.new", Tree, encode=vars, decode=max), "already"),
    ],
)
def test_registration_that_cannot_be_is_refused(act: Any, said: str) -> None:
    """R17: two of one name or type, what could change, what is stored anyway."""
    with pytest.raises(sl.ConfigurationError, match=said):
        act()


def test_dataclass_that_is_more_than_its_fields_is_refused() -> None:
    """R18b: what is in its base would be left out."""
    named = dataclass(frozen=True)(type("Named", (str,), {"__annotations__": {"x": int}}))

    with pytest.raises(sl.ConfigurationError, match="not made of its fields alone"):
        sl.storable("codecs.new")(named)


def test_subclass_is_not_taken_for_its_base() -> None:
    """R16: only exactly the registered type."""

    class Coin(Money):
        pass

    with pytest.raises(sl.SerializationError, match="Coin cannot be stored"):
        state_with(Coin(1)).to_bytes()
