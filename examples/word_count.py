"""Count words: the smallest flow with declared state, and a slot that runs when all is done."""

from __future__ import annotations

import sys

from stoplog import Event, Flow, Routine, State, event, slot


class Tokenize(Routine):
    """Splits a line into words."""

    @event
    def word(self, text: str) -> None:
        """One word, in lower case."""

    @slot
    def line(self, text: str) -> None:
        """Emit each word of a line."""
        for part in text.split():
            self.word(text=part.lower())


class Count(Routine):
    """Keeps one number per word."""

    totals: State[dict[str, int]] = State(dict)
    done = Event("totals")

    @slot
    def word(self, text: str) -> None:
        """Count one word."""
        self.totals[text] = self.totals.get(text, 0) + 1

    @slot(when="drained")
    def finish(self) -> None:
        """Tell the totals, once, when nothing else is left to do."""
        self.done(totals=self.totals)


def count_words(text: str) -> dict[str, int]:
    """Run the flow on a text."""
    flow = Flow("wordcount")
    tokenize = flow.add(Tokenize(), "tokenize")
    count = flow.add(Count(), "count")
    flow.connect(tokenize.word, count.word)
    final = flow.run(tokenize.line.of(text=text))
    totals: dict[str, int] = final["count"].totals
    return totals


if __name__ == "__main__":
    words = " ".join(sys.argv[1:]) or "to be or not to be"
    for word, number in count_words(words).items():
        print(f"{number:4} {word}")
