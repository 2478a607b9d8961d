"""Signals that end a run of Pulumi in order: Ctrl-C, a lost terminal, and the end that a pipeline asks for."""

import signal
import subprocess
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Self

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupts:
    """Passes signals on to Pulumi, and lets this command outlive it, to say how it ended.

    Pulumi is in a session of its own, which no signal of a terminal reaches. The first Ctrl-C lets it end after the
    running steps, the second at once, and the third kills it. The end of the terminal or of the pipeline, however often
    it is asked for, counts as the first.
    """

    def __init__(self, on_first: Callable[[], None] | None):
        self.signal = 0  # the first one
        self._on_first = on_first
        self._count = 0
        self._process: subprocess.Popen[str] | None = None
        # A command that `nohup` started ignores the end of its terminal, and continues to.
        heard = [one for one in ENDING if one != signal.SIGHUP or signal.getsignal(one) != signal.SIG_IGN]
        self._before = {one: signal.signal(one, self._take) for one in heard}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Wait for Pulumi, which ends its update in order and frees its lock; let signals do what they did before."""
        if self._process and self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)  # this command has failed, and nobody would read what it says
            self._process.wait()
        for one, handler in self._before.items():
            signal.signal(one, handler)

    def attach(self, process: "subprocess.Popen[str]") -> None:
        """Pass signals on to the process, also those that came before it was there."""
        self._process = process
        self._pass_on()

    def tell(self) -> None:
        """Call `on_first` after the first signal: a handler of a signal must not print itself."""
        if self._count and self._on_first:
            self._on_first()
            self._on_first = None

    def _take(self, number: int, _: FrameType | None) -> None:
        if self._count and number != signal.SIGINT:
            return
        self.signal = self.signal or number
        self._count += 1
        self._pass_on()

    def _pass_on(self) -> None:
        if self._process and self._count:
            self._process.send_signal(signal.SIGINT if self._count < 3 else signal.SIGKILL)
