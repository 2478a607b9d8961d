"""The settings of an operator's first month on one target, each from the stack's file to its effect."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e import first_month
from tests.e2e.conftest import small_target_settings
from tests.e2e.harness import Stack, stack
from tests.e2e.networks import subnet_of

CHECKS = first_month.checks()


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Yield a target on one manager and one worker, with the settings of all areas."""
    folder = Path(tmp_path_factory.mktemp("first-month"))
    with stack("e2e-first-month", folder, small_target_settings(subnet_of("first-month"), 1)) as target:
        for area in first_month.areas():
            area.prepare(target)
        result = target.up()
        assert result.code == 0, result.text
        yield target


@pytest.mark.parametrize("name", CHECKS)
def test_setting_has_its_effect(target: Stack, name: str) -> None:
    CHECKS[name](target)


def test_next_preview_changes_nothing(target: Stack) -> None:
    result = target.preview("--expect-no-changes")
    assert result.code == 0, result.text
