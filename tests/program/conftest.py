"""The program's runs that tests share."""

import pytest

from tests.mocked import Program
from tests.program.runs import run
from tests.stack_config import target


@pytest.fixture
def dev() -> Program:
    """The target that the stack `dev` is."""
    return run(target())
