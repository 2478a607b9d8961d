"""components/day.py: days as settings have them."""

import pytest
from pydantic import TypeAdapter, ValidationError

from components.day import Day

DAYS = TypeAdapter[str](Day)


@pytest.mark.parametrize("given", ["2026-12-01", "2026-12-01T00:00:00Z", "2026-12-01 00:00:00 +0000 UTC"])
def test_day_is_kept_without_a_time(given: str) -> None:
    assert DAYS.validate_python(given) == "2026-12-01"


@pytest.mark.parametrize("given", ["2026-13-01", "2026-02-30", "01.12.2026", "2026-12-01T10:00:00Z", ""])
def test_what_is_no_day_is_refused(given: str) -> None:
    with pytest.raises(ValidationError, match="a day as year, month and day"):
        DAYS.validate_python(given)
