# The table of rules is made of the tests, and no rule is without one.
from __future__ import annotations

import rules_table


def test_every_rule_is_named_by_a_test() -> None:
    found = rules_table.named_tests()

    assert [rule for rule in rules_table.RULES if not found[rule]] == []


def test_table_of_rules_is_as_the_tests_say() -> None:
    assert rules_table.PAGE.read_text(encoding="utf-8") == rules_table.table(
        rules_table.named_tests()
    ), "python tests/rules_table.py --write"
