"""The program's runs that several tests look at."""

import pytest

from tests.program.runs import run
from tests.program.snapshot import PROGRAMS
from tests.support.configs import target
from tests.support.pulumi_run import Program


@pytest.fixture(params=PROGRAMS)
def program(request: pytest.FixtureRequest) -> Program:
    """A target of each kind that has a snapshot, in an update: every output is known."""
    return run(PROGRAMS[request.param])


@pytest.fixture
def dev() -> Program:
    """The target that the stack `dev` is."""
    return run(target())
