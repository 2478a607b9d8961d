"""components/firewall/reserved_ports.py: ports of machines that no service of the swarm can publish."""

from components.firewall.reserved_ports import NAME, ReservedPorts, ReservedPortsArgs
from components.firewall.rules import target_rows
from tests.support.builders import owner
from tests.support.fake_pulumi import FakePulumi
from tests.support.pulumi_run import build

RANGE = (32768, 60999)
# All that is open to anybody on a target, but for the ports of applications.
WANTED = {
    *((port, "tcp") for port in (22, 80, 111, 443, 662, 2049, 2222, 2376, 2377, 4045, 7946, 8080, 9000, 9323, 33333)),
    *((port, "udp") for port in (111, 662, 2049, 4045, 4789, 7946, 33333)),
}


def reserved() -> None:
    rows = target_rows(ephemeral=RANGE, nfs=True, s3_port=9000, swarm_port=True)
    args = ReservedPortsArgs(rows=rows, ssh=[22, 2222], image="haproxy:1", owner=owner())
    build(lambda: ReservedPorts("reserved", args))


def test_service_without_tasks_publishes_each_port_of_the_machines(fake_pulumi: FakePulumi) -> None:
    reserved()
    service = fake_pulumi.inputs("reserved-service")
    assert (service["name"], service["mode"]) == (NAME, {"replicated": {"replicas": 0}})
    ports = service["endpointSpec"]["ports"]
    assert {(port["publishedPort"], port["protocol"]) for port in ports} == WANTED
    assert {port["publishMode"] for port in ports} == {"host"}


def test_preview_shows_the_reserved_ports(fake_pulumi: FakePulumi) -> None:
    reserved()
    assert set(fake_pulumi.inputs("reserved")["ports"]) == {f"{port}/{protocol}" for port, protocol in WANTED}
    assert fake_pulumi.parent("reserved-service") == "reserved"
    assert "reserved" in fake_pulumi.finished
