"""components/traefik/stack.py: the configuration of Traefik, and what it promises to published services."""

from dataclasses import asdict

from components.socket_proxy.stack import SOCKET, VOLUME
from components.traefik.stack import SHOWN_ELSEWHERE, SHOWN_IF_SET
from tests.support.pulumi_run import value
from tests.support.traefik import SETTINGS, context, service, spec, static

HIGHEST = 2**63 - 1 - 1000  # priority of a router that is not Traefik's own


def test_traefik_runs_on_every_manager() -> None:
    assert service().replicas is None
    assert service().constraints == ["node.role==manager"]


def test_published_ports_are_those_of_the_entry_points() -> None:
    ports = {(port.published, port.target, port.protocol) for port in service().ports}
    assert ports == {(80, 80, "tcp"), (443, 443, "tcp"), (8080, 8080, "tcp")}


def test_s3_port_is_published_if_enabled() -> None:
    ports = {(port.published, port.target) for port in service(s3_port=9001).ports}
    assert ports == {(80, 80), (443, 443), (8080, 8080), (9001, 9000)}
    assert static(s3_port=9001)["entryPoints"] == static()["entryPoints"]


def test_traefik_mounts_only_the_socket_of_the_proxy() -> None:
    assert list(service().mounts) == [VOLUME]
    assert SOCKET.removeprefix("unix://").startswith(f"{VOLUME.target}/")


def test_traefik_has_the_public_network_memory_and_image() -> None:
    made = service()
    assert [value(on.network.name) for on in made.networks] == ["front"]
    assert made.memory_limit_mib == 300
    assert made.image == "traefik:v3.6.1"


def test_preview_shows_all_settings_of_traefik() -> None:
    shown = {**asdict(context()), **SETTINGS.model_dump(exclude=SHOWN_ELSEWHERE | SHOWN_IF_SET)}
    assert spec().settings == {name: value for name, value in shown.items() if name != "hands_over"}
    assert spec(hands_over=True).settings == {**shown, "hands_over": True}


def test_stack_has_the_service_traefik_alone() -> None:
    assert [made.name for made in spec().services] == ["traefik"]
