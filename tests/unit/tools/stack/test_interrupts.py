"""tools/stack/interrupts.py: signals before Pulumi runs; test_events has those of a run."""

import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tools.stack.interrupts import Interrupts


@pytest.fixture(autouse=True)
def _hangup() -> Iterator[None]:
    before = signal.getsignal(signal.SIGHUP)
    yield
    signal.signal(signal.SIGHUP, before)


def test_signal_before_pulumi_is_there_is_passed_on() -> None:
    with Interrupts(None) as interrupts:
        signal.raise_signal(signal.SIGTERM)
        with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], text=True) as process:
            interrupts.attach(process)
        assert process.returncode in (-signal.SIGINT, 1, 130)  # perhaps Python was only starting
        assert interrupts.signal == signal.SIGTERM


def test_command_that_ignores_the_end_of_its_terminal_continues_to() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with Interrupts(None) as interrupts:
        signal.raise_signal(signal.SIGHUP)
        assert interrupts.signal == 0
    assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
