"""The program's runs that tests share."""

import pytest

from tests.program.runs import run
from tests.support.configs import target
from tests.support.pulumi_run import Program


@pytest.fixture
def dev() -> Program:
    """The target that the stack `dev` is."""
    return run(target())
