"""tools/no_proxy.py: the addresses of a stack's machines that no proxy is asked for."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.support.rows import rows
from tools import no_proxy
from tools.stack import settings_file
from tools.stack.settings_file import SettingsFile

OUTPUTS = {
    "machines": {"manager-1": {"public_address": "198.51.100.7"}, "worker-1": {"public_address": "198.51.100.8"}}
}


@pytest.fixture(autouse=True)
def up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(no_proxy, "outputs", lambda _: OUTPUTS)


def existing(*addresses: str) -> dict[str, Any]:
    hosts = {str(number): {"address": address, "user": "ops"} for number, address in enumerate(addresses)}
    return {"provider": "existing", "pools": {"manager": {"hosts": hosts}, "other": {"hosts": {}}}}


@rows(
    "machines, addresses",
    [
        ({"provider": "local"}, ["10.77.0.0/16"]),
        ({"provider": "local", "subnet": "10.9.0.0/20"}, ["10.9.0.0/20"]),
        (existing("192.0.2.1", "m.example.org"), ["192.0.2.1", "m.example.org"]),
        (existing("192.0.2.1") | {"virtual_ip": "192.0.2.9"}, ["192.0.2.1", "192.0.2.9"]),
        ({"provider": "exoscale", "pools": {"manager": {"count": 1}}}, ["198.51.100.7", "198.51.100.8"]),
        ({"provider": "local", "pools": "many"}, ["10.77.0.0/16"]),
        ({"provider": "existing", "pools": {"a": "b", "c": {"hosts": {"1": "d", "2": {}}}}}, []),
        ({"provider": "existing", "pools": []}, []),
    ],
)
def test_addresses_of_each_provider(machines: Mapping[str, Any], addresses: list[str]) -> None:
    assert list(no_proxy.addresses("prod", machines)) == addresses


def test_own_addresses_of_the_user_stay_and_no_address_comes_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    file = SettingsFile(Path("Pulumi.prod.yaml"), {"config": {"nuvla-swarm:machines": {"provider": "exoscale"}}})
    monkeypatch.setattr(settings_file, "find", lambda _: file)
    assert no_proxy.value("prod", {}) == "localhost,127.0.0.1,198.51.100.7,198.51.100.8"
    assert (
        no_proxy.value("prod", {"NO_PROXY": "a.example.org, 198.51.100.8,"})
        == "a.example.org,198.51.100.8,localhost,127.0.0.1,198.51.100.7"
    )
    assert (
        no_proxy.value("prod", {"NO_PROXY": "", "no_proxy": "b"}) == "b,localhost,127.0.0.1,198.51.100.7,198.51.100.8"
    )


def test_python_passes_a_proxy_by_for_a_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """As Go does, which Docker's clients are written in."""
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, no_proxy.LOCAL_NETWORK)
    assert requests.utils.get_environ_proxies("https://10.77.3.4:2376/info") == {}
    assert requests.utils.get_environ_proxies("https://10.78.3.4:2376/info")["https"] == "http://127.0.0.1:9"


def pulumi(folder: Path, text: str, code: int) -> None:
    program = folder / "pulumi"
    program.write_text(f"#!/bin/sh\necho '{text}'\nexit {code}\n")
    program.chmod(0o755)


def test_state_that_does_not_answer_has_no_addresses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    pulumi(tmp_path, json.dumps(OUTPUTS), 0)
    assert no_proxy.outputs("prod") == OUTPUTS
    for text, code in ((json.dumps(OUTPUTS), 255), ("no JSON", 0)):
        pulumi(tmp_path, text, code)
        assert no_proxy.outputs("prod") == {}
    monkeypatch.setenv("PATH", "/nowhere")
    assert no_proxy.outputs("prod") == {}
