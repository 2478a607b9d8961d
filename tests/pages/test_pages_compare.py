"""tests/pages/compare.py: a page shows lines that its command prints."""

from tests.pages.compare import missing

PRINTED = "first 17 of 18\r\nmachine-1   10.77.0.1\nsecond line of text\nthird\n"


def test_lines_of_the_page_are_found_in_their_order_whatever_the_figures_are() -> None:
    assert missing(["first 2 of 3", "machine-2      10.88.1.2", "", "...", "third"], PRINTED) == []
    assert missing(["second ... text"], PRINTED) == []


def test_line_that_is_not_printed_is_missing() -> None:
    assert missing(["first 1 of 1", "fourth"], PRINTED) == ["fourth"]
    assert missing(["third", "first 1 of 1"], PRINTED) == ["first 1 of 1"]
