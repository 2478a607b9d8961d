"""Generations of a credential: the present one, and a former one that stays valid meanwhile."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Generations:
    """The generations of a credential that are valid at the same time, and the names of their resources.

    Both are resources of their own, so that the former one stays in the state as it is. One generation has names
    without a number: the first of a stack, or that of an earlier version of the program, which replaced it in place.
    """

    current: int = 1
    former: int | None = None  # valid beside the current one; None: the current one alone is valid
    unnumbered: int = 1

    @property
    def valid(self) -> list[int]:
        """Return all valid generations, the current one first."""
        return [self.current] if self.former is None else [self.current, self.former]

    def name(self, word: str, generation: int) -> str:
        """Return the name of a resource of a generation; no other word that ends in a letter results in that name."""
        return word if generation == self.unnumbered else f"{word}{generation}"

    def props(self) -> dict[str, int]:
        """Return what differs from a credential that was never replaced, for a preview."""
        shown = {"generation": self.current} if self.current > 1 else {}
        return shown if self.former is None else {**shown, "former_generation": self.former}


FIRST = Generations()  # of a credential that was never replaced


def former_is_earlier(setting: str, current: int, former: int | None) -> None:
    """Refuse a former generation that is none.

    Errors: ValueError, which names the setting of the former generation.
    """
    if former is not None and former >= current:
        raise ValueError(f"{setting}: {former} given; allowed: {_span(current)}, or none")


def _span(current: int) -> str:
    numbers: Sequence[int] = range(1, current)
    return " to ".join(dict.fromkeys(str(number) for number in (numbers[0], numbers[-1]))) if numbers else "nothing"
