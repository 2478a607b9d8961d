"""The example stacks on Exoscale are previewed by the real CLI, without credentials, network or Docker engine."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.harness import Stack, stack
from tests.program.test_program_exoscale import EXAMPLES, example

NOWHERE = "http://127.0.0.1:9"
CUT_OFF = {
    "DOCKER_HOST": "unix:///nowhere/docker.sock",
    **dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), NOWHERE),
    **dict.fromkeys(("NO_PROXY", "no_proxy"), "127.0.0.1,localhost"),  # Pulumi and its plugins talk to each other
}
API_KEY = ("EXOSCALE_API_KEY", "EXOSCALE_API_SECRET")


@pytest.fixture(params=EXAMPLES)
def shown(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    """A stack with the settings of an example."""
    for variable in API_KEY:
        monkeypatch.delenv(variable, raising=False)
    with stack(str(request.param), tmp_path, example(request.param)) as made:
        yield made


def test_an_example_is_previewed_without_credentials_and_asks_nobody(shown: Stack) -> None:
    calls = shown.folder / "calls"
    found = shown.run("lab/stack.sh", "preview", shown.name, env={**CUT_OFF, "EXOSCALE_STANDIN_CALLS": str(calls)})
    assert found.code == 0, found.text
    assert found.count("to create") > 150
    assert "warning: " not in found.text
    assert not calls.exists()


def test_up_without_credentials_ends_before_anything_is_made(shown: Stack) -> None:
    found = shown.up()
    assert found.code != 0
    assert "nuvla-swarm:exoscale_api_key, exoscale_api_secret: not given; required: an API key" in found.text
    assert "Traceback" not in found.text
    assert found.count("created") == 1, "the stack itself"
