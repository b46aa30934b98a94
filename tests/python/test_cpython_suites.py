# CPython's own suites against StateList, StateDict and StateSet.
from __future__ import annotations

import re

import pytest

from python.cpython_skips import SKIPS
from python.cpython_suites import SUITES, cases_in, rule_of, run

try:
    TESTS = {suite: cases_in(suite) for suite in SUITES}
except ImportError:
    TESTS = {suite: {} for suite in SUITES}


@pytest.mark.parametrize("suite", SUITES)
def test_suites_are_here(suite: str) -> None:
    """S1: `./dev test` installs them where this Python came without."""
    assert len(TESTS[suite]) > 10


@pytest.mark.parametrize(
    ("suite", "test"),
    [
        pytest.param(suite, test, id=f"{suite}-{test}")
        for suite, tests in TESTS.items()
        for test in tests
        if rule_of(suite, test) is None
    ],
)
def test_container_passes_the_suite_of_the_plain_one(suite: str, test: str) -> None:
    """S1: they behave as `dict`, `list`, `set`."""
    result = run(*TESTS[suite][test])

    assert not result.errors + result.failures, (result.errors + result.failures)[0][1]


@pytest.mark.parametrize("suite", SUITES)
def test_at_most_a_fifth_of_a_suite_is_skipped(suite: str) -> None:
    """S1."""
    skipped = [test for test in TESTS[suite] if rule_of(suite, test) is not None]

    assert len(skipped) * 5 <= len(TESTS[suite])


@pytest.mark.parametrize(
    ("suite", "test"),
    [
        pytest.param(suite, test, id=f"{suite}-{test}")
        for suite, tests in TESTS.items()
        for test in tests
        if rule_of(suite, test) is not None
    ],
)
def test_skip_is_needed(suite: str, test: str) -> None:
    """S1: a test that our container would pass is not skipped."""
    result = run(*TESTS[suite][test])

    assert result.errors + result.failures


@pytest.mark.parametrize("suite", SUITES)
def test_skip_names_its_rule(suite: str) -> None:
    assert [rule for rule in SKIPS[suite].values() if not re.match(r"[RS]\d+b?: \w", rule)] == []
