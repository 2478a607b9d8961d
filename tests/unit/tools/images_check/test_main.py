"""tools/images_check/__main__.py: the lines and exit codes of the check."""

from typing import Any

import pytest

from stacks.config.images import ImagesSettings
from tests.support.rows import rows
from tools.images_check import __main__ as check
from tools.images_check import engine


class FakeTrial:
    """A trial without a container; the image `bad:1` lacks something, and `old:1` says what will go."""

    def __init__(self, *, image: str, **_: Any) -> None:
        self.image = image
        self.notes = ["--a is deprecated"] if image == "old:1" else []

    def problems(self) -> list[str]:
        return ["web: the metrics a"] if self.image == "bad:1" else []


@pytest.fixture(autouse=True)
def _no_docker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "no_engine", lambda: "")
    monkeypatch.setattr(engine, "fetch", lambda image: "no such host" if image == "gone:1" else "")
    monkeypatch.setattr(check, "missing_commands", lambda image, _: ["wget"] if image == "bare:1" else [])
    monkeypatch.setattr(check, "Trial", FakeTrial)


def test_all_defaults_are_checked_unless_keys_are_given() -> None:
    defaults = {key: str(image) for key, image in ImagesSettings()}
    assert check.wanted([]) == defaults
    assert check.wanted(["grafana", "traefik=a:1"]) == {"grafana": defaults["grafana"], "traefik": "a:1"}


def test_unknown_key_is_refused_with_those_that_are_allowed() -> None:
    with pytest.raises(SystemExit, match=r"nginx given; allowed: haproxy, traefik, .*, each also as KEY=IMAGE"):
        check.wanted(["nginx"])


@rows(
    "image, code, text",
    [
        ("good:1", 0, "fits"),
        ("bad:1", 1, "lacks: web: the metrics a"),
        ("bare:1", 1, "lacks the command wget"),
        ("gone:1", 2, "not checked, as it cannot be pulled: no such host"),
    ],
)
def test_line_says_what_an_image_lacks(image: str, code: int, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert check.main([f"blackbox={image}"]) == code
    assert capsys.readouterr().out.split(maxsplit=2) == ["blackbox", image, f"{text}\n"]


def test_image_that_lacks_something_outweighs_one_that_cannot_be_pulled() -> None:
    assert check.main(["blackbox=bad:1", "alertmanager=gone:1"]) == 1


def test_image_that_fits_says_what_will_go(capsys: pytest.CaptureFixture[str]) -> None:
    assert check.main(["blackbox=old:1"]) == 0
    assert "fits, and says: --a is deprecated\n" in capsys.readouterr().out


def test_missing_engine_is_one_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(engine, "no_engine", lambda: "docker: command not found")
    assert check.main([]) == 2
    assert capsys.readouterr().err == (
        "nuvla-swarm: error: no Docker engine answers (docker: command not found): start one, or set DOCKER_HOST\n"
    )
