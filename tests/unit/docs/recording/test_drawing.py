"""docs/recording/drawing.py: the picture of a fixed recording."""

from xml.etree import ElementTree

from docs.recording.cast import Cast, Event
from docs.recording.drawing import Row, draw, rows

SVG = "{http://www.w3.org/2000/svg}"


def cast(*texts: str, columns: int = 20) -> Cast:
    events = (Event(5.0 * number, text) for number, text in enumerate(texts))
    return Cast("`make up` & <more>", columns, 1.0, tuple(events))


def lines(picture: str) -> list[ElementTree.Element]:
    elements = ElementTree.fromstring(picture).iter(f"{SVG}text")
    return [element for element in elements if "line" in element.attrib["class"].split()]


def test_rows_are_the_screen_in_the_end_with_the_times_of_their_last_change() -> None:
    shown = rows(cast("\x1b[1m$ make up\x1b[0m\r\n", "wait", "\rdone\r\n", "\r\n", "end\r\n"))
    assert shown == [Row("$ make up", 0, True), Row("done", 2, False), Row("", 0, False), Row("end", 4, False)]


def test_long_line_goes_on_in_the_next_row() -> None:
    assert [row.text for row in rows(cast("a" * 45 + "\r\n", "b\r\n"))] == ["a" * 20, "a" * 20, "a" * 5, "b"]


def test_recording_of_many_full_lines_is_drawn_whole() -> None:
    texts = [f"{number:020}\r\n" for number in range(200)]
    assert [row.text for row in rows(cast(*texts))] == [text.strip() for text in texts]


def test_text_and_title_are_escaped() -> None:
    picture = draw(cast("ü </text> & \"'\r\n"))
    assert [line.text for line in lines(picture)] == ["ü </text> & \"'"]
    assert ElementTree.fromstring(picture).findtext(f"{SVG}title") == "`make up` & <more>"


def test_spaces_stay_as_they_were_printed() -> None:
    [line] = lines(draw(cast("  a    b\r\n")))
    assert line.text == "  a    b"
    assert line.attrib["{http://www.w3.org/XML/1998/namespace}space"] == "preserve"


def test_lines_appear_when_they_were_printed_and_empty_ones_are_left_out() -> None:
    first, second = lines(draw(cast("\x1b[1m$ a\x1b[0m\r\n", "\r\n", "b\r\n")))
    assert (first.attrib["class"], first.attrib["style"]) == ("line bold", "animation-delay: 0s")
    assert (second.attrib["class"], second.attrib["style"]) == ("line", "animation-delay: 2s")
    assert float(second.attrib["y"]) - float(first.attrib["y"]) == 36


def test_picture_of_nothing_has_no_line() -> None:
    assert lines(draw(cast())) == []
