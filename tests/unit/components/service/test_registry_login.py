"""components/service/registry_login.py: a login to a private registry."""

import json
from base64 import b64decode, urlsafe_b64decode
from typing import Any

import pulumi
import pytest

from components.service.registry_login import RegistryLogin, RegistryLoginArgs
from tests.support.fake_pulumi import FakePulumi
from tests.support.pulumi_run import Secret, build, value

NAME = "registry-registry-example-org-5000"


def login(server: str = "registry.example.org:5000") -> RegistryLogin:
    return build(
        lambda: RegistryLogin(
            RegistryLoginArgs(server=server, username="puller", password=pulumi.Output.secret("WORD>?"))
        )
    )


def hidden(output: pulumi.Output[str]) -> Any:
    found = value(output)
    assert isinstance(found, Secret)
    return found.value


def test_preview_shows_server_and_username_and_no_password(fake_pulumi: FakePulumi) -> None:
    login()
    assert fake_pulumi.types[NAME] == "nuvla:service:RegistryLogin"
    assert fake_pulumi.inputs(NAME) == {"server": "registry.example.org:5000", "username": "puller"}
    assert NAME in fake_pulumi.finished


def test_generation_changes_with_the_login_and_is_public(fake_pulumi: FakePulumi) -> None:
    made = login()
    assert value(made.generation) == f"RESULT:{NAME}-generation"
    assert fake_pulumi.inputs(f"{NAME}-generation")["keepers"] == {"username": "puller", "password": "WORD>?"}
    assert fake_pulumi.is_secret(f"{NAME}-generation", "keepers")
    assert fake_pulumi.parent(f"{NAME}-generation") == NAME


@pytest.mark.usefixtures("fake_pulumi")
def test_docker_client_finds_the_login_by_the_name_of_the_registry() -> None:
    for server, key in (("registry.example.org:5000",) * 2, ("docker.io", "https://index.docker.io/v1/")):
        auths = json.loads(hidden(login(server).client_config()))["auths"]
        assert list(auths) == [key]
        assert b64decode(auths[key]["auth"]) == b"puller:WORD>?"


@pytest.mark.usefixtures("fake_pulumi")
def test_docker_api_gets_the_login_in_one_header() -> None:
    name, _, text = hidden(login().header()).partition(": ")
    assert name == "X-Registry-Auth"
    assert json.loads(urlsafe_b64decode(text)) == {
        "username": "puller",
        "password": "WORD>?",
        "serveraddress": "registry.example.org:5000",
    }


@pytest.mark.usefixtures("fake_pulumi")
def test_docker_provider_gets_a_secret_password() -> None:
    args = login().provider_args()
    assert (args.address, args.username) == ("registry.example.org:5000", "puller")
    assert args.password is not None
    assert value(args.password) == Secret("WORD>?")
