"""Scripts of machines: killed at any step and run again, a script ends as after an uninterrupted run."""

from collections.abc import Iterator

import pytest

from tests.e2e.script_interrupter import Interrupter, interrupter
from tests.interrupted.every import EVERY
from tests.interrupted.scenarios import Scenario

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def machine() -> Iterator[Interrupter]:
    """Yield one machine for all scenarios: the driver resets the machine before each."""
    with interrupter() as machine:
        yield machine


@pytest.mark.parametrize("scenario", EVERY, ids=lambda scenario: scenario.title)
def test_killed_script_that_runs_again_ends_as_if_uninterrupted(
    machine: Interrupter, scenario: Scenario, request: pytest.FixtureRequest
) -> None:
    options = request.config.getoption
    assert machine.problems(scenario, options("seed"), options("kills")) == []
