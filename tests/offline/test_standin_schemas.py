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


@pytest.mark.parametrize(("name", "token"), STANDINS)
def test_a_stand_in_has_the_released_inputs(schemas: dict[str, Schema], name: str, token: str) -> None:
    assert schemas[name].shape(token).inputs == Sdk(f"pulumi_{name}").shape(token).inputs


@pytest.mark.parametrize(("name", "token"), STANDINS)
def test_a_stand_in_has_the_released_outputs(schemas: dict[str, Schema], name: str, token: str) -> None:
    assert schemas[name].shape(token).outputs == Sdk(f"pulumi_{name}").shape(token).outputs


@pytest.mark.parametrize(("name", "token"), STANDINS)
def test_a_stand_in_marks_what_replaces(schemas: dict[str, Schema], name: str, token: str) -> None:
    assert schemas[name].shape(token).replaces == Sdk(f"pulumi_{name}").shape(token).replaces


@pytest.mark.parametrize(
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
def test_a_difference_shows(schemas: dict[str, Schema], change: Callable[[dict[str, Any]], Any]) -> None:
    changed = copy.deepcopy(schemas["command"].document)
    change(changed["resources"]["command:remote:Command"])
    assert Schema(changed).shape("command:remote:Command") != Sdk("pulumi_command").shape("command:remote:Command")


def test_a_difference_inside_an_object_shows(schemas: dict[str, Schema]) -> None:
    changed = copy.deepcopy(schemas["command"].document)
    del changed["types"]["command:remote:ProxyConnection"]["properties"]["hostKey"]
    assert Schema(changed).shape("command:remote:Command") != Sdk("pulumi_command").shape("command:remote:Command")


@pytest.mark.parametrize("name", sorted({name for name, _ in STANDINS}))
def test_a_stand_in_answers_for_the_version_of_the_sdk(schemas: dict[str, Schema], name: str) -> None:
    assert schemas[name].document["version"] == version(f"pulumi_{name}")


@pytest.mark.parametrize("token", DOCKER)
def test_the_docker_plugin_has_the_released_inputs(docker: Schema, token: str) -> None:
    assert docker.shape(token).inputs == Sdk("pulumi_docker").shape(token).inputs


@pytest.mark.parametrize("token", DOCKER)
def test_the_docker_plugin_has_the_released_outputs(docker: Schema, token: str) -> None:
    assert docker.shape(token).outputs == Sdk("pulumi_docker").shape(token).outputs


@pytest.mark.parametrize("token", REPLACING)
def test_what_replaces_a_service_or_network_is_known(docker: Schema, token: str) -> None:
    def replacing(path: str, properties: dict[str, Any]) -> Iterator[str]:
        for name, one in properties.items():
            inner = one.get("$ref") or one.get("items", {}).get("$ref", "")
            if one.get("willReplaceOnChanges"):
                yield path + name
            if inner.startswith("#/types/"):
                fields = docker.document["types"][inner.removeprefix("#/types/")]["properties"]
                yield from replacing(f"{path}{name}.", fields)

    assert set(replacing("", docker.document["resources"][token]["inputProperties"])) == REPLACING[token]
