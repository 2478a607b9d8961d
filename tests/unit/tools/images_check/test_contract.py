"""tools/images_check/contracts.yaml: all that the program needs of images, and nothing else."""

from typing import Any

import pytest

from components import catalog
from tests.support.image_usage import metrics, usage
from tests.support.rows import rows
from tools.images_check.contract import Contract, Metrics, contracts

BY_HAND = {"complaints", "healthy_alone", "metrics"}  # what the program does not say itself


def differences(said: Any, used: Any) -> list[str]:
    """Return a line for each entry that only one side has."""
    if isinstance(used, dict):
        keys = sorted({*said, *used})
        return [f"{key} {line}" for key in keys for line in _of(key, said, used)]
    return [f"lacks {one!r}" for one in used if one not in said] + [
        f"has {one!r}, unused" for one in said if one not in used
    ]


def _of(key: str, said: dict[str, Any], used: dict[str, Any]) -> list[str]:
    if key not in said or key not in used:
        return ["is lacking" if key in used else "is unused"]
    return differences(said[key], used[key])


def test_each_image_has_a_contract_in_the_order_of_the_settings() -> None:
    assert list(contracts()) == list(catalog.images())


@pytest.mark.parametrize("key", catalog.images())
def test_contract_says_what_the_program_uses(key: str) -> None:
    said = contracts()[key].model_dump(exclude=BY_HAND)
    used = usage(key)
    assert set(said) == set(used)
    wrong = {part: lines for part in used if (lines := differences(said[part], used[part]))}
    assert wrong == {}, f"change tools/images_check/contracts.yaml at {key}"


@pytest.mark.parametrize("key", catalog.images())
def test_contract_has_the_metrics_of_rules_and_dashboards(key: str) -> None:
    said = contracts()[key].metrics or Metrics(pages=[])
    assert differences([*said.at_start, *said.later], sorted(metrics(key))) == []
    assert not set(said.at_start) & set(said.later)


@pytest.mark.parametrize("key", catalog.images())
def test_lists_of_a_contract_are_sorted_without_duplicates(key: str) -> None:
    parts = contracts()[key].model_dump(exclude=BY_HAND)
    lists = [*parts.pop("commands").values(), *parts.values()]
    assert [one for one in lists if one != sorted(set(one))] == []


@rows(
    "said, used, lines",
    [
        ([], ["--new"], ["lacks '--new'"]),
        (["--old"], [], ["has '--old', unused"]),
        ({"sh": []}, {"sh": ["-c"], "wget": []}, ["sh lacks '-c'", "wget is lacking"]),
        ({"sh": [], "nc": []}, {"sh": []}, ["nc is unused"]),
        ({"sh": ["-c"]}, {"sh": ["-c"]}, []),
    ],
)
def test_difference_says_which_side_lacks_it(said: Any, used: Any, lines: list[str]) -> None:
    assert differences(said, used) == lines


def test_contract_with_an_unknown_part_is_refused() -> None:
    with pytest.raises(ValueError, match=r"user\n.*Extra inputs are not permitted"):
        Contract.model_validate({"users": [], "commands": {}, "user": "0"})
