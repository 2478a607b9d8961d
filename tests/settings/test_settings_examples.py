"""Previews of the examples by the real CLI, without credentials, network or Docker engine."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.harness import CHECKOUT, Stack, run, stack
from tests.program.test_program_exoscale import EXAMPLES, example
from tools.preview_without_state import files

NOWHERE = "http://127.0.0.1:9"
CUT_OFF = {
    "DOCKER_HOST": "unix:///nowhere/docker.sock",
    **dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), NOWHERE),
    **dict.fromkeys(("NO_PROXY", "no_proxy"), "127.0.0.1,localhost"),  # Pulumi and its plugins talk to each other
}
API_KEY = ("EXOSCALE_API_KEY", "EXOSCALE_API_SECRET")
FILES = files()
SIGNED_IN = ("PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE", "PULUMI_BACKEND_URL", *API_KEY)


@pytest.fixture(params=EXAMPLES)
def shown(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    """Create a stack with the settings of an example."""
    for variable in API_KEY:
        monkeypatch.delenv(variable, raising=False)
    with stack(str(request.param), tmp_path, example(request.param)) as made:
        yield made


def test_stack_of_an_example_is_previewed_without_credentials_and_calls_nobody(shown: Stack) -> None:
    calls = shown.folder / "calls"
    found = shown.run("tools/stack.sh", "preview", shown.name, env={**CUT_OFF, "EXOSCALE_STANDIN_CALLS": str(calls)})
    assert found.code == 0, found.text
    assert found.count("to create") > 150
    assert "warning: " not in found.text
    assert not calls.exists()


def test_up_without_credentials_fails_before_creating_anything(shown: Stack) -> None:
    found = shown.up()
    assert found.code != 0
    assert "nuvla-swarm:exoscale_api_key, exoscale_api_secret: not given; required: an API key" in found.text
    assert "Traceback" not in found.text
    assert found.count("created") == 1, "the stack itself"


@pytest.mark.parametrize("name", FILES)
def test_stack_and_examples_are_previewed_without_state_and_credentials(name: str, tmp_path: Path) -> None:
    """tools/preview_without_state.py runs in the checkout itself, which has the same settings afterwards."""
    calls, file = tmp_path / "calls", FILES[name]
    stack_name = file.stem.removeprefix("Pulumi.")
    before = file.read_bytes()
    own = {key: value for key, value in os.environ.items() if key not in SIGNED_IN}
    folder = {"TMPDIR": str(tmp_path), "EXOSCALE_STANDIN_CALLS": str(calls)}
    found = run("python", "tools/preview_without_state.py", name, env=own | CUT_OFF | folder, cwd=CHECKOUT)
    assert found.code == 0, found.text
    assert found.text.startswith(f"{stack_name}: previewed as if it were new; secrets that are stand-ins: ")
    assert ("stand-ins: nuvla-swarm:ssh_private_key" in found.text) == (stack_name == "existing-target")
    assert found.count("to create") > 100
    assert "warning: " not in found.text
    assert not calls.exists()
    assert file.read_bytes() == before
    assert list(tmp_path.iterdir()) == []


def test_stack_of_an_example_needs_no_docker_engine_on_this_computer(shown: Stack) -> None:
    """`make up` and `make preview` install the printed parts; an empty line means all parts, as local machines need."""
    assert shown.run("tools/stack.sh", "parts", shown.name).text == "tools\n"
    assert shown.run("tools/stack.sh", "parts", "nowhere").text == ""
