"""docs/pictures/: the recording and its picture are fit for everybody, and the picture is that of the recording."""

import re
from collections import Counter
from xml.etree import ElementTree

from components import catalog
from docs.recording import drawing
from docs.recording.__main__ import CAST, PICTURE, PICTURES
from docs.recording.cast import VERSION, read
from docs.recording.redaction import DOTS, MACHINE_PATH
from tests.support.checkout import CHECKOUT

MAX_BYTES, MAX_PICTURE_BYTES = 60_000, 200_000


def test_picture_is_that_of_the_recording() -> None:
    assert PICTURE.read_text(encoding="utf-8") == drawing.draw(read(CAST)), "run `python -m docs.recording draw`"


def test_picture_names_the_version_of_the_format_and_is_small() -> None:
    assert ElementTree.parse(PICTURE).getroot().attrib["data-format"] == f"asciicast {VERSION}"
    assert PICTURE.stat().st_size < MAX_BYTES


def test_title_says_what_was_recorded_and_fits_into_the_picture() -> None:
    cast = read(CAST)
    assert cast.title.startswith("nuvla-swarm ")
    assert len(cast.title) <= cast.columns


def test_picture_loads_and_runs_nothing() -> None:
    root = ElementTree.parse(PICTURE).getroot()
    assert {element.tag.rpartition("}")[2] for element in root.iter()} == {"svg", "title", "style", "rect", "text"}
    assert not [name for element in root.iter() for name in element.attrib if "href" in name or name.startswith("on")]
    assert not re.search(r"@import|@font-face|url\(", root.findtext("{*}style") or "")


def test_picture_is_readable_in_light_and_dark_and_without_motion() -> None:
    style = ElementTree.parse(PICTURE).getroot().findtext("{*}style") or ""
    assert "(prefers-color-scheme: dark)" in style
    assert "(prefers-reduced-motion: reduce)" in style


def test_recording_has_no_folder_of_a_computer() -> None:
    assert [event.text for event in read(CAST).events if MACHINE_PATH.search(event.text)] == []


def test_passwords_of_the_recording_are_dots() -> None:
    text = "".join(event.text for event in read(CAST).events)
    status = text.rpartition("$ make status")[2]
    logins = re.findall(r"^ +(?:grafana|prometheus|alertmanager|s3|traefik) +(\S+) (\S+)\r$", status, re.MULTILINE)
    assert [password for _, password in logins if password != DOTS] == []
    assert logins


def test_recording_shows_both_commands_and_a_healthy_end() -> None:
    cast = read(CAST)
    prompts = [row.text for row in drawing.rows(cast) if row.is_bold]
    assert prompts == ["$ make up", "$ make status"]
    status = "".join(event.text for event in cast.events).rpartition("$ make status")[2]
    assert re.search(r"healthy; (\d+) of \1 targets are up", status), "record it again"
    assert not re.search("unknown:|not in the swarm|not (asked|probed) yet", status)


def test_comment_of_a_pull_request_is_a_whole_preview_without_secrets_and_folders() -> None:
    """The counts under *Resources* are those of the steps above."""
    text = (PICTURES / "pull-request-comment.md").read_text(encoding="utf-8")
    steps = Counter(re.findall(r"^ *([+~]) [\w:/]+: \((?:create|update)\)$", text, re.MULTILINE))
    assert steps == {sign: int(count) for sign, count in re.findall(r"^    ([+~]) (\d+) to ", text, re.MULTILINE)}
    assert not re.search(r"(connection|userData) *: (?!\[secret\])|PRIVATE KEY|SWMTKN", text)
    assert not [path for path in MACHINE_PATH.findall(text) if not path.startswith("/var/lib/")]


def test_each_dashboard_has_a_small_picture_on_its_page() -> None:
    page = (CHECKOUT / "docs" / "monitoring.md").read_text(encoding="utf-8")
    pictures = {f"dashboard-{name}.png" for name in catalog.dashboard_texts()}
    assert {path.name for path in PICTURES.glob("*.png")} == pictures, "run `make dashboards` on a stack that is up"
    for name in pictures:
        assert f"(pictures/{name})" in page, name
        assert (PICTURES / name).stat().st_size < MAX_PICTURE_BYTES, name
    assert "Grafana did not draw these pictures" in page
