"""tools/status.py: a line for everything, whatever answers."""

import random
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.support.checkout import CHECKOUT
from tests.support.rows import rows
from tests.support.stack_states import ROOT, secret, state
from tools import certificates, service_health, status
from tools.access import files
from tools.access.web import Web
from tools.console import Fault
from tools.repair.state import State, without_secret_marks
from tools.repair.swarm import NoAnswerError
from tools.stack.backend import Backend
from tools.stack.settings_file import SettingsFile
from tools.stack.target import Target

NODE = {
    "Spec": {"Labels": {"nuvla-swarm.machine": "manager-1"}, "Availability": "active"},
    "Status": {"State": "ready"},
    "ManagerStatus": {"Leader": True},
}
OUTPUTS: dict[str, Any] = {
    "kind": "target",
    "machines": {
        "manager-1": {"role": "manager", "public_address": "192.0.2.7"},
        "worker-1": {"role": "worker", "public_address": "192.0.2.8"},
    },
    "ssh": secret({"user": "root", "private_key": "KEY"}),
    "docker": {"endpoint": "https://192.0.2.7:2376", "operator": secret({"ca": "CA", "cert": "CERT", "key": "KEY"})},
    "certificates": {"nuvla": "2999-01-02T06:00:00Z"},
    "urls": {
        "traefik": "https://target.example.org/",
        "dashboard": "http://target.example.org:8080/dashboard/",
        "prometheus": "https://target.example.org/prometheus/",
        "grafana": "https://target.example.org/grafana/",
        "s3": "https://target.example.org:9000",
        "s3_console": "https://target.example.org/minio/",
    },
    "nfs": {"address": "192.0.2.7", "path": "/nfs-root"},
    "s3": secret({"access_key": "AK", "secret_key": "S3SECRET", "endpoint": "https://target.example.org:9000"}),
    "logins": secret({"prometheus": {"username": "admin", "password": "PASSWORD"}}),
}


def target(exists: bool = True) -> Target:
    document = {"config": {"nuvla-swarm:machines": {"provider": "existing"}}}
    return Target(SettingsFile(Path("Pulumi.prod.yaml"), document), Backend("prod", "s3://state", "exported"), exists)


def known(outputs: Any) -> State:
    root = {"urn": f"{ROOT}pulumi:pulumi:Stack::x", "type": "pulumi:pulumi:Stack", "outputs": outputs}
    return State("prod", {"resources": [root, *state().resources[1:]]})


class World:
    """What a status asks: the swarm, the services and the sockets; each function answers or raises."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, folder: Path):
        self.nodes: Callable[[], Any] = lambda: [NODE]
        self.lacking: Callable[[str], Any] = lambda _label: {}
        self.stands_in, self.host = False, ""  # as those of a swarm
        self.web: Callable[[], Any] = Silent.timeout
        self.shown: Callable[[], Any] = lambda: "self-signed, until 2999-01-02"
        self.names: set[str] = set()
        self.folder = folder

        @contextmanager
        def connected(_: State) -> Iterator[Any]:
            yield self  # it has the nodes of the swarm

        monkeypatch.setattr(status, "connected", connected)
        monkeypatch.setattr(Web, "get", lambda *_, **__: self.web())
        monkeypatch.setattr("tools.access.web._addresses", lambda _: self.names)
        monkeypatch.setattr(certificates, "shown", lambda *_: self.shown())
        monkeypatch.setattr(service_health, "READY_TIMEOUT_S", -1)
        monkeypatch.setattr(service_health, "INTERVAL_S", 0)
        monkeypatch.setattr(files, "FOLDER", folder)


class Silent:
    """Failures of what a status asks."""

    @staticmethod
    def timeout() -> Any:
        raise requests.ConnectTimeout

    @staticmethod
    def refused() -> Any:
        raise NoAnswerError("timed out")

    @staticmethod
    def broken() -> Any:
        raise RuntimeError("boom\nwith lines")

    @staticmethod
    def os_error() -> Any:
        raise OSError(113, "No route to host")

    @staticmethod
    def name() -> Any:
        raise socket.gaierror(-2, "Name or service not known")


def answer(value: Any, code: int) -> Callable[[], Any]:
    """Return a function that answers as a web server with some JSON."""

    def get() -> Any:
        response = requests.Response()
        response.status_code = code
        response._content = value
        return response

    return get


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> World:
    monkeypatch.setattr(State, "read", lambda _: known(OUTPUTS))
    return World(monkeypatch, tmp_path)


def printed(capsys: pytest.CaptureFixture[str], *options: str) -> str:
    status.show(target(), *options)
    return capsys.readouterr().out


def test_machine_that_is_no_node_and_a_swarm_that_does_not_answer_are_told_apart(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    text = printed(capsys)
    assert "  manager-1      192.0.2.7        Ready Active Leader\n" in text
    assert "  worker-1       192.0.2.8        not in the swarm\n" in text
    world.nodes = Silent.refused
    text = printed(capsys)
    assert "  worker-1       192.0.2.8        unknown\n" in text
    assert (
        "port 2376 of the manager at 192.0.2.7 does not answer this computer: timed out. Is the machine up, and does "
        "firewall.management list this computer's address?\n" in text
    )


def test_silent_swarm_behind_a_proxy_is_told_with_no_proxy(
    world: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    question = "The proxy proxy.example.org is asked for it: does NO_PROXY lack 192.0.2.7?\n"
    world.nodes = Silent.refused
    monkeypatch.setenv("HTTPS_PROXY", "http://me:hidden@proxy.example.org:3128")
    for excluded, told in (("", True), ("10.0.0.0/8", True), ("192.0.2.7", False), ("192.0.2.0/24", False)):
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.setenv(name, excluded)
        text = printed(capsys)
        assert (question in text) == told, excluded
        assert "hidden" not in text


def test_domain_that_leads_nowhere_is_told_once(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    line = "target.example.org has no address; set its A record to 192.0.2.7"
    assert printed(capsys).count(line) == 1
    world.names = {"192.0.2.7"}
    assert line not in printed(capsys)


def test_alerts_that_nobody_gets_are_told(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        "alerts go to   nobody (set monitoring.alertmanager.email_to, or the secret alert_webhook_url or "
        in printed(capsys)
    )


def test_logins_are_shown_on_demand_alone(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys)
    assert "logins         make status STACK=prod" in text
    assert "PASSWORD" not in text
    assert "S3SECRET" not in text
    text = printed(capsys, "--logins")
    assert "prometheus     admin PASSWORD" in text
    assert "s3             AK S3SECRET" in text


def test_commands_for_machines_and_swarm_are_printed_and_written(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    text = printed(capsys)
    assert f"docker         {world.folder}/prod/docker node ls\n" in text
    assert f"ssh            ssh -F {world.folder}/prod/ssh_config manager-1\n" in text
    assert "export" not in text, "an exported DOCKER_HOST would make the next command change the manager"
    assert (world.folder / "prod" / "docker").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(("stands_in", "host"), [(False, "192.0.2.7"), (True, "192.0.2.8")])
def test_command_for_the_swarm_asks_a_manager_that_answers(
    world: World, capsys: pytest.CaptureFixture[str], stands_in: bool, host: str
) -> None:
    world.stands_in, world.host = stands_in, "192.0.2.8"
    printed(capsys)
    assert (world.folder / "prod" / "endpoint").read_text() == f"tcp://{host}:2376\n"


def test_stack_without_outputs_is_told_in_a_line(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SystemExit, match="prod: is not up in s3://state: run `make up STACK=prod`"):
        status.show(target(exists=False))
    monkeypatch.setattr(State, "read", lambda _: State("prod", None))
    with pytest.raises(SystemExit, match=r"prod: is not up: run `make up STACK=prod` \(state in s3://state\)"):
        status.show(target())
    monkeypatch.setattr(State, "read", lambda _: known({}))
    with pytest.raises(SystemExit, match="its last `make up` did not finish: run `make up STACK=prod`"):
        status.show(target())


def test_missing_output_is_told_with_the_command_that_writes_it(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for gone in ("urls", "docker", "ssh"):
        left = {key: value for key, value in OUTPUTS.items() if key != gone}
        monkeypatch.setattr(State, "read", lambda _, left=left: known(left))
        assert f" unknown: the last update left no output '{gone}': run `make up`\n" in printed(capsys)


WORKER = {
    "Spec": {"Labels": {"nuvla-swarm.machine": "worker-1"}, "Availability": "drain"},  # by a setting
    "Status": {"State": "ready"},
}
MANAGER_AWAY = NODE | {"ManagerStatus": {"Reachability": "unreachable"}}
WELL: dict[str, Any] = {  # what a world answers whose machines and services are well
    "nodes": lambda: [NODE, WORKER],
    "web": answer(b'{"data": {"activeTargets": [{"health": "up"}], "result": [{"value": [0, "1"]}]}}', 200),
    "shown": lambda: "self-signed, until 2999-01-02",
    "lacking": lambda _label: {},
    "names": {"192.0.2.7"},
    "stands_in": False,
}
# What answers otherwise, and what is named as not well.
WORLDS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "all well": ({}, []),
    "the domain leads elsewhere": ({"names": {"192.0.2.99"}}, []),
    "a machine left": ({"nodes": lambda: [NODE]}, ["worker-1"]),
    "a machine is down": ({"nodes": lambda: [NODE, WORKER | {"Status": {"State": "down"}}]}, ["worker-1"]),
    "a manager is away": ({"nodes": lambda: [MANAGER_AWAY, WORKER]}, ["manager-1"]),
    "the swarm does not answer": ({"nodes": Silent.refused}, ["swarm"]),
    "another manager answers": ({"stands_in": True, "host": "192.0.2.8"}, ["swarm"]),
    "a service lacks tasks": ({"lacking": lambda _label: {"cadvisor": "1 of 2 tasks run"}}, ["cadvisor"]),
    "no service answers": (
        {"web": Silent.timeout},
        ["traefik", "dashboard", "prometheus", "grafana", "s3", "s3_console"],
    ),
    "services answer with errors": ({"web": answer(b"", 500)}, ["prometheus", "grafana", "s3", "s3_console"]),
    "a manager shows no certificate": ({"shown": lambda: Fault("does not answer: timeout")}, ["certificate"]),
}


@rows("case", [*WORLDS])
def test_status_ends_with_an_error_that_names_what_is_not_well(
    world: World, capsys: pytest.CaptureFixture[str], case: str
) -> None:
    told, faults = WORLDS[case]
    for key, value in (WELL | told).items():
        setattr(world, key, value)
    if faults:
        with pytest.raises(SystemExit, match=rf"^nuvla-swarm: error: prod: not well: {', '.join(faults)}$"):
            status.check(target())
    else:
        status.check(target())
    text = capsys.readouterr().out
    assert [fault for fault in faults if f"\n  {fault} " not in text] == []


def test_lost_machine_is_no_fault_and_is_not_to_join(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(State, "lost", lambda _: ["worker-1"])
    world.nodes, world.web = lambda: [NODE], WELL["web"]
    status.check(target())
    text = capsys.readouterr().out
    assert "  worker-1       192.0.2.8        lost, by machines.lost\n" in text
    assert "joins" not in text


def test_lost_manager_is_asked_for_no_certificate(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(State, "lost", lambda _: ["manager-1"])
    world.nodes, world.web, world.shown = lambda: [WORKER], WELL["web"], lambda: Fault("does not answer")
    status.check(target())


# Shows a status in a pipe that nobody reads any more, as after `make status | head`.
UNREAD = """
import os, sys
reading, writing = os.pipe()
os.close(reading)
os.dup2(writing, 1)
from tests.unit.tools import test_status
from tools import status
from tools.repair.state import State
State.read = lambda _: test_status.known({"kind": "target"})
status.show(test_status.target())
print("after it", flush=True)
"""


def test_reader_that_leaves_ends_the_status_without_an_error() -> None:
    done = subprocess.run([sys.executable, "-c", UNREAD], cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


JUNK: tuple[Any, ...] = (None, "", "x", 0, 7, [], {}, [None], {"a": None}, [{}], "https://", "tcp://:x", b"\xff")
BODIES = (b"", b"nothing", b"null", b"[]", b"{}", b'{"data": null}', b'{"data": {"result": [{}]}}', b"\xff\xfe")
FAILURES = (Silent.timeout, Silent.refused, Silent.broken, Silent.os_error, Silent.name)


def damaged(chance: random.Random, value: Any) -> Any:
    """Return outputs of which some parts are missing or are something else."""
    if chance.random() < 0.1:
        return chance.choice(JUNK)
    if isinstance(value, dict):
        return {key: damaged(chance, part) for key, part in value.items() if chance.random() > 0.05}
    return value


@pytest.mark.parametrize("seed", range(150))
def test_status_prints_lines_whatever_anything_answers(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], seed: int
) -> None:
    chance = random.Random(seed)
    outputs = damaged(chance, without_secret_marks(OUTPUTS)) if seed % 2 else OUTPUTS
    monkeypatch.setattr(State, "read", lambda _: known(outputs if isinstance(outputs, dict) else {}))
    junk = chance.choice(JUNK)
    world.nodes = chance.choice([*FAILURES, lambda: [NODE], lambda: junk, lambda: [NODE | {"Spec": junk}]])
    world.lacking = chance.choice([lambda _label: {}, lambda _label: junk, lambda _label: Silent.refused()])
    world.web = chance.choice([*FAILURES, answer(chance.choice(BODIES), chance.choice([200, 404, 500, 503]))])
    world.shown = chance.choice([*FAILURES, lambda: "self-signed"])
    world.names = chance.choice([set(), {"192.0.2.7"}, {"::1"}])
    if outputs and isinstance(outputs, dict):
        status.show(target(), *(["--logins"] if chance.random() < 0.5 else []))
    else:
        with pytest.raises(SystemExit, match="nuvla-swarm: error: prod: its last `make up` did not finish"):
            status.show(target())
        return
    text = capsys.readouterr().out
    assert "`prod`" in text
    assert "Traceback" not in text
    assert len(text.splitlines()) >= 6, text
