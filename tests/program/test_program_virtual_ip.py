"""The virtual IP of managers, in the whole program: who is told of it, and what it changes where there was none."""

from typing import Any

from components.virtual_ip import UNIT
from tests.program.runs import run
from tests.support.configs import HOST_KEY, changed, existing, secrets_for, target
from tests.support.pulumi_run import Program

VIRTUAL_IP = "10.77.0.9"
MANAGERS = ("manager-1", "manager-2", "manager-3")
WITHOUT = target(managers=3, workers=1)
WITH = changed(WITHOUT, "machines.virtual_ip", VIRTUAL_IP)
HOSTS = {str(number): {"address": f"198.51.100.{number}", "host_key": f"{HOST_KEY}{number}"} for number in (1, 2, 3)}
ON_HOSTS = changed(existing(workers=1), "machines.pools.manager.hosts", HOSTS)


def ran(document: dict[str, Any]) -> Program:
    return run(document, secrets=secrets_for(document))


def test_people_are_sent_to_the_virtual_ip_and_the_program_is_not() -> None:
    found = ran(WITH)
    assert found.outputs["docker"]["endpoint"] == f"https://{VIRTUAL_IP}:2376"
    hosts = {url.split("/")[2].partition(":")[0] for url in found.outputs["urls"].values()}
    assert hosts == {VIRTUAL_IP}
    assert found.engine.inputs("swarm-engine")["host"] != f"tcp://{VIRTUAL_IP}:2376"


def test_certificates_of_all_managers_are_for_the_virtual_ip() -> None:
    engine = ran(WITH).engine
    for certificate in (*(f"certificates-{name}-request" for name in MANAGERS), "traefik-certificate-cert"):
        assert VIRTUAL_IP in engine.inputs(certificate)["ipAddresses"], certificate


def test_managers_share_the_address_and_hear_each_other_alone() -> None:
    for document, address in (
        (WITH, VIRTUAL_IP),
        (changed(ON_HOSTS, "machines.virtual_ip", "198.51.100.9"), "198.51.100.9"),
    ):
        engine = ran(document).engine
        assert engine.children("virtual-ip") == {f"virtual-ip-{name}" for name in MANAGERS}
        assert {engine.parameters(f"virtual-ip-{name}")["ADDRESS"] for name in MANAGERS} == {address}
        own = {name: engine.parameters(f"virtual-ip-{name}")["PRIVATE_ADDRESS"] for name in MANAGERS}
        for name in MANAGERS:
            rules = engine.script(f"firewall-{name}")
            let_in = {other for other in MANAGERS if f"ip saddr {own[other]} ip protocol 112 accept" in rules}
            assert let_in == set(MANAGERS) - {name}
        assert "ip protocol 112 accept" not in engine.script("firewall-worker-1")


def test_containers_are_kept_from_the_virtual_ip_as_from_the_hosts() -> None:
    """A container that asks for a port of the machines there would otherwise count as the machine that it is on."""
    engine = ran(changed(ON_HOSTS, "machines.virtual_ip", "198.51.100.9")).engine
    assert "add element inet nuvla_swarm cluster { 198.51.100.9/32 }" in engine.script("firewall-worker-1")


def test_host_gives_back_the_unit_of_the_virtual_ip_alone_where_there_is_one() -> None:
    for document, there in ((ON_HOSTS, False), (changed(ON_HOSTS, "machines.virtual_ip", "198.51.100.9"), True)):
        engine = ran(document).engine
        listed = [f"/etc/systemd/system/{UNIT}" in engine.parameters(f"{name}-before")["ADDED"] for name in MANAGERS]
        assert listed == [there] * 3


def test_virtual_ip_replaces_no_machine_and_no_service() -> None:
    """It is for infrastructures that are up."""
    before, after = ran(WITHOUT).engine, ran(WITH).engine
    alerts = "prometheus-config-rules-virtual_ip"
    assert set(after.given) - set(before.given) == {"virtual-ip", *(f"virtual-ip-{name}" for name in MANAGERS), alerts}
    assert set(before.given) <= set(after.given)
    for name in MANAGERS:
        assert before.inputs(name) == after.inputs(name)
    changes = {
        key
        for key in before.inputs("traefik-service")
        if before.inputs("traefik-service")[key] != after.inputs("traefik-service")[key]
    }
    assert changes == {"taskSpec"}
