"""components/generations.py: generations of a credential, and the names of their resources."""

import pytest

from components.generations import FIRST, Generations, former_is_earlier
from tests.support.rows import rows


def test_credential_that_was_never_replaced_has_names_without_numbers_and_shows_nothing() -> None:
    assert (FIRST.valid, FIRST.name("key", 1), FIRST.props()) == ([1], "key", {})


def test_current_generation_comes_before_the_former_one() -> None:
    both = Generations(current=4, former=2, unnumbered=2)
    assert [both.name("key", generation) for generation in both.valid] == ["key4", "key"]
    assert both.props() == {"generation": 4, "former_generation": 2}


@rows("current, former, allowed", [(1, 1, "nothing, or none"), (2, 2, "1, or none"), (4, 5, "1 to 3, or none")])
def test_former_generation_is_below_the_current_one(current: int, former: int, allowed: str) -> None:
    with pytest.raises(ValueError, match=rf"^former_key: {former} given; allowed: {allowed}$"):
        former_is_earlier("former_key", current, former)


def test_earlier_generations_and_none_are_allowed() -> None:
    for former in (None, 1, 2):
        former_is_earlier("former_key", 3, former)
