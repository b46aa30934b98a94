"""Wait for a person: the job is saved while it waits, and tomorrow's process sends the decision.

`python examples/approval.py ask FILE`, then `... decide FILE yes`; with no arguments, both.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from stoplog import Flow, JobState, Routine, State, event, slot


class Write(Routine):
    """Writes a notice."""

    @event
    def draft(self, title: str, text: str) -> None:
        """A notice that nobody has approved yet."""

    @slot
    def topic(self, title: str) -> None:
        """Write about a topic."""
        self.draft(title=title, text=f"Dear all, {title}.")


class Approve(Routine):
    """Keeps the draft and waits for a decision from outside."""

    title: State[str] = State(str)
    text: State[str] = State(str)

    @event
    def approved(self, title: str, text: str) -> None:
        """A notice that may go out."""

    @slot
    def draft(self, title: str, text: str) -> None:
        """Keep the draft; the job is not complete until a decision has come."""
        self.title, self.text = title, text
        self.expect("approve.decision")

    @slot
    def decision(self, approved: bool) -> None:
        """Let the notice go, or not."""
        if approved:
            self.approved(title=self.title, text=self.text)


class Publish(Routine):
    """Keeps what was published."""

    notices: State[dict[str, str]] = State(dict)

    @slot
    def notice(self, title: str, text: str) -> None:
        """Publish one notice."""
        self.notices[title] = text


def build_flow() -> Flow:
    """Draw the flow: write → approve → publish."""
    flow = Flow("approval")
    write = flow.add(Write(), "write")
    approve = flow.add(Approve(), "approve")
    publish = flow.add(Publish(), "publish")
    flow.connect(write.draft, approve.draft)
    flow.connect(approve.approved, publish.notice)
    return flow


def ask(path: str) -> None:
    """Work until a person is needed, save the job, and stop."""
    job = build_flow().start("write.topic", title="the office is closed on Friday")
    status = job.wait()
    state = job.snapshot()
    state.save(path)
    job.cancel("goes on in another process")
    print(f"{status.name}: {state['approve'].text!r} needs {', '.join(state.awaited)}")


def decide(path: str, *, approved: bool) -> None:
    """Load the job, send the decision, finish.

    The finished job replaces the waiting one, so a second decision is refused.
    """
    job = build_flow().resume(JobState.load(path))
    job.send("approve.decision", approved=approved)
    final = job.result()
    final.save(path)
    print(f"{final.status.name}: published {', '.join(final['publish'].notices) or 'nothing'}")


def show() -> None:
    """Ask in one process and decide in another."""
    with tempfile.TemporaryDirectory() as folder:
        file = str(Path(folder) / "approval.stoplog")
        for words in (["ask", file], ["decide", file, "yes"]):
            print("$ approval.py", words[0], "FILE", *words[2:], flush=True)
            subprocess.run([sys.executable, __file__, *words], check=True)


def main() -> None:
    """Do what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    verbs = parser.add_subparsers(dest="verb")
    verbs.add_parser("ask").add_argument("file")
    decision = verbs.add_parser("decide")
    decision.add_argument("file")
    decision.add_argument("answer", choices=["yes", "no"])
    options = parser.parse_args()
    if options.verb == "ask":
        ask(options.file)
    elif options.verb == "decide":
        decide(options.file, approved=options.answer == "yes")
    else:
        show()


if __name__ == "__main__":
    main()
