"""tools/dev/outdated.py: outdated pins are reported, with fake answers of registries."""

import subprocess
from collections.abc import Callable
from typing import Any

import pytest
import requests

from components import catalog
from tools.dev import outdated
from tools.dev.outdated import Pin, main, packages, tags


def answer(text: str, code: int = 200, **headers: str) -> requests.Response:
    made = requests.Response()
    made.status_code, made._content = code, text.encode()
    made.headers.update({key.replace("_", "-"): value for key, value in headers.items()})
    return made


@pytest.fixture
def net(monkeypatch: pytest.MonkeyPatch) -> Callable[[dict[str, Any]], None]:
    """A function that sets the answers by address; a pair is the answer without and with a token."""

    def give(answers: dict[str, Any]) -> None:
        def get(url: str, headers: dict[str, str], timeout: int) -> requests.Response:
            found = answers[url]
            made: requests.Response = found[bool(headers)] if isinstance(found, tuple) else found
            return made

        monkeypatch.setattr(requests, "get", get)

    return give


def pin(version: str, *versions: str) -> Pin:
    return Pin("it", version, lambda: versions)


def test_newest_version_has_the_form_of_the_pin() -> None:
    cases: dict[str, tuple[list[str], str]] = {
        "v3.7.14": (["v3.7.9", "v3.10.1", "3.11.0", "v4.0.0-rc1", "latest"], "v3.10.1"),
        "3.4.6-alpine": (["3.4.7", "3.5.0-alpine", "3.5.0-alpine3.22"], "3.5.0-alpine"),
        "28.5.1": ([], "28.5.1"),
    }
    for version, (available, newest) in cases.items():
        assert pin(version, *available).newest() == newest


def test_outdated_pin_is_reported_and_fails(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([pin("1.2.3", "1.2.10"), pin("2.0.0")]) == 1
    first, last = capsys.readouterr().out.splitlines()
    assert first.split() == ["it", "1.2.3", "1.2.10"]
    assert last.startswith("1 behind, 0 not known")


def test_unreachable_source_fails(capsys: pytest.CaptureFixture[str]) -> None:
    def silent() -> list[str]:
        raise requests.ConnectionError

    assert main([Pin("it", "1.2.3", silent), pin("2.0.0")]) == 2
    assert "not known: ConnectionError" in capsys.readouterr().out
    assert main([pin("2.0.0")]) == 0


def test_tags_are_read_with_the_token_of_the_registry(net: Callable[[dict[str, Any]], None]) -> None:
    first = "https://registry-1.docker.io/v2/library/haproxy/tags/list?n=1000"
    challenge = 'Bearer realm="https://auth.docker.io/token",service="registry.docker.io"'
    refused = answer("", 401, WWW_Authenticate=challenge)
    more = answer('{"tags": ["3.4.6"]}', Link='</v2/library/haproxy/tags/list?n=1000&last=3.4.6>; rel="next"')
    net(
        {
            first: (refused, more),
            f"{first}&last=3.4.6": (refused, answer('{"tags": ["3.4.7"]}')),
            "https://auth.docker.io/token?service=registry.docker.io&scope=repository:library/haproxy:pull": answer(
                '{"token": "t"}'
            ),
        }
    )
    assert list(tags("haproxy")) == ["3.4.6", "3.4.7"]


def test_tags_of_another_registry_are_read_there(net: Callable[[dict[str, Any]], None]) -> None:
    net({"https://ghcr.io/v2/google/cadvisor/tags/list?n=1000": answer('{"tags": ["v0.60.6"]}')})
    assert list(tags("ghcr.io/google/cadvisor")) == ["v0.60.6"]


def test_engine_packages_are_read_from_their_index(net: Callable[[dict[str, Any]], None]) -> None:
    listed = "\n\n".join(
        f"Package: {name}\nVersion: {version}\nSize: 1"
        for name, version in (
            ("docker-ce", "5:28.5.1-1~debian.12~bookworm"),
            ("docker-ce-cli", "5:29.1.3-1~debian.12~bookworm"),
            ("docker-ce", "5:29.0.0-1~debian.12~bookworm"),
        )
    )
    net({outdated.PACKAGES: answer(listed)})
    assert list(packages("docker-ce")) == ["28.5.1", "29.0.0"]


def test_images_engine_and_tools_are_pins(monkeypatch: pytest.MonkeyPatch) -> None:
    nothing = subprocess.CompletedProcess([], 0, stdout="[]")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: nothing)
    names = [one.name for one in outdated.pins()]
    assert {f"images.{name}" for name in catalog.images()} < set(names)
    assert {"engine.version", "engine.containerd_version", "tools/pulumi.sha256", "pulumi", "ruff"} < set(names)
