"""The plugins that stand in here have the schemas that the SDKs from PyPI were made from."""

import copy
import os
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from tests.offline import plugin
from tests.offline.shapes import Schema, Sdk
from tests.settings.replaced import REPLACING
from tests.support.rows import rows

STANDINS = [
    ("command", "command:remote:Command"),
    ("tls", "tls:index/privateKey:PrivateKey"),
    ("tls", "tls:index/certRequest:CertRequest"),
    ("tls", "tls:index/selfSignedCert:SelfSignedCert"),
    ("tls", "tls:index/locallySignedCert:LocallySignedCert"),
    ("random", "random:index/randomPassword:RandomPassword"),
    ("random", "random:index/randomString:RandomString"),
]
DOCKER = [
    "docker:index/serviceConfig:ServiceConfig",
    "docker:index/container:Container",
    "docker:index/remoteImage:RemoteImage",
    "docker:index/network:Network",
    "docker:index/secret:Secret",
    "docker:index/service:Service",
    "docker:index/volume:Volume",
]


@pytest.fixture(scope="session")
def schemas() -> dict[str, Schema]:
    found = {}
    for name in {name for name, _ in STANDINS}:
        with plugin.running(plugin.standin(name)) as running:
            found[name] = Schema(running.schema())
    return found


@pytest.fixture(scope="session")
def docker() -> Schema:
    home = Path(os.environ.get("PULUMI_HOME", Path.home() / ".pulumi"))
    executable = home / "plugins" / f"resource-docker-v{version('pulumi_docker')}" / "pulumi-resource-docker"
    if not executable.exists():
        pytest.fail(f"{executable} is missing: run tools/setup.sh, and this in the environment of tools/env.sh")
    with plugin.running(executable) as running:
        return Schema(running.schema())


@rows("name, token", STANDINS)
def test_fake_inputs_match_the_release(schemas: dict[str, Schema], name: str, token: str) -> None:
    assert schemas[name].shape(token).inputs == Sdk(f"pulumi_{name}").shape(token).inputs


@rows("name, token", STANDINS)
def test_fake_outputs_match_the_release(schemas: dict[str, Schema], name: str, token: str) -> None:
    assert schemas[name].shape(token).outputs == Sdk(f"pulumi_{name}").shape(token).outputs


@rows("name, token", STANDINS)
def test_fake_schema_marks_replacing_inputs(schemas: dict[str, Schema], name: str, token: str) -> None:
    assert schemas[name].shape(token).replaces == Sdk(f"pulumi_{name}").shape(token).replaces


@rows(
    "change",
    [
        lambda r: r["inputProperties"].pop("stdin"),
        lambda r: r["inputProperties"]["stdin"].update(type="integer"),
        lambda r: r["inputProperties"]["connection"].pop("secret"),
        lambda r: r["requiredInputs"].clear(),
        lambda r: r["properties"].pop("stdout"),
        lambda r: r["properties"]["connection"].pop("secret"),
        lambda r: r["required"].remove("stdout"),
        lambda r: r["properties"]["triggers"].pop("replaceOnChanges"),
    ],
)
def test_schema_comparison_detects_a_difference(
    schemas: dict[str, Schema], change: Callable[[dict[str, Any]], Any]
) -> None:
    changed = copy.deepcopy(schemas["command"].document)
    change(changed["resources"]["command:remote:Command"])
    assert Schema(changed).shape("command:remote:Command") != Sdk("pulumi_command").shape("command:remote:Command")


def test_schema_comparison_detects_a_nested_difference(schemas: dict[str, Schema]) -> None:
    changed = copy.deepcopy(schemas["command"].document)
    del changed["types"]["command:remote:ProxyConnection"]["properties"]["hostKey"]
    assert Schema(changed).shape("command:remote:Command") != Sdk("pulumi_command").shape("command:remote:Command")


@rows("name", sorted({name for name, _ in STANDINS}))
def test_fake_schema_has_the_version_of_the_sdk(schemas: dict[str, Schema], name: str) -> None:
    assert schemas[name].document["version"] == version(f"pulumi_{name}")


@rows("token", DOCKER)
def test_docker_inputs_match_the_release(docker: Schema, token: str) -> None:
    assert docker.shape(token).inputs == Sdk("pulumi_docker").shape(token).inputs


@rows("token", DOCKER)
def test_docker_outputs_match_the_release(docker: Schema, token: str) -> None:
    assert docker.shape(token).outputs == Sdk("pulumi_docker").shape(token).outputs


@rows("token", REPLACING)
def test_replacing_inputs_of_services_and_networks_are_listed(docker: Schema, token: str) -> None:
    def replacing(path: str, properties: dict[str, Any]) -> Iterator[str]:
        for name, one in properties.items():
            inner = one.get("$ref") or one.get("items", {}).get("$ref", "")
            if one.get("willReplaceOnChanges"):
                yield path + name
            if inner.startswith("#/types/"):
                fields = docker.document["types"][inner.removeprefix("#/types/")]["properties"]
                yield from replacing(f"{path}{name}.", fields)

    found = set(replacing("", docker.document["resources"][token]["inputProperties"]))
    assert found == REPLACING[token], "copy these inputs to REPLACING of tests/settings/replaced.py"
