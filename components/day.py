"""Days as settings have them."""

import re
from datetime import date
from typing import Annotated

from pydantic import AfterValidator

from components.text_form import TextForm

# Pulumi hands over a day that is not in quotes in the stack's file as a time in Go's notation.
MIDNIGHT = re.compile(r"(\d{4}-\d\d-\d\d)[ T]00:00:00(?:Z| \+0000 UTC)")
DAY = "a day as year, month and day"


def _without_time(text: str) -> str:
    found = MIDNIGHT.fullmatch(text.strip())
    return found[1] if found else text


def _require_day(text: str) -> str:
    try:
        date.fromisoformat(text)
    except ValueError as error:
        raise ValueError(DAY) from error
    return text


Day = Annotated[
    str, TextForm(r"^\d{4}-\d\d-\d\d$", DAY, "2026-12-01", normalized=_without_time), AfterValidator(_require_day)
]
