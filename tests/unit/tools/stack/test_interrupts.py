"""tools/stack/interrupts.py: what each Ctrl-C does."""

import signal
from collections.abc import Iterator

import pytest

from tools.stack.interrupts import Interrupts


@pytest.fixture(autouse=True)
def _handler() -> Iterator[None]:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background ignores Ctrl-C
    try:
        yield
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)


def test_first_is_told_once_and_the_third_ends_the_command() -> None:
    told: list[str] = []
    interrupts = Interrupts(lambda: told.append("first"))
    try:
        interrupts.tell()
        assert told == []
        for count in (1, 2):
            signal.raise_signal(signal.SIGINT)
            interrupts.tell()
            assert (interrupts.count, told) == (count, ["first"])
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    finally:
        interrupts.end()


def test_first_ends_a_command_that_tells_nothing() -> None:
    interrupts = Interrupts(None)
    try:
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        interrupts.tell()
        assert interrupts.count == 0
    finally:
        interrupts.end()
