"""The example stacks are previewed by the real CLI, without credentials, network or Docker engine."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from stacks.config.warnings import lines
from tests.e2e.harness import Stack, run, stack
from tests.program.test_program_exoscale import EXAMPLES, example
from tests.settings.loading import taken
from tests.support.checkout import CHECKOUT
from tests.support.configs import target

pytestmark = pytest.mark.tools("pulumi")
NOWHERE = "http://127.0.0.1:9"
CUT_OFF = {
    "DOCKER_HOST": "unix:///nowhere/docker.sock",
    **dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), NOWHERE),
    **dict.fromkeys(("NO_PROXY", "no_proxy"), "127.0.0.1,localhost"),  # Pulumi and its plugins talk to each other
}
API_KEY = ("EXOSCALE_API_KEY", "EXOSCALE_API_SECRET")
FILES = sorted(file.name.removeprefix("Pulumi.").removesuffix(".yaml") for file in CHECKOUT.glob("Pulumi.*.yaml"))
SIGNED_IN = ("PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE", "PULUMI_BACKEND_URL", *API_KEY)


@pytest.fixture(params=EXAMPLES)
def shown(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    """A stack with the settings of an example."""
    for variable in API_KEY:
        monkeypatch.delenv(variable, raising=False)
    with stack(str(request.param), tmp_path, example(request.param)) as made:
        yield made


def assert_warnings(text: str, name: str) -> None:
    """A preview has the warnings of its settings, which the program knows, and no other."""
    found = [line.partition("warning: ")[2] for line in text.splitlines() if "warning: " in line]
    expected = lines(taken(example(name))) if name in EXAMPLES else []
    assert sorted(set(found)) == sorted(expected), text


def test_an_example_is_previewed_without_credentials_and_asks_nobody(shown: Stack) -> None:
    calls = shown.folder / "calls"
    found = shown.run(
        "python", "-m", "tools.stack", "preview", shown.name, env={**CUT_OFF, "EXOSCALE_STANDIN_CALLS": str(calls)}
    )
    assert found.code == 0, found.text
    assert found.count("to create") > 150
    assert_warnings(found.text, shown.name)
    assert not calls.exists()


def test_up_without_credentials_ends_before_anything_is_made(shown: Stack) -> None:
    found = shown.up()
    assert found.code != 0
    assert "nuvla-swarm:exoscale_api_key, exoscale_api_secret: not given; required: an API key" in found.text
    assert "Traceback" not in found.text
    assert found.count("created") == 1, "the stack itself"


@pytest.mark.parametrize("name", FILES)
def test_every_stack_is_previewed_as_a_workflow_does_it_for_a_fork(name: str, tmp_path: Path) -> None:
    """By tools/preview_without_state.py, in the checkout itself, which has the same settings afterwards."""
    calls, file = tmp_path / "calls", CHECKOUT / f"Pulumi.{name}.yaml"
    before = file.read_bytes()
    own = {key: value for key, value in os.environ.items() if key not in SIGNED_IN}
    folder = {"TMPDIR": str(tmp_path), "EXOSCALE_STANDIN_CALLS": str(calls)}
    found = run("python", "-m", "tools.preview_without_state", name, env=own | CUT_OFF | folder, cwd=CHECKOUT)
    assert found.code == 0, found.text
    assert found.text.startswith(f"nuvla-swarm: {name}: previewed as a new stack; secrets with placeholders: ")
    assert ("nuvla-swarm:ssh_private_key: not given" in found.text) == (name == "existing-target")
    assert found.count("to create") > 100
    assert_warnings(found.text, name)
    assert not calls.exists()
    assert file.read_bytes() == before
    assert list(tmp_path.iterdir()) == []


def test_setup_asks_no_docker_engine_for_machines_elsewhere(shown: Stack) -> None:
    found = shown.run("tools/setup.sh", "--stack", shown.name, env=CUT_OFF)
    assert found.code == 0, found.text
    assert not (shown.folder / ".state/computer.json").exists()


def test_day_of_an_exception_needs_no_quotes(tmp_path: Path) -> None:
    day = (datetime.now(UTC).date() + timedelta(1)).isoformat()  # that of today may be over when the preview looks
    settings = target() | {"exceptions": {"manager-majority": day}}
    with stack("day", tmp_path, settings) as made:
        text = made.file.read_text(encoding="utf-8")
        assert f"'{day}'" in text
        made.file.write_text(text.replace(f"'{day}'", day), encoding="utf-8")
        found = made.preview(env=CUT_OFF)
    assert found.code == 0, found.text
    assert f"exceptions.manager-majority: {day} allows nothing now; remove it:" in found.text
