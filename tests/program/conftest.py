"""The program's runs that several tests look at."""

import pytest

from tests.mocked import Program
from tests.program.runs import run
from tests.program.snapshot import PROGRAMS
from tests.stack_config import target


@pytest.fixture(params=PROGRAMS)
def program(request: pytest.FixtureRequest) -> Program:
    """A target of each kind that has a snapshot, in an update: every output is known."""
    return run(PROGRAMS[request.param])


@pytest.fixture
def dev() -> Program:
    """The target that the stack `dev` is."""
    return run(target())
