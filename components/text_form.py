"""The form of a text that a setting accepts: a pattern, and words and an example for messages."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema


def _unchanged(text: str) -> str:
    return text


def _rewritten(text: str) -> Iterator[str]:
    """Yield a text in other letters, without its spaces, and with hyphens for underscores."""
    for one in (text.strip(), "".join(text.split()), text.strip().replace("_", "-")):
        yield from (one, one.lower(), one.upper())


@dataclass(frozen=True)
class TextForm:
    """Metadata of an annotated `str`: a check whose error shows an example instead of the pattern.

    Errors: ValueError with the noun, and the text that the user may have meant; stacks/config/errors.py adds the
    example, or that of the field.
    """

    pattern: str  # regular expression of the whole text
    noun: str  # what the text is, for people
    example: str  # a text that the pattern accepts
    normalized: Callable[[str], str] = _unchanged  # returns the text as the setting keeps it; runs before the check
    candidates: Callable[[str], Sequence[str]] = lambda _text: ()  # returns texts that the user may have meant
    advice: Callable[[str], str] = lambda _text: ""  # returns advice on a refused text, or nothing

    def check(self, text: str) -> str:
        """Return the text as the setting keeps it."""
        kept = self.normalized(text)
        if re.fullmatch(self.pattern, kept):
            return kept
        raise ValueError(f"{self.noun}{self._remedy(text)}")

    def _remedy(self, text: str) -> str:
        """Return the rest of the error: advice, or the text that the user may have meant."""
        advice = self.advice(text)
        if advice:
            return f"; {advice}"
        for meant in (*self.candidates(text), *_rewritten(text)):
            if meant and meant != text and re.fullmatch(self.pattern, meant):
                return f"; did you mean {meant}?"
        return ""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {**handler(schema), "pattern": self.pattern, "examples": [self.example]}
