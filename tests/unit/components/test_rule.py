"""components/rule.py: rules of all providers are told apart by ids, which the setting of exceptions accepts."""

from collections import Counter
from collections.abc import Iterator

from pydantic import TypeAdapter

from components.rule import Rule, RuleId
from tests.support.checkout import CHECKOUT
from tests.support.rules import rules


def test_ids_of_rules_are_unique_and_accepted_by_the_setting() -> None:
    assert [name for name, times in Counter(rule.id for rule in rules()).items() if times > 1] == []
    for rule in rules():
        assert TypeAdapter(RuleId).validate_python(rule.id) == rule.id


def test_rule_has_no_exception_unless_it_says_so() -> None:
    def never() -> Iterator[str]:
        yield from ()

    assert not Rule(id="one", refuses="nothing", check=never).has_exception


def test_page_lists_every_rule_in_the_order_of_the_table() -> None:
    text = (CHECKOUT / "docs" / "06-scale-and-change.md").read_text(encoding="utf-8")
    section = text.partition("\n## What cannot change\n")[2].partition("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("| `")]
    assert rows == [f"| `{one.id}` | {one.refuses} | {'yes' if one.has_exception else 'no'} |" for one in rules()]
