"""components/monitoring/own_files.py: which files of a checkout become files of Prometheus and Grafana."""

import os
from collections.abc import Callable
from pathlib import Path

from components.monitoring.own_files import LARGEST_BYTES, OwnFiles, by_stem, read
from tests.support.rows import rows

RULES = "groups: []\n"


def folder(checkout: Path) -> Path:
    """A folder with one file of each kind."""
    made = checkout / "own"
    for kind, name in (("rules", "a.yaml"), ("scrape", "b.yml"), ("dashboards", "c.json")):
        (made / kind).mkdir(parents=True)
        (made / kind / name).write_text(f"{kind}\n")
    return made


def test_files_are_read_by_kind_and_name(tmp_path: Path) -> None:
    folder(tmp_path)
    files, problems = read("own", tmp_path)
    assert problems == []
    assert files == OwnFiles({"a.yaml": "rules\n"}, {"b.yml": "scrape\n"}, {"c.json": "dashboards\n"})
    assert files.shown() == ["rules/a.yaml", "scrape/b.yml", "dashboards/c.json"]


def test_no_folder_has_no_files(tmp_path: Path) -> None:
    assert read(None, tmp_path) == (OwnFiles(), [])


def test_hidden_files_and_the_page_of_a_folder_are_no_files_of_it(tmp_path: Path) -> None:
    own = folder(tmp_path)
    for name in (".gitkeep", "README.md", "rules/.a.yaml.swp", "rules/README.md"):
        (own / name).touch()
    files, problems = read("own", tmp_path)
    assert (problems, list(files.rules)) == ([], ["a.yaml"])


@rows("ends", ["\r\n", "\r"])
def test_line_ends_of_other_systems_become_those_of_linux(ends: str, tmp_path: Path) -> None:
    """Whoever checks the file out on another system does not change the service."""
    checkout = tmp_path / ends.encode().hex()
    (folder(checkout) / "rules/a.yaml").write_bytes(f"\ufeffa:{ends}- 1{ends}".encode())
    assert read("own", checkout)[0].rules == {"a.yaml": "a:\n- 1\n"}


def named(name: str, content: bytes = b"x") -> Callable[[Path], object]:
    return lambda own: (own / name).write_bytes(content)


CASES: list[tuple[Callable[[Path], object], str]] = [
    (named("rules/b.json"), "own/rules/b.json: has another suffix; allowed: .yaml or .yml"),
    (named("dashboards/b.yaml"), "own/dashboards/b.yaml: has another suffix; allowed: .json"),
    (named("rules/b c.yaml"), "own/rules/b c.yaml: has a name with other characters; allowed: letters, digits, *"),
    (named("rules/\u00e9.yaml"), "own/rules/\u00e9.yaml: has a name with other characters; allowed: *"),
    (named("rules/a.yml"), "own/rules/a.yml: has the name of another file but for its suffix; allowed: another name"),
    (named("rules/b.yaml", b"a: \xff"), "own/rules/b.yaml: is no UTF-8 at byte 3; allowed: text in UTF-8"),
    (named("rule.yaml"), "own/rule.yaml: is not used; allowed: folders named rules, scrape or dashboards, README.md"),
    (
        named("dashboards/b.json", b"x" * (LARGEST_BYTES + 1)),
        "own/dashboards/b.json: has 512001 bytes; allowed: 512000, as a swarm stores no larger one: split it",
    ),
    (lambda own: (own / "alerts").mkdir(), "own/alerts: is not used; allowed: folders named rules, scrape or *"),
    (lambda own: (own / "rules/b").mkdir(), "own/rules/b: is no file; allowed: files directly in this folder"),
    (
        lambda own: os.mkfifo(own / "rules/b.yaml"),
        "own/rules/b.yaml: is no file; allowed: files directly in this folder",
    ),
    (lambda own: (own / "rules/b.yaml").symlink_to("a.yaml"), "own/rules/b.yaml: is a symbolic link; allowed: *"),
    (lambda own: (own / "rules/b.yaml").symlink_to("/nowhere"), "own/rules/b.yaml: is a symbolic link; allowed: *"),
]


@rows("make, line", CASES, ids=lambda case: case[1].partition(";")[0])
def test_unusable_files_are_refused_with_what_is_allowed(
    make: Callable[[Path], object], line: str, tmp_path: Path
) -> None:
    checkout = tmp_path / str(len(list(tmp_path.iterdir())))
    make(folder(checkout))
    _, (problem,) = read("own", checkout)
    start, _, end = line.partition("*")
    assert problem.startswith(start), problem
    assert end or problem == line or line.endswith("*"), problem


def test_largest_file_is_read(tmp_path: Path) -> None:
    (folder(tmp_path) / "dashboards/b.json").write_bytes(b"x" * LARGEST_BYTES)
    assert read("own", tmp_path)[1] == []


def test_folder_without_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "own/rules").mkdir(parents=True)
    assert read("own", tmp_path)[1] == [
        "own: has no files; allowed: a folder with files in rules, scrape or dashboards"
    ]


def test_folder_that_is_missing_or_elsewhere_is_refused(tmp_path: Path) -> None:
    checkout, elsewhere = tmp_path / "checkout", tmp_path / "elsewhere"
    for place in (checkout, folder(elsewhere)):
        place.mkdir(exist_ok=True)
    (checkout / "file").touch()
    (checkout / "link").symlink_to(elsewhere / "own")
    for name in ("none", "file", "link"):
        (line,) = read(name, checkout)[1]
        assert line == f"{name}: is no folder of this checkout; allowed: one with rules, scrape or dashboards in it"


def test_resources_are_named_without_suffix() -> None:
    assert by_stem({"a.b.yaml": "x", "c.yml": "y"}) == {"a.b": "x", "c": "y"}
