"""A rule: a change of a standing infrastructure that previews and updates refuse."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Annotated, Generic, ParamSpec

from components.text_form import TextForm

RuleId = Annotated[str, TextForm(r"^[a-z]+(-[a-z]+)*$", "the id of a rule", "manager-majority")]
P = ParamSpec("P")


@dataclass(frozen=True, kw_only=True)
class Rule(Generic[P]):
    """A change that is refused, by a name that stays the same from version to version.

    A line of `check` begins with the path of a setting, and says what was given, what is allowed, and what to do.
    """

    id: str  # that a line, docs/06-scale-and-change.md and the setting `exceptions` name
    refuses: str  # what the page says of it
    check: Callable[P, Iterator[str]]  # yields a line for each such change
    has_exception: bool = False  # whether the update can succeed, so that an operator may have to make the change
