"""Ctrl-C during a run of Pulumi, which gets it from the terminal as well."""

import signal
from collections.abc import Callable


class Interrupts:
    """Counts each Ctrl-C, so that this command outlives Pulumi and can say how it ended.

    The first calls `on_first`, and Pulumi ends in order. After the second, Pulumi ends at once. A third, or the first
    without `on_first`, raises KeyboardInterrupt.
    """

    def __init__(self, on_first: Callable[[], None] | None):
        self.count, self._on_first = 0, on_first
        self._before = signal.signal(signal.SIGINT, self._take) if on_first else signal.getsignal(signal.SIGINT)

    def _take(self, *_: object) -> None:
        self.count += 1
        if self.count > 2:
            raise KeyboardInterrupt

    def tell(self) -> None:
        """Call `on_first` after the first Ctrl-C: a handler of a signal must not print itself."""
        if self.count and self._on_first:
            self._on_first()
            self._on_first = None

    def end(self) -> None:
        """Let Ctrl-C do what it did before."""
        signal.signal(signal.SIGINT, self._before)
