"""Rows of the firewall, keys of daemon.json, a private registry, a proxy, packages."""

import json
import socket
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

from tests.e2e.harness import Stack
from tests.e2e.recording_proxy import PrivateRegistry, RecordingProxy
from tests.e2e.waiting import wait_for
from tests.support.stand_ins import STAND_INS, is_offline

OPEN, CLOSED = 27015, 27016  # udp
PACKAGE = "tree"
WORD = "word-of-the-private-registry"
MIRROR = "198.18.0.1:5000"  # of offline mode
ECHO = Path(__file__).parents[1] / "files" / "echo_datagrams.py"
MACHINES = ("manager-1", "worker-1")
proxies: list[RecordingProxy] = []
registries: list[PrivateRegistry] = []


def prepare(stack: Stack) -> None:
    """Set a row for UDP, limits of containers, a proxy, a package and, in offline mode, a private registry."""
    extra = {"ports": str(OPEN), "protocol": "udp", "sources": ["users"], "description": "game server"}
    stack.set("firewall.extra", [extra])
    daemon: dict[str, Any] = {"default-ulimits": {"nofile": {"Name": "nofile", "Soft": 4321, "Hard": 4321}}}
    proxies.append(RecordingProxy())
    this_computer = IPv4Network(stack.get("machines.subnet"))[1]
    address = f"http://{this_computer}:{proxies[-1].port}"
    stack.set("machines.proxy", {"http": address, "https": address})
    stack.set("machines.packages", [PACKAGE])
    if is_offline():
        registries.append(PrivateRegistry(MIRROR, "puller", WORD))
        name = registries[-1].name
        daemon["insecure-registries"] = [name]
        stack.set("engine.registries", {name: {"username": "puller"}})
        stack.set("images.haproxy", f"{name}/{STAND_INS['haproxy']}")
        passwords = json.dumps({name: WORD})
        stack.must("pulumi", "config", "set", "--secret", "nuvla-swarm:registry_passwords", passwords)
    stack.set("engine.daemon", daemon)


def check_extra_row_opens_udp_alone(stack: Stack) -> None:
    unit = "echo-datagrams"
    start = ("systemd-run", "--collect", "--unit", unit, "python3", "-c", ECHO.read_text(), str(OPEN), str(CLOSED))
    answer = stack.on("worker-1", *start)
    assert answer.code == 0, answer.text
    try:
        wait_for(lambda: _echoes(stack, OPEN), f"{OPEN}/udp answers")
        assert not _echoes(stack, CLOSED)
    finally:
        stack.on("worker-1", "systemctl", "stop", unit)


def check_containers_have_the_limits_of_daemon_json(stack: Stack) -> None:
    for machine in MACHINES:
        container, *_ = stack.on(machine, "docker", "ps", "--quiet").text.split()
        limit = stack.on(machine, "docker", "exec", container, "sh", "-c", "ulimit -n")
        assert limit.text.strip() == "4321", limit.text


def check_wrong_daemon_json_leaves_the_engine_as_it_is(stack: Stack) -> None:
    before = stack.get("engine.daemon")
    stack.set("engine.daemon", {**before, "mtu": "many"})
    try:
        result = stack.up()
        assert result.code != 0
        assert "engine.daemon" in result.text, result.text
        assert stack.on("manager-1", "docker", "version", "--format", "{{.Server.Version}}").code == 0
        assert len(stack.nodes()) == len(MACHINES)
    finally:
        stack.set("engine.daemon", before)
        result = stack.up()
        assert result.code == 0, result.text


def check_services_run_with_a_private_image(stack: Stack) -> None:
    for registry in registries[-1:]:
        for machine in MACHINES:
            images = stack.on(machine, "docker", "ps", "--format", "{{.Image}}").text
            assert f"{registry.name}/" in images, images
            found = stack.on(machine, "grep", "--recursive", "--files-with-matches", WORD, "/etc", "/root", "/run")
            assert "nuvla" not in found.text, found.text
        services = stack.on("manager-1", "sh", "-c", "docker service inspect $(docker service ls --quiet)").text
        assert registry.name in services
        assert WORD not in services
        assert WORD not in stack.state()


def check_packages_and_images_come_through_the_proxy(stack: Stack) -> None:
    for machine in MACHINES:
        assert stack.on(machine, PACKAGE, "--version").code == 0, machine
    hosts = proxies[-1].hosts
    of_images = {registry.name for registry in registries[-1:]}
    assert of_images <= hosts
    assert hosts - of_images - {MIRROR}, "apt asked nobody through the proxy"
    own = {stack.address(machine) for machine in MACHINES}
    assert not {host for host in hosts if host.partition(":")[0] in own}, "machines reach each other directly"


def _echoes(stack: Stack, port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mouth:
        mouth.settimeout(1)
        mouth.sendto(b"word", (stack.address("worker-1"), port))
        try:
            return mouth.recv(10) == b"word"
        except TimeoutError:
            return False
