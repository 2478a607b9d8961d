"""Lines for people: every tool begins its lines with the same prefix."""

import os
import sys
from typing import NoReturn, TextIO

PREFIX = "nuvla-swarm: "


class Fault(str):
    """A text about something that the program is responsible for and that is not well; all other texts are plain.

    `type(text)(...)` makes of a text a longer one that is a fault if the first one is.
    """

    __slots__ = ()


def say(text: str) -> None:
    """Print a line for people to standard error; scripts read standard output.

    A lost terminal or a closed pipe ends no work: nobody reads on, so all further lines are dropped.
    """
    try:
        sys.stdout.flush()  # so that a log that has both keeps their order
        print(f"{PREFIX}{text}", file=sys.stderr, flush=True)
    except OSError:
        drop(sys.stdout, sys.stderr)


def drop(*streams: TextIO) -> None:
    """Drop what is written from now on: at its end, Python would write the rest of a line that nobody reads."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in streams:
        os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def fail(text: str) -> NoReturn:
    """End the command with exit code 1 and a line that says why."""
    sys.stdout.flush()
    sys.exit(f"{PREFIX}error: {text}")


def chosen(variable: str) -> bool:
    """Return whether a variable such as YES, FORCE, DIFF or VERBOSE switches something on."""
    return os.environ.get(variable, "").lower() in ("1", "true", "yes")


def is_terminal() -> bool:
    """Return whether a person can answer questions."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def ask(question: str, expected: str, otherwise: str) -> None:
    """Ask a person, and end the command unless the answer is `expected`; YES=1 answers for pipelines.

    `otherwise` names what is not done then, such as "nothing is changed".
    """
    if chosen("YES"):
        return
    if not is_terminal():
        fail(f"this is no terminal, so {otherwise}: add YES=1 to answer yes")
    sys.stdout.flush()
    print(f"{PREFIX}{question} ", end="", file=sys.stderr, flush=True)
    answer = sys.stdin.readline().strip()
    if answer.lower() not in {expected.lower(), "yes" if expected == "y" else expected}:
        fail(f"the answer is {answer!r} and not {expected!r}, so {otherwise}")
