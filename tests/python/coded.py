# Types that are registered for the tests, and values of them in states.
from __future__ import annotations

import enum
from dataclasses import InitVar, dataclass, field
from typing import TYPE_CHECKING, Any

import stoplog as sl
from python.parts import Do, Sink

if TYPE_CHECKING:
    from decimal import Decimal


def state_with(value: Any) -> sl.JobState:
    flow = sl.Flow("codecs")
    sink = flow.add(Sink(), "sink")
    return flow.start(sink.input.of(value=value), executor="sequential").snapshot()


def again(value: Any) -> Any:
    return sl.JobState.from_bytes(state_with(value).to_bytes()).queued[0].payload["value"]


def kept(value: Any) -> sl.JobState:
    """A finished job whose declared dict holds the value, saved and loaded."""

    def keep(do: Do) -> None:
        do.table["value"] = value

    flow = sl.Flow("codecs")
    flow.add(Do(keep), "do")
    return sl.JobState.from_bytes(flow.run("do.input").to_bytes())


@sl.storable("codecs.colour")
class Colour(enum.Enum):
    RED = "r"
    CRIMSON = "r"  # noqa: PIE796 - an alias is what is wanted
    BLUE = object()  # what a member stands for is code, not data


@sl.storable("codecs.level")
class Level(enum.IntEnum):
    LOW = 1


@sl.storable("codecs.rights")
class Rights(enum.Flag):
    READ = 1
    WRITE = 2
    ALL = 3


@sl.storable("codecs.point", version=3)
@dataclass(frozen=True)
class Point:
    x: Any
    y: Any = 0


@sl.storable("codecs.slotted")
@dataclass(frozen=True, slots=True)
class Slotted:
    items: list[Any]


@sl.storable("codecs.strict")
@dataclass(frozen=True)
class Strict:
    seed: InitVar[int]
    twice: int = field(init=False)

    def __post_init__(self, seed: int) -> None:
        if seed < 0:
            raise ValueError("negative")
        object.__setattr__(self, "twice", 2 * seed)


class Money:
    """A type that can change, equal by content."""

    def __init__(self, amount: Decimal | int, notes: list[str] | None = None) -> None:
        self.amount = amount
        self.notes = [] if notes is None else notes

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Money) and vars(self) == vars(other)

    def __hash__(self) -> int:
        return hash(self.amount)


class Tree:
    def __init__(self, *children: Tree) -> None:
        self.children = list(children)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Tree) and self.children == other.children

    __hash__ = None  # type: ignore[assignment]


def read_money(plain: Any, version: int) -> Money:
    return Money(plain) if version == 1 else Money(plain["amount"], plain["notes"])


sl.register_codec("codecs.money", Money, encode=vars, decode=read_money, version=2)
sl.register_codec(
    "codecs.tree", Tree, encode=lambda t: t.children, decode=lambda children, _: Tree(*children)
)
