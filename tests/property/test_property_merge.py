# Random deliveries to merging slots, some of whose calls fail, with cuts and resumes in between,
# against a plain model of a fold.
from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

import stoplog as sl

PATIENCE = 20.0
SLOTS = ("append", "recent", "folded")
FORMATS: tuple[Any, ...] = ("binary", "json", "xml", "text", None)
VALUES = st.integers(-3, 3) | st.text("ab", max_size=2) | st.lists(st.integers(0, 2), max_size=2)


def fold(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    return {
        "value": [*old["value"][-3:], *new["value"]],
        "fails": [*old["fails"], *new["fails"]][-2:],
    }


class Merging(sl.Routine):
    """Keeps what its calls were given, but for those that failed."""

    seen: sl.State[list[Any]] = sl.State(list)

    def take(self, slot: str, value: Any, fails: Any) -> None:
        self.seen.append([slot, list(value), list(fails)])
        if fails[-1]:
            raise ValueError("as it was asked to")

    @sl.slot(merge="append")
    def append(self, value: Any, fails: Any) -> None:
        self.take("append", value, fails)

    @sl.slot(merge=sl.Append(limit=3))
    def recent(self, value: Any, fails: Any) -> None:
        self.take("recent", value, fails)

    @sl.slot(merge=fold)
    def folded(self, value: Any, fails: Any) -> None:
        self.take("folded", value, fails)


class Model:
    """The same with plain lists."""

    def __init__(self) -> None:
        self.buffers: dict[str, list[tuple[Any, bool]]] = {"append": [], "recent": []}
        self.folded: dict[str, Any] | None = None
        self.seen: list[Any] = []

    def deliver(self, slot: str, value: Any, fails: bool) -> None:
        if slot == "folded":
            new = {"value": [value], "fails": [fails]}
            merged = new if self.folded is None else fold(self.folded, new)
        else:
            merged = self._appended(slot, value, fails)
        if fails:
            return
        self.seen.append([slot, list(merged["value"]), list(merged["fails"])])
        if slot == "folded":
            self.folded = merged
        else:
            pairs = zip(merged["value"], merged["fails"], strict=True)
            self.buffers[slot] = list(pairs)

    def _appended(self, slot: str, value: Any, fails: bool) -> dict[str, Any]:
        pairs = [*self.buffers[slot], (value, fails)][-3 if slot == "recent" else 0 :]
        return {"value": [v for v, _ in pairs], "fails": [f for _, f in pairs]}


DELIVERIES = st.tuples(st.sampled_from(SLOTS), VALUES, st.booleans())
STEPS = st.lists(DELIVERIES | st.sampled_from(FORMATS), max_size=25)


def entry(slot: str, value: Any, fails: bool) -> dict[str, Any]:
    fields = {"value": value, "fails": fails}
    return {name: [field] for name, field in fields.items()} if slot == "folded" else fields


@settings(max_examples=200, deadline=None, database=None, derandomize=True)
@given(STEPS, st.sampled_from(["sequential", "background", "concurrent"]))
def test_merging_is_a_fold_whatever_happens_in_between(steps: list[Any], executor: Any) -> None:
    flow = sl.Flow("merging", on_error="continue")
    flow.add(Merging(), "merge")
    model = Model()
    job = flow.start(executor=executor, keep_alive=True)
    for step in steps:
        if isinstance(step, tuple):
            model.deliver(*step)
            job.send(f"merge.{step[0]}", entry(*step))
            continue
        state = job.snapshot()  # also in the midst of it: what is queued is cut as well
        if step is not None:
            loaded = sl.JobState.from_bytes(state.to_bytes(step))
            assert loaded == state
            state = loaded
        job.cancel()
        job = flow.resume(state, executor=executor)
    job.finish()

    assert job.wait(PATIENCE) is sl.JobStatus.COMPLETED
    if executor != "concurrent":
        assert job.snapshot()["merge"].seen == model.seen
    for slot in SLOTS:
        mine = [row for row in job.snapshot()["merge"].seen if row[0] == slot]
        assert mine == [row for row in model.seen if row[0] == slot]
