"""components/ports.py: each port of the table has a listener, and each listener has a port in the table."""

import re
from collections.abc import Iterator

from components import assets, catalog, ports
from components.engine.daemon_json import daemon_json
from components.engine.settings import EngineSettings
from components.firewall.rules import fixed_ports, host_rows, target_rows
from tests.support.configs import target
from tests.support.pulumi_run import run_program

EPHEMERAL = (32768, 60999)
# Ports that Docker gives a swarm by itself, and no setting of ours. Source: Docker documentation, "Swarm mode".
OF_DOCKER_SWARM = {("tcp", 2377), ("tcp", 7946), ("udp", 7946), ("udp", 4789)}
OF_SSHD = {("tcp", 22)}


def listened_by_engine() -> Iterator[tuple[str, int]]:
    """Yield what dockerd listens on by its daemon.json."""
    engine = EngineSettings().resolved(default_source="docker.com", no_new_privileges=False, icc=True)
    document = daemon_json(engine, serves_api=True)
    addresses = [document["metrics-addr"], *(host for host in document["hosts"] if host.startswith("tcp:"))]
    yield from (("tcp", int(address.rpartition(":")[2])) for address in addresses)


def listened_by_nfs() -> Iterator[tuple[str, int]]:
    """Yield what the files for NFS servers have listen, and the portmapper, whose port no file sets."""
    rendered = run_program(target(nfs={"server": "ganesha"})).engine.script("nfs-server").partition("#!/")[0]
    patterns = (r"port\s*=\s*(\d+)", r"(?:NFS|MNT)_Port = (\d+)")
    yield from (("tcp", int(port)) for pattern in patterns for port in re.findall(pattern, rendered))
    probed = re.search(r"for port in (\d+) ", assets.read("storage/scripts/nfs_server.sh"))
    assert probed, "nfs_server.sh waits for the portmapper"
    yield "tcp", int(probed[1])


def listened_by_traefik() -> Iterator[tuple[str, int]]:
    """Yield what Traefik publishes on its machines."""
    service = run_program(target()).engine.inputs("traefik-service")
    yield from (
        (published["protocol"], int(published["publishedPort"])) for published in service["endpointSpec"]["ports"]
    )


def listened_by_services() -> dict[str, set[tuple[str, int]]]:
    """Return what the other services publish on their machines, by service."""
    fake = run_program(target()).engine
    services = {name.removesuffix("-service"): name for name in fake.types if name.endswith("-service")}
    published = {
        service: {
            (port["protocol"], int(port["publishedPort"]))
            for port in fake.inputs(name).get("endpointSpec", {}).get("ports", [])
        }
        for service, name in services.items()
        if service not in ("traefik", "reserved-ports")
    }
    return {service: found for service, found in published.items() if found}


def of_table(listener: str) -> set[tuple[str, int]]:
    return {
        (protocol, port.number)
        for port in catalog.port_table()
        if port.listener == listener
        for protocol in port.protocols
    }


def test_each_port_of_the_table_has_its_listener_and_each_listener_its_port() -> None:
    listeners = {
        "sshd": OF_SSHD,
        "swarm": OF_DOCKER_SWARM,
        "dockerd": set(listened_by_engine()),
        "traefik": set(listened_by_traefik()),
        "nfs": set(listened_by_nfs()),
        **listened_by_services(),
    }
    assert {port.listener for port in catalog.port_table()} == set(listeners), (
        "name the service as `listener` of its port, or say in this test where the process listens"
    )
    wrong = {
        name: of_table(name) ^ found
        for name, found in listeners.items()
        # Of NFS, the files name each port once, whatever its protocols are.
        if {number for _, number in of_table(name)} != {number for _, number in found}
        or (name != "nfs" and of_table(name) != found)
    }
    assert wrong == {}, "components/ports.py and what listens differ"


def test_each_port_is_declared_by_one_folder() -> None:
    declared = [port for manifest in catalog.MANIFESTS.values() for port in manifest.ports]
    assert sorted(port.row for port in declared) == sorted(port.row for port in catalog.port_table()), (
        "a port of components/ports.py belongs into `ports` of exactly one MANIFEST"
    )


def test_firewalls_open_the_ports_of_the_table_and_nothing_else() -> None:
    target = target_rows(ephemeral=EPHEMERAL, nfs=True, s3_port=ports.S3.number, swarm_port=True)
    opened = {(row.service, row.first) for row in target if row.service != "ephemeral"}
    assert opened == {(port.row, port.number) for port in ports.TABLE if port.on_target}
    host = {(row.service, row.first) for row in host_rows(swarm_port=True)}
    assert host == {(port.row, port.number) for port in ports.TABLE if port.on_host}


def test_fixed_ports_are_those_that_no_setting_may_take() -> None:
    held = fixed_ports()
    assert held == {port.number: port.holder for port in ports.TABLE if port.fixed}
    assert ports.MOUNTD.number not in held
    assert set(held) - set(fixed_ports(nfs=False)) == {port.number for port in ports.TABLE if port.holder == "nfs"} - {
        ports.MOUNTD.number
    }


def test_templates_name_ports_by_the_table_alone() -> None:
    """A number of the table in a file of a component would not follow it; comments may have it."""
    numbers = {port.number for port in ports.TABLE} - {80, 443, 22, 111, 662, 663}  # too short to be sure of
    shipped = [*assets.COMPONENTS.rglob("files/*.y*ml"), *assets.COMPONENTS.rglob("files/*.conf")]
    wrong = {
        f"{path.relative_to(assets.COMPONENTS)}: {line.strip()}"
        for path in shipped
        for line in path.read_text().splitlines()
        if any(re.search(rf"\b{number}\b", line.partition("#")[0]) for number in numbers)
    }
    of_cadvisor = "monitoring/files/prometheus.yml: replacement: $${1}:8080"  # in its container, and on no machine
    assert wrong == {of_cadvisor}, "write $port_<row> there"
