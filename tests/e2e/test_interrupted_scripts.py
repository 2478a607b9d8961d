"""Scripts that machines run: killed at any step and run again, they end as after one whole run."""

from collections.abc import Iterator

import pytest

from tests.e2e.script_interrupter import Interrupter, interrupter
from tests.interrupted.every import EVERY
from tests.interrupted.scenarios import Scenario

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def machine() -> Iterator[Interrupter]:
    """One for all, as it is put back before each scenario."""
    with interrupter() as ready:
        yield ready


@pytest.mark.parametrize("scenario", EVERY, ids=lambda one: one.title)
def test_a_script_that_was_killed_ends_as_if_it_was_not(
    machine: Interrupter, scenario: Scenario, request: pytest.FixtureRequest
) -> None:
    options = request.config.getoption
    assert machine.problems(scenario, options("seed"), options("kills")) == []
