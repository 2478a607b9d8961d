"""The firewall of a target: which source reaches which port, by real packets from outside of the machines."""

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.e2e import expected_ports
from tests.e2e.harness import SCRIPTS, Stack
from tests.e2e.listeners import routes_back, running_listeners, running_process
from tests.e2e.machines import patience
from tests.e2e.port_probes import PortStates, Prober, probe_ports, send_packets, send_packets_from_all
from tests.e2e.waiting import wait_for, wait_for_routes

PROBED_MACHINES = ("manager-1", "worker-1")
ALL_MACHINES = ("manager-1", "worker-1", "worker-2")
WHOAMI = "whoami:test"
EPHEMERAL_PORT, LOWER_PORT = 45678, 20000  # no rule names either; the second is below the ephemeral ports
CREATE_APPLICATION = ["docker", "service", "create", "--detach", "--endpoint-mode=dnsrr", "--network=traefik-public"]


def probe_all(target: Stack, prober: Prober) -> dict[str, dict[str, PortStates]]:
    with ThreadPoolExecutor() as threads:
        return dict(
            zip(
                PROBED_MACHINES,
                threads.map(lambda machine: probe_ports(target, machine, prober), PROBED_MACHINES),
                strict=True,
            )
        )


def assert_ports_match_the_guide(target: Stack, prober: Prober) -> None:
    expected = {source: dict(expected_ports.expected_answers(source)) for source in expected_ports.SOURCES}
    assert probe_all(target, prober) == dict.fromkeys(PROBED_MACHINES, expected)


@pytest.fixture(scope="module")
def port_states(full_target: Stack, prober: Prober) -> dict[str, dict[str, PortStates]]:
    """Return the states of the ports of a manager and a worker, by machine and source."""
    return probe_all(full_target, prober)


@pytest.mark.parametrize("source", expected_ports.SOURCES)
@pytest.mark.parametrize("machine", PROBED_MACHINES)
def test_ports_are_open_to_the_sources_of_the_guide_alone(
    port_states: dict[str, dict[str, PortStates]], machine: str, source: str
) -> None:
    assert port_states[machine][source] == dict(expected_ports.expected_answers(source))


def test_kernel_uses_the_ephemeral_ports_for_outgoing_connections(full_target: Stack) -> None:
    for machine in ALL_MACHINES:
        kernel = full_target.on(machine, "cat", "/proc/sys/net/ipv4/ip_local_port_range").text.split()
        assert kernel == [str(expected_ports.FIRST_EPHEMERAL), str(expected_ports.LAST_EPHEMERAL)], machine


@pytest.fixture(scope="module")
def published_services(full_target: Stack) -> Iterator[None]:
    """Deploy two services on all machines: `inside` on an ephemeral port, `below` on a lower port."""
    names = {"inside": EPHEMERAL_PORT, "below": LOWER_PORT}
    try:
        for name, port in names.items():
            published = f"--publish=mode=host,published={port},target=80"
            created = full_target.on(
                "manager-1", *CREATE_APPLICATION, f"--name={name}", "--mode=global", published, WHOAMI
            )
            assert created.code == 0, created.text
        tasks = ["docker", "service", "ps", *names, "--no-trunc", "--format={{.CurrentState}} {{.Node}} {{.Error}}"]

        def states() -> str:
            return full_target.on("manager-1", *tasks).text

        wait_for(lambda: states().count("Running") == 6, "the services run on all machines", 180, states)
        yield
    finally:
        full_target.on("manager-1", "docker", "service", "rm", *names)


@pytest.mark.parametrize("own", [True, False], ids=["its own", "another"])
def test_overlay_container_reaches_only_nfs_and_engine_metrics_of_a_machine(
    full_target: Stack, prober: Prober, published_services: None, own: bool
) -> None:
    """The packets come from a bridge of the container's machine; NFS accepts its connections and serves nothing."""
    for machine in PROBED_MACHINES:
        probed = machine if own else next(name for name in PROBED_MACHINES if name != machine)
        address = full_target.address(probed)
        task = full_target.on(machine, "docker", "ps", "--quiet", "--filter=name=inside").text.strip()
        process = full_target.on(machine, "docker", "inspect", "--format={{.State.Pid}}", task).text.strip()
        script = (
            f"ADDRESS={address} PORTS='111 2049 9323 33333 22 5000 9100' TIMEOUT_S={3 * patience():.0f}\n"
            + (SCRIPTS / "connect_to_ports.sh").read_text()
        )
        with running_listeners(full_target, probed, prober.image, *expected_ports.PROBED_PORTS):
            reached = full_target.on(machine, "nsenter", f"--target={process}", "--net", "bash", "-c", script)
        results = {int(port): int(code) for port, code in (line.split() for line in reached.text.splitlines())}
        assert results == dict.fromkeys((111, 33333, 22, 5000, 9100), 124) | {2049: 0, 9323: 0}, machine


def test_container_is_not_reached_past_its_published_ports(
    full_target: Stack, prober: Prober, published_services: None
) -> None:
    """No source is routed to a container, not even a machine with a route to the bridge of the container."""
    for machine in PROBED_MACHINES:
        task = full_target.on(machine, "docker", "ps", "--quiet", "--no-trunc", "--filter=name=below").text.strip()
        listed = full_target.on(
            machine, "docker", "network", "inspect", "docker_gwbridge", "--format={{json .Containers}}"
        )
        bridge_address = json.loads(listed.text)[task]["IPv4Address"].partition("/")[0]
        with prober.route(bridge_address, via=full_target.address(machine)), routes_back(full_target, machine):
            results = send_packets_from_all(prober, bridge_address, 80)
        assert results == {source: {80: "closed"} for source in expected_ports.SOURCES}, machine


def test_machines_listen_on_no_ephemeral_port_but_that_of_mountd(full_target: Stack) -> None:
    """The rules close the port of mountd to applications. Docker listens for the ports that it publishes."""
    for machine in ALL_MACHINES:
        listed = full_target.on(machine, "ss", "--no-header", "--listening", "--numeric", "--tcp", "--processes").text
        sockets = [(line.split()[3].rpartition(":"), line) for line in listed.splitlines()]
        exposed = [
            line
            for (address, _, port), line in sockets
            if expected_ports.FIRST_EPHEMERAL <= int(port) <= expected_ports.LAST_EPHEMERAL
            and int(port) != 33333
            and not address.startswith("127.")
        ]
        assert [line for line in exposed if "docker" not in line] == [], machine


def test_users_reach_published_ephemeral_ports_and_no_lower_ones(
    full_target: Stack, prober: Prober, published_services: None
) -> None:
    for machine in PROBED_MACHINES:
        with routes_back(full_target, machine):
            results = send_packets_from_all(prober, full_target.address(machine), EPHEMERAL_PORT, LOWER_PORT)
        assert results.pop(expected_ports.USERS) == {EPHEMERAL_PORT: "open", LOWER_PORT: "closed"}, machine
        assert results == {source: {EPHEMERAL_PORT: "closed", LOWER_PORT: "closed"} for source in results}, machine


def test_users_reach_ephemeral_ports_of_the_ingress_mesh_and_no_lower_ones(full_target: Stack, prober: Prober) -> None:
    if full_target.on("worker-1", "test", "-e", "/proc/net/ip_vs").code != 0 and not kernel_modules("ip_vs"):
        pytest.skip("the kernel has no IPVS, without which the ingress mesh carries nothing")
    inside, below = EPHEMERAL_PORT + 1, LOWER_PORT + 1
    ports = [f"--publish=published={port},target=80" for port in (inside, below)]
    created = full_target.on("manager-1", "docker", "service", "create", "--name=meshed", *ports, WHOAMI)
    assert created.code == 0, created.text
    try:
        for machine in PROBED_MACHINES:
            with routes_back(full_target, machine):
                assert send_packets(prober, expected_ports.USERS, full_target.address(machine), inside, below) == {
                    inside: "open",
                    below: "closed",
                }
    finally:
        full_target.on("manager-1", "docker", "service", "rm", "meshed")


def kernel_modules(name: str) -> list[Path]:
    """Return the files of a module of this computer's kernel, which machines share if the engine is local."""
    release = Path("/proc/sys/kernel/osrelease").read_text().strip()
    return list(Path("/lib/modules", release).rglob(f"{name}.ko*"))


def test_another_network_of_users_shows_in_the_preview_and_cuts_no_connection(
    full_target: Stack, prober: Prober
) -> None:
    users = full_target.get("firewall.users")
    address = full_target.address("worker-1")
    with running_listeners(full_target, "worker-1", prober.image, EPHEMERAL_PORT + 2):
        hold_connection = prober.script_command("hold_connection.py", expected_ports.USERS, address, EPHEMERAL_PORT + 2)
        with running_process(hold_connection, "connected") as (stdin, stdout, _):
            full_target.set("firewall.users", ["203.0.113.128/25", *users[1:]])
            try:
                preview = full_target.preview("--diff")
                assert re.search(r'"203\.0\.113\.0/24" *=> *"203\.0\.113\.128/25"', preview.text), preview.text
                firewall = {"firewall", *(f"firewall-{machine}" for machine in ALL_MACHINES)}
                previewed = set(re.findall(r"\[urn=\S+::(\S+)\]", preview.text))
                assert {name for name in previewed if not name.startswith("nuvla-swarm-")} == firewall, preview.text
                result = full_target.up()
                assert result.code == 0, result.text
                assert result.touched() == firewall, result.text
                assert send_packets(prober, expected_ports.USERS, address, EPHEMERAL_PORT + 2) == {
                    EPHEMERAL_PORT + 2: "closed"
                }
                print("still there", file=stdin, flush=True)
                assert stdout.readline() == "still there\n"
            finally:
                full_target.set("firewall.users", users)
                assert full_target.up().code == 0


def test_firewall_is_in_force_after_a_restart_of_the_engine(
    full_target: Stack, prober: Prober, outputs: dict[str, Any], user_session: requests.Session
) -> None:
    for machine in PROBED_MACHINES:
        stranded = full_target.on(machine, "bash", "-c", (SCRIPTS / "leave_stray_interfaces.sh").read_text())
        assert int(stranded.text) > 0, stranded.text
        started = full_target.on(machine, "systemctl", "start", "docker")
        assert started.code == 0, started.text
    wait_for(lambda: full_target.nodes() == dict.fromkeys(ALL_MACHINES, "Ready Active"), "the swarm is back")
    wait_for_routes(outputs["urls"], user_session)  # otherwise listeners of the test take Traefik's ports
    assert_ports_match_the_guide(full_target, prober)


def test_firewall_is_in_force_after_a_restart_of_the_machines(
    full_target: Stack, prober: Prober, outputs: dict[str, Any], user_session: requests.Session
) -> None:
    full_target.restart(*PROBED_MACHINES)
    wait_for_routes(outputs["urls"], user_session)  # otherwise listeners of the test take Traefik's ports
    assert_ports_match_the_guide(full_target, prober)
