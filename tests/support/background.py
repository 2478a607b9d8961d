"""A step that a thread repeats beside a test."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def repeated(step: Callable[[], object], pause_s: float = 0) -> Iterator[None]:
    """Do a step again and again, each after a pause, for as long as the context lasts."""
    end = threading.Event()

    def repeat() -> None:
        while not end.wait(pause_s):
            step()

    thread = threading.Thread(target=repeat)
    thread.start()
    try:
        yield
    finally:
        end.set()
        thread.join()
