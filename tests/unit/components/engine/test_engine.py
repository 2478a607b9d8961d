"""components/engine/engine.py: the Docker engine of one machine."""

import json
from collections.abc import Sequence
from typing import Any

import pulumi
import pytest

from components.engine.daemon_json import daemon_json, merge_daemon_json
from components.engine.engine import Engine, EngineArgs
from components.engine.settings import EngineSettings, RepositorySettings
from components.machines.proxy import NO_PROXY, Proxy
from tests.support.builders import SETTINGS, another, certificate, machine
from tests.support.fake_pulumi import FakePulumi
from tests.support.pulumi_run import build

COMMANDS = ("worker-1-engine-install", "worker-1-engine-configure")
CONFIGURE = COMMANDS[1]


def docker_engine(
    *,
    settings: EngineSettings = SETTINGS,
    api: bool = False,
    waits: bool = False,
    proxy: bool = False,
    operators: Sequence[str] = (),
    **of_machine: Any,
) -> None:
    def make() -> Engine:
        args = EngineArgs(
            machine=machine(**of_machine),
            settings=settings,
            proxy=Proxy(http="http://proxy:3128", excluded=["10.77.0.0/16"]) if proxy else NO_PROXY,
            certificate=certificate() if api else None,
            operator_cas={name: pulumi.Output.from_input(f"CA-OF-{name}") for name in operators},
            after=[another("manager-1-engine-configure")] if waits else [],
        )
        return Engine("worker-1-engine", args)

    build(make)


def daemon_of(fake_pulumi: FakePulumi) -> Any:
    script = fake_pulumi.script(CONFIGURE)
    return json.loads(script.split("DAEMON_JSON='", 1)[1].split("'\n", 1)[0])


def test_preview_shows_version_and_daemon_json(fake_pulumi: FakePulumi) -> None:
    docker_engine()
    assert fake_pulumi.types["worker-1-engine"] == "nuvla:engine:Engine"
    assert fake_pulumi.inputs("worker-1-engine") == {
        "source": "distribution",
        "version": "20.10.24",
        "daemon": daemon_json(SETTINGS, serves_api=False),
    }
    assert "worker-1-engine" in fake_pulumi.finished


def test_install_script_gets_the_exact_version(fake_pulumi: FakePulumi) -> None:
    docker_engine()
    assert fake_pulumi.parameters("worker-1-engine-install") == {
        "SOURCE": "distribution",
        "VERSION": "20.10.24",
        "CONTAINERD_VERSION": "",
        "REPOSITORY": "https://download.docker.com",
        "KEY_FINGERPRINT": "9DC858229FC7DD38854AE2D88D81803C0EBFCD88",
        **dict.fromkeys(("PROXY_HTTP", "PROXY_HTTPS", "PROXY_EXCLUDED"), ""),
    }


def test_install_script_gets_the_repository_of_a_mirror(fake_pulumi: FakePulumi) -> None:
    mirror = {"url": "http://mirror:8081/docker", "key_fingerprint": "A" * 40}
    docker_engine(settings=SETTINGS.model_copy(update={"repository": RepositorySettings(**mirror)}))
    assert fake_pulumi.inputs("worker-1-engine")["repository"] == mirror
    given = fake_pulumi.parameters("worker-1-engine-install")
    assert (given["REPOSITORY"], given["KEY_FINGERPRINT"]) == tuple(mirror.values())


def test_engine_without_a_certificate_has_no_api(fake_pulumi: FakePulumi) -> None:
    docker_engine()
    assert daemon_of(fake_pulumi) == daemon_json(SETTINGS, serves_api=False)
    assert {key: fake_pulumi.parameters(CONFIGURE)[key] for key in ("TLS_CA", "TLS_CERT", "TLS_KEY")} == {
        "TLS_CA": "",
        "TLS_CERT": "",
        "TLS_KEY": "",
    }


def test_engine_with_a_certificate_serves_the_api(fake_pulumi: FakePulumi) -> None:
    docker_engine(api=True)
    assert daemon_of(fake_pulumi) == daemon_json(SETTINGS, serves_api=True)
    assert {key: fake_pulumi.parameters(CONFIGURE)[key] for key in ("TLS_CA", "TLS_CERT", "TLS_KEY")} == {
        "TLS_CA": "CA",
        "TLS_CERT": "CERT",
        "TLS_KEY": "THE-KEY",
    }


def test_engine_accepts_clients_of_the_stack_and_of_each_operator(fake_pulumi: FakePulumi) -> None:
    docker_engine(api=True, operators=["alice", "bob"])
    assert fake_pulumi.parameters(CONFIGURE)["TLS_CA"] == "CACA-OF-aliceCA-OF-bob"
    assert fake_pulumi.inputs("worker-1-engine")["operators"] == ["alice", "bob"]


def test_configure_script_gets_the_end_of_the_certificate(fake_pulumi: FakePulumi) -> None:
    docker_engine(api=True)
    told = fake_pulumi.parameters(CONFIGURE)
    assert (told["MACHINE"], told["TLS_END"]) == ("worker-1", "2027-11-29T06:00:00Z")


def test_foreign_keys_of_an_existing_daemon_json_are_kept(fake_pulumi: FakePulumi) -> None:
    theirs = '{"data-root": "/srv/docker", "log-driver": "local"}'
    docker_engine(daemon_json=pulumi.Output.from_input(theirs))
    assert daemon_of(fake_pulumi) == {"data-root": "/srv/docker"} | daemon_json(SETTINGS, serves_api=False)


def test_malformed_daemon_json_is_reported_with_its_machine() -> None:
    with pytest.raises(pulumi.RunError, match=r"worker-1: its /etc/docker/daemon.json is not JSON"):
        merge_daemon_json("{,}", {}, "worker-1")


def test_script_with_the_private_key_is_secret(fake_pulumi: FakePulumi) -> None:
    docker_engine(api=True)
    assert fake_pulumi.is_secret(CONFIGURE, "stdin")


def test_scripts_without_a_private_key_are_readable_in_a_preview(fake_pulumi: FakePulumi) -> None:
    docker_engine()
    assert not any(fake_pulumi.is_secret(command, "stdin") for command in COMMANDS)


def test_engine_is_configured_after_its_installation(fake_pulumi: FakePulumi) -> None:
    docker_engine()
    assert fake_pulumi.dependencies(CONFIGURE) == {"worker-1-engine-install"}


def test_configuration_waits_for_the_engine_of_another_manager(fake_pulumi: FakePulumi) -> None:
    docker_engine(waits=True)
    assert fake_pulumi.dependencies(CONFIGURE) == {"worker-1-engine-install", "manager-1-engine-configure"}
    assert "manager-1-engine-configure" not in fake_pulumi.dependencies("worker-1-engine-install")


def test_installation_waits_for_a_machine_that_boots(fake_pulumi: FakePulumi) -> None:
    docker_engine()
    assert fake_pulumi.inputs("worker-1-engine-install")["connection"]["dialErrorLimit"] == -1
    timeouts = fake_pulumi.options["worker-1-engine-install"].customTimeouts
    assert (timeouts.create, timeouts.update) == ("10m", "10m")


def test_configuration_gives_up_on_an_unreachable_machine(fake_pulumi: FakePulumi) -> None:
    docker_engine()
    assert fake_pulumi.inputs(CONFIGURE)["connection"]["dialErrorLimit"] == 10


def test_recreated_machine_is_installed_and_configured_again(fake_pulumi: FakePulumi) -> None:
    docker_engine(system_generation="another-root")
    assert [fake_pulumi.triggers(command) for command in COMMANDS] == [["another-root"], ["another-root"]]


def test_engine_scripts_run_as_root_for_any_user(fake_pulumi: FakePulumi) -> None:
    docker_engine(user="debian")
    assert {fake_pulumi.inputs(command)["create"].strip() for command in COMMANDS} == {"sudo -n bash -s --"}


def test_engine_scripts_log_only_errors(fake_pulumi: FakePulumi) -> None:
    docker_engine(api=True)
    assert {fake_pulumi.inputs(command)["logging"] for command in COMMANDS} == {"stderr"}


def test_destroying_an_engine_runs_no_command(fake_pulumi: FakePulumi) -> None:
    docker_engine()
    assert not any("delete" in fake_pulumi.inputs(command) for command in COMMANDS)


def test_packages_and_images_come_through_the_proxy(fake_pulumi: FakePulumi) -> None:
    docker_engine(proxy=True)
    wanted = {
        "PROXY_HTTP": "http://proxy:3128",
        "PROXY_HTTPS": "",
        "PROXY_EXCLUDED": "localhost,127.0.0.0/8,10.77.0.0/16",
    }
    for command in COMMANDS:
        told = fake_pulumi.parameters(command)
        assert {key: told[key] for key in wanted} == wanted
    assert fake_pulumi.inputs("worker-1-engine")["proxy"]["http"] == "http://proxy:3128"
