"""The state that is read before anything is made: while Pulumi writes it, too."""

import pulumi
import pytest

from stacks import prior_state
from tests.mocked import Engine, run_program
from tests.stack_config import target


def written(times: int) -> Engine:
    """The program, when the state is being written at so many looks at it."""

    def writing(engine: Engine) -> None:
        engine.unreadable = times

    return run_program(target(), seen=writing).engine


def test_a_state_that_is_written_just_then_is_read_again() -> None:
    engine = written(2)
    assert engine.unreadable == 0
    assert "swarm" in engine.types


def test_a_state_that_cannot_be_read_is_told_before_anything_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prior_state, "PAUSE_S", 0)
    with pytest.raises(pulumi.RunError, match=r"the state of .* cannot be read: .*failed to load checkpoint: EOF"):
        written(1000)
