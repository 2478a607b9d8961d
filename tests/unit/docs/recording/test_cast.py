"""docs/recording/cast.py: recordings as files, and their pauses."""

import json
from pathlib import Path

import pytest

from docs.recording.cast import Cast, Event, read, write

CAST = Cast("two lines", 20, 1.0, (Event(0, "$ make up\r\n"), Event(0.5, "ü <&>\r\n"), Event(60, "x" * 45 + "\r\n")))


def test_recording_is_read_as_it_was_written(tmp_path: Path) -> None:
    write(CAST, tmp_path / "one.cast")
    assert read(tmp_path / "one.cast") == CAST


def test_file_is_an_asciicast_whose_screen_holds_all_lines(tmp_path: Path) -> None:
    write(CAST, tmp_path / "one.cast")
    head, *rows = map(json.loads, (tmp_path / "one.cast").read_text(encoding="utf-8").splitlines())
    assert (head["version"], head["width"], head["idle_time_limit"]) == (2, 20, 1.0)
    assert head["height"] >= 5
    assert rows[1] == [0.5, "o", "ü <&>\r\n"]


def test_other_version_is_refused(tmp_path: Path) -> None:
    (tmp_path / "one.cast").write_text('{"version": 3}\n', encoding="utf-8")
    with pytest.raises(ValueError, match=r"one\.cast: asciicast 3 given; allowed: 2"):
        read(tmp_path / "one.cast")


def test_pauses_are_cut_and_shorter_ones_stay() -> None:
    assert [event.time_s for event in CAST.without_idle().events] == [0, 0.5, 1.5]
