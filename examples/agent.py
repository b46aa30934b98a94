"""An agent: a model that calls tools until it knows, and a person who approves what costs money.

The model here is a small stand-in that always says the same, so that the example needs no network.
`python examples/agent.py ask FILE`, then `... approve FILE yes`; with no arguments, both.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import stoplog as sl

PRICES = {"tea": 3, "cake": 5}


def model(question: str, notes: list[str]) -> dict[str, str]:
    """Say what to do next: a tool with its argument, or the answer."""
    thing = question.rsplit(maxsplit=1)[-1].rstrip("?.")
    if not notes:
        return {"tool": "look_up", "argument": thing}
    if len(notes) == 1:
        return {"tool": "buy", "argument": thing}
    return {"answer": f"{notes[0]}; {notes[1]}"}


class Think(sl.Routine):
    """The loop: ask the model, hand out what it wants, note what comes back."""

    question: sl.State[str] = sl.State(str)
    notes: sl.State[list[str]] = sl.State(list)
    answer: sl.State[str] = sl.State(str)
    cheap = sl.Event("argument")
    costly = sl.Event("argument")

    @sl.slot
    def ask(self, question: str) -> None:
        """Begin with a question."""
        self.question = question
        self.go_on()

    @sl.slot
    def observed(self, note: str) -> None:
        """Take what a tool found."""
        self.notes.append(note)
        self.go_on()

    def go_on(self) -> None:
        """Do what the model says."""
        wish = model(self.question, self.notes.to_plain())
        if "answer" in wish:
            self.answer = wish["answer"]
        elif wish["tool"] == "buy":
            self.costly(argument=wish["argument"])
        else:
            self.cheap(argument=wish["argument"])


class LookUp(sl.Routine):
    """A tool that fails at times, and is tried again."""

    found = sl.Event("note")

    @sl.slot(on_error=sl.Retry(5, initial=0.01, retry_on=(ConnectionError,)))
    def argument(self, argument: str) -> None:
        """Look a price up."""
        if self.delivery.attempt == 1:
            raise ConnectionError("the shop does not answer")
        self.found(note=f"{argument} costs {PRICES[argument]}")


class Buy(sl.Routine):
    """A tool that waits for a person."""

    wanted: sl.State[str] = sl.State(str)
    bought = sl.Event("note")

    @sl.slot
    def argument(self, argument: str) -> None:
        """Ask first: the job is not complete before the decision has come."""
        self.wanted = argument
        self.expect("buy.decision")

    @sl.slot
    def decision(self, approved: bool) -> None:
        """Buy it, or not."""
        verb = "bought" if approved else "did not buy"
        self.bought(note=f"I {verb} {self.wanted}")


def build_flow() -> sl.Flow:
    """Draw the loop."""
    flow = sl.Flow("agent")
    think = flow.add(Think(), "think")
    look_up = flow.add(LookUp(), "look_up")
    buy = flow.add(Buy(), "buy")
    flow.connect(think.cheap, look_up.argument)
    flow.connect(think.costly, buy.argument)
    flow.connect(look_up.found, think.observed)
    flow.connect(buy.bought, think.observed)
    return flow


def ask(path: str) -> None:
    """Work until a person is needed, and save."""
    job = build_flow().start("think.ask", question="Can I have some tea?")
    status = job.wait()
    job.snapshot().save(path)
    print(f"{status.name}: may I buy {job.snapshot()['buy'].wanted}?")


def approve(path: str, *, approved: bool) -> None:
    """Load, decide, finish."""
    job = build_flow().resume(sl.JobState.load(path))
    job.send("buy.decision", approved=approved)
    print(job.result()["think"].answer)


def show() -> None:
    """Ask in one process and decide in another."""
    with tempfile.TemporaryDirectory() as folder:
        file = str(Path(folder) / "agent.stoplog")
        for words in (["ask", file], ["approve", file, "yes"]):
            subprocess.run([sys.executable, __file__, *words], check=True)


def main() -> None:
    """Do what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    verbs = parser.add_subparsers(dest="verb")
    verbs.add_parser("ask").add_argument("file")
    decision = verbs.add_parser("approve")
    decision.add_argument("file")
    decision.add_argument("answer", choices=["yes", "no"])
    options = parser.parse_args()
    if options.verb == "ask":
        ask(options.file)
    elif options.verb == "approve":
        approve(options.file, approved=options.answer == "yes")
    else:
        show()


if __name__ == "__main__":
    main()
