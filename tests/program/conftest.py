"""The program's runs that several tests look at."""

import pytest

from tests.mocked import Program, run_program
from tests.stack_config import target


@pytest.fixture(scope="module", params=[1, 3], ids=["1 manager", "3 managers"])
def program(request: pytest.FixtureRequest) -> Program:
    """A target with two workers, in an update: every output is known."""
    return run_program(target(managers=request.param))


@pytest.fixture(scope="module")
def dev() -> Program:
    """The target that the stack `dev` is."""
    return run_program(target())
