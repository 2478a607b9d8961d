"""Settings of local machines that depend on this computer: they complete a stack's own settings, which win."""

import json
from pathlib import Path
from typing import Any

import pulumi
import pytest

from stacks.config import computer, loader
from tests.settings.loading import load, mistakes
from tests.support import pulumi_run
from tests.support.configs import existing, target, texts

IMAGE = "nuvla-swarm/machine:0123456789ab"
OF_HERE: dict[str, Any] = {
    "machines": {"image": IMAGE, "privileged": False},
    "engine": {"source": "distribution", "version": "20.10.24", "registry_mirrors": ["http://198.18.0.1:5000"]},
    "images": {"traefik": "traefik:3.6.0"},
}


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "computer.json"
    path.write_text(json.dumps(OF_HERE))
    monkeypatch.setattr(computer, "FILE", path)
    return path


def loaded(document: dict[str, Any], secrets: dict[str, str] | None = None) -> dict[str, Any]:
    """Return the settings of a stack as plain values."""
    return load(document, secrets).model_dump(mode="json")


def with_machines(**machines: Any) -> dict[str, Any]:
    document = target()
    return document | {"machines": document["machines"] | machines}


@pytest.mark.usefixtures("file")
def test_local_machines_have_the_settings_of_this_computer() -> None:
    settings = loaded(target())
    for section, values in OF_HERE.items():
        assert values.items() <= settings[section].items()


@pytest.mark.usefixtures("file")
def test_settings_of_the_stack_win() -> None:
    own = {"engine": {"log_max_size_mib": 7}, "images": {"traefik": "traefik:v3.7.14"}}
    settings = loaded(with_machines(image="a:1") | own)
    assert (settings["machines"]["image"], settings["machines"]["privileged"]) == ("a:1", False)
    assert (settings["engine"]["log_max_size_mib"], settings["engine"]["version"]) == (7, "20.10.24")
    assert settings["images"]["traefik"] == "traefik:v3.7.14"


@pytest.mark.usefixtures("file")
def test_other_source_of_the_engine_has_a_version_of_its_own() -> None:
    assert load(target(engine={"source": "docker.com"})).engine.version != "20.10.24"
    assert load(target(engine={"version": "20.10.25"})).engine.source == "distribution"


def test_repository_of_this_computer_is_used_with_its_source_alone(file: Path) -> None:
    repository = {"url": "http://198.18.0.1:5001/a", "key_fingerprint": "A" * 40}
    engine = {"source": "docker.com", "version": "28.5.2", "repository": repository}
    file.write_text(json.dumps(OF_HERE | {"engine": engine}))
    for own in ({}, {"source": "docker.com"}):
        assert loaded(target(engine=own))["engine"].items() >= engine.items()
    other = loaded(target(engine={"source": "distribution"}))["engine"]
    assert (other["version"], other["repository"]["url"]) == (None, "https://download.docker.com")


@pytest.mark.usefixtures("file")
def test_machines_elsewhere_have_nothing_of_this_computer() -> None:
    settings = loaded(existing(), {"ssh_private_key": "k"})
    assert settings["engine"]["registry_mirrors"] == []
    assert settings["images"]["traefik"] != "traefik:3.6.0"


def test_missing_file_names_the_command_that_writes_it(file: Path) -> None:
    file.unlink()
    line = "machines.image: not given, and .state/computer.json is missing; `make setup` writes it"
    assert mistakes(target()) == [line]
    assert loaded(with_machines(image="a:1"))["machines"]["image"] == "a:1", "as an older program completed the file"


def test_preview_does_without_the_file(file: Path) -> None:
    file.unlink()
    pulumi_run.start(preview=True)
    pulumi.runtime.set_all_config(texts(target()), [])
    settings, _ = pulumi_run.build(loader.load)
    assert settings.machines.provider == "local"


@pytest.mark.parametrize("text", ["", "{", "[]", '{"machines": 1}'])
def test_damaged_file_names_the_command_that_writes_it_again(file: Path, text: str) -> None:
    file.write_text(text)
    assert mistakes(target()) == ["machines: .state/computer.json is damaged; `make setup` writes it again"]


def test_wrong_setting_in_the_file_is_not_blamed_on_the_stack(file: Path) -> None:
    file.write_text(json.dumps(OF_HERE | {"images": {"of_another_version": "a:1"}}))
    with pytest.raises(pulumi.RunError) as refused:
        load(target())
    lines = [line.strip().removeprefix("nuvla-swarm:") for line in str(refused.value).splitlines()[1:]]
    assert lines[0] == "machines: a setting of .state/computer.json is wrong; `make setup` writes it again"
    assert lines[1].startswith("images.of_another_version: unknown key")


@pytest.mark.usefixtures("file")
def test_mistake_of_the_stack_is_named_as_ever() -> None:
    [line] = mistakes(target() | {"images": "none"})
    assert line.startswith("images: ")
