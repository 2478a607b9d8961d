"""Who reaches which ports of a target, by real packets from outside of its machines."""

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.e2e import expected_ports
from tests.e2e.harness import Stack, docker
from tests.e2e.port_probes import SCRIPTS, Answers, Prober, planted, probe, routes_back, send, send_from_all, talking
from tests.e2e.waiting import wait_for, wait_for_entry

MACHINES = ("manager-1", "worker-1")  # that are probed
ALL = ("manager-1", "worker-1", "worker-2")
WHOAMI = "whoami:test"
INSIDE, BELOW = 45678, 20000  # of the ephemeral ports, and no port of any line
APPLICATION = ["docker", "service", "create", "--detach", "--endpoint-mode=dnsrr", "--network=traefik-public"]


def probe_all(target: Stack, by: Prober) -> dict[str, dict[str, Answers]]:
    with ThreadPoolExecutor() as threads:
        return dict(zip(MACHINES, threads.map(lambda machine: probe(target, machine, by), MACHINES), strict=True))


def assert_the_guide_holds(target: Stack, by: Prober) -> None:
    wanted = {source: dict(expected_ports.answers(source)) for source in expected_ports.SOURCES}
    assert probe_all(target, by) == dict.fromkeys(MACHINES, wanted)


@pytest.fixture(scope="module")
def answers(whole: Stack, by: Prober) -> dict[str, dict[str, Answers]]:
    """What a manager and a worker answer to each source."""
    return probe_all(whole, by)


@pytest.mark.parametrize("source", expected_ports.SOURCES)
@pytest.mark.parametrize("machine", MACHINES)
def test_each_port_is_open_to_those_whom_the_guide_names_and_to_nobody_else(
    answers: dict[str, dict[str, Answers]], machine: str, source: str
) -> None:
    assert answers[machine][source] == dict(expected_ports.answers(source))


def test_the_kernel_takes_the_ephemeral_ports_for_its_own_connections(whole: Stack) -> None:
    for machine in ALL:
        kernel = whole.on(machine, "cat", "/proc/sys/net/ipv4/ip_local_port_range").text.split()
        assert kernel == [str(expected_ports.FIRST), str(expected_ports.LAST)], machine


@pytest.fixture(scope="module")
def everywhere(whole: Stack) -> Iterator[None]:
    """Services that somebody deploys on all machines: one at a port among the ephemeral ones, one at a port below."""
    names = {"inside": INSIDE, "below": BELOW}
    try:
        for name, port in names.items():
            published = f"--publish=mode=host,published={port},target=80"
            created = whole.on("manager-1", *APPLICATION, f"--name={name}", "--mode=global", published, WHOAMI)
            assert created.code == 0, created.text
        tasks = ["docker", "service", "ps", *names, "--no-trunc", "--format={{.CurrentState}} {{.Node}} {{.Error}}"]

        def states() -> str:
            return whole.on("manager-1", *tasks).text

        wait_for(lambda: states().count("Running") == 6, "they run everywhere", 180, states)
        yield
    finally:
        whole.on("manager-1", "docker", "service", "rm", *names)


@pytest.mark.parametrize("own", [True, False], ids=["its own", "another"])
def test_an_overlays_container_reaches_of_a_machine_what_is_measured_and_nothing_else(
    whole: Stack, by: Prober, everywhere: None, own: bool
) -> None:
    """Its packets come from a bridge of the machine that it is on; on 2049 it may connect, and say nothing."""
    for machine in MACHINES:
        asked = machine if own else next(name for name in MACHINES if name != machine)
        address = whole.address(asked)
        task = whole.on(machine, "docker", "ps", "--quiet", "--filter=name=inside").text.strip()
        process = whole.on(machine, "docker", "inspect", "--format={{.State.Pid}}", task).text.strip()
        script = (
            f"ADDRESS={address} PORTS='111 2049 9323 33333 22 5000 9100'\n"
            + (SCRIPTS / "connect_to_ports.sh").read_text()
        )
        with planted(whole, asked, by, *expected_ports.PORTS):
            reached = whole.on(machine, "nsenter", f"--target={process}", "--net", "bash", "-c", script)
        found = {int(port): int(code) for port, code in (line.split() for line in reached.text.splitlines())}
        assert found == dict.fromkeys((111, 33333, 22, 5000, 9100), 124) | {2049: 0, 9323: 0}, machine


def test_nobody_is_routed_to_a_container_past_the_ports_that_it_publishes(
    whole: Stack, by: Prober, everywhere: None
) -> None:
    """Not even another machine, which knows the way to the bridge that the container is on."""
    for machine in MACHINES:
        task = whole.on(machine, "docker", "ps", "--quiet", "--no-trunc", "--filter=name=below").text.strip()
        listed = whole.on(machine, "docker", "network", "inspect", "docker_gwbridge", "--format={{json .Containers}}")
        bridged = json.loads(listed.text)[task]["IPv4Address"].partition("/")[0]
        way = ["docker", "exec", by.container, "ip", "route"]
        docker(*way[1:], "replace", f"{bridged}/32", "via", whole.address(machine))
        try:
            with routes_back(whole, machine):
                found = send_from_all(by, bridged, 80)
            assert found == {source: {80: "closed"} for source in expected_ports.SOURCES}, machine
        finally:
            docker(*way[1:], "delete", f"{bridged}/32", "via", whole.address(machine))


def test_nothing_of_the_machines_listens_among_the_ports_of_applications(whole: Stack) -> None:
    """But mountd, whose port the guide has there and the table takes out; and what Docker publishes."""
    for machine in ALL:
        told = whole.on(machine, "ss", "--no-header", "--listening", "--numeric", "--tcp", "--processes").text
        places = [(line.split()[3].rpartition(":"), line) for line in told.splitlines()]
        found = [
            line
            for (address, _, port), line in places
            if expected_ports.FIRST <= int(port) <= expected_ports.LAST
            and int(port) != 33333
            and not address.startswith("127.")
        ]
        assert [line for line in found if "docker" not in line] == [], machine


def test_users_reach_a_published_port_among_the_ephemeral_ones_and_none_below(
    whole: Stack, by: Prober, everywhere: None
) -> None:
    for machine in MACHINES:
        with routes_back(whole, machine):
            found = send_from_all(by, whole.address(machine), INSIDE, BELOW)
        assert found.pop(expected_ports.USERS) == {INSIDE: "open", BELOW: "closed"}, machine
        assert found == {source: {INSIDE: "closed", BELOW: "closed"} for source in found}, machine


def test_users_reach_a_port_of_the_ingress_mesh_among_the_ephemeral_ones_and_none_below(
    whole: Stack, by: Prober
) -> None:
    if whole.on("worker-1", "test", "-e", "/proc/net/ip_vs").code != 0 and not modules("ip_vs"):
        pytest.skip("the kernel has no IPVS, without which the ingress mesh carries nothing")
    inside, below = INSIDE + 1, BELOW + 1
    ports = [f"--publish=published={port},target=80" for port in (inside, below)]
    created = whole.on("manager-1", "docker", "service", "create", "--name=meshed", *ports, WHOAMI)
    assert created.code == 0, created.text
    try:
        for machine in MACHINES:
            with routes_back(whole, machine):
                assert send(by, expected_ports.USERS, whole.address(machine), inside, below) == {
                    inside: "open",
                    below: "closed",
                }
    finally:
        whole.on("manager-1", "docker", "service", "rm", "meshed")


def modules(name: str) -> list[Path]:
    """Files of a module of this computer's kernel, which is that of the machines where the engine is its own."""
    release = Path("/proc/sys/kernel/osrelease").read_text().strip()
    return list(Path("/lib/modules", release).rglob(f"{name}.ko*"))


def test_another_network_of_users_is_one_visible_change_and_cuts_no_connection(whole: Stack, by: Prober) -> None:
    users = whole.get("firewall.users")
    address = whole.address("worker-1")
    with planted(whole, "worker-1", by, INSIDE + 2):
        held = by.script("hold_connection.py", expected_ports.USERS, address, INSIDE + 2)
        with talking(held, "connected") as (stdin, stdout, _):
            whole.set("firewall.users", ["203.0.113.128/25", *users[1:]])
            try:
                shown = whole.preview("--diff")
                assert re.search(r'"203\.0\.113\.0/24" *=> *"203\.0\.113\.128/25"', shown.text), shown.text
                firewall = {"firewall", *(f"firewall-{machine}" for machine in ALL)}
                shown_ones = set(re.findall(r"\[urn=\S+::(\S+)\]", shown.text))
                assert {name for name in shown_ones if not name.startswith("nuvla-swarm-")} == firewall, shown.text
                result = whole.up()
                assert result.code == 0, result.text
                assert result.touched() == firewall, result.text
                assert send(by, expected_ports.USERS, address, INSIDE + 2) == {INSIDE + 2: "closed"}
                print("still there", file=stdin, flush=True)
                assert stdout.readline() == "still there\n"
            finally:
                whole.set("firewall.users", users)
                assert whole.up().code == 0


def test_the_firewall_is_in_force_after_a_restart_of_the_engine(
    whole: Stack, by: Prober, exported: dict[str, Any], user: requests.Session
) -> None:
    for machine in MACHINES:
        stranded = whole.on(machine, "bash", "-c", (SCRIPTS / "leave_stray_interfaces.sh").read_text())
        assert int(stranded.text) > 0, stranded.text
        started = whole.on(machine, "systemctl", "start", "docker")
        assert started.code == 0, started.text
    wait_for(lambda: whole.nodes() == dict.fromkeys(ALL, "Ready Active"), "the swarm is back")
    wait_for_entry(exported["urls"], user)  # or else listeners of the test would take Traefik's ports
    assert_the_guide_holds(whole, by)


def test_the_firewall_is_in_force_after_a_restart_of_the_machines(
    whole: Stack, by: Prober, exported: dict[str, Any], user: requests.Session
) -> None:
    docker("restart", *(whole.container(machine) for machine in MACHINES))
    wait_for_entry(exported["urls"], user)  # or else listeners of the test would take Traefik's ports
    assert_the_guide_holds(whole, by)
