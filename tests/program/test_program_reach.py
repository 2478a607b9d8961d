"""What the services of a whole target can reach, and who can reach them."""

from pathlib import PurePosixPath
from typing import Any

import yaml

from tests.program.expected_services import PROXIES, SERVICES, WITH_DATA
from tests.program.runs import run
from tests.program.test_program_services import container, every, mounts, services
from tests.support.configs import exoscale, secrets_for, target
from tests.support.fake_pulumi import FakePulumi
from tests.support.pulumi_run import Program
from tests.support.rows import rows

DOCKER = [PurePosixPath("/run/docker.sock"), PurePosixPath("/var/run/docker.sock")]
ROOT = {None, "", "0", "root", "0:0"}


def networks(engine: FakePulumi) -> dict[str, set[str]]:
    """Names of the networks of each service."""
    names = {str(engine.inputs(name)["name"]): name for name in engine.types if name.endswith("-network")}
    return {
        service: {
            name
            for name, resource in names.items()
            for on in inputs["taskSpec"]["networksAdvanceds"]
            if on["id"].startswith(f"{resource}-id")
        }
        for service, inputs in services(engine).items()
    }


def test_only_socket_proxies_reach_the_docker_socket(dev: Program) -> None:
    """Neither as a mount of its own nor below another one, unless its user is nobody, who may not open it."""
    reaching = set()
    for name, service in services(dev.engine).items():
        for mount in mounts(service):
            below = any(path.is_relative_to(mount["source"]) for path in DOCKER)
            if mount["type"] == "bind" and below and container(service).get("user") in ROOT:
                reaching.add(name)
    assert reaching == PROXIES


def test_only_readers_of_the_docker_api_are_on_its_network(dev: Program) -> None:
    on = networks(dev.engine)
    assert {name for name, names in on.items() if "docker-api" in names} == PROXIES | {"prometheus"}
    assert dev.engine.inputs("docker-api-network")["internal"] is True


def test_only_the_public_network_is_attachable(dev: Program) -> None:
    names = ("docker-api", "monitoring-network", "web-network")
    assert {dev.engine.inputs(f"{name}-network")["attachable"] for name in names} == {False}


def test_only_traefik_is_on_the_public_network(dev: Program) -> None:
    assert {name for name, names in networks(dev.engine).items() if "traefik-public" in names} == {"traefik"}


def test_traefik_and_prometheus_share_a_network_with_their_backends(dev: Program) -> None:
    on = networks(dev.engine)
    published = {
        name
        for name, service in services(dev.engine).items()
        if {"label": "traefik.enable", "value": "true"} in service["labels"]
    }
    assert published == {name for name, service in SERVICES.items() if service.published}
    assert {name for name, names in on.items() if "nuvla-swarm-web" in names} == published | {"traefik"}
    for name in published:
        assert {"label": "traefik.swarm.network", "value": "nuvla-swarm-web"} in services(dev.engine)[name]["labels"]
    monitored = {name for name, names in on.items() if "monitoring" in names}
    assert monitored == {name for name, service in SERVICES.items() if service.monitoring}


def test_services_publish_their_own_ports_alone_and_the_firewall_has_rows_for_them(dev: Program) -> None:
    ports = {
        name: {port["publishedPort"] for port in service["endpointSpec"].get("ports", [])}
        for name, service in services(dev.engine).items()
    }
    assert ports == {name: service.ports for name, service in SERVICES.items()}
    opened = {row.rpartition(" ")[2] for row in dev.engine.inputs("firewall")["rows"]}
    assert {f"{int(port)}/tcp" for found in ports.values() for port in found} <= opened


def test_idle_service_reserves_each_single_port_of_the_table(dev: Program) -> None:
    kept = every(dev.engine)["nuvla-swarm-ports"]["endpointSpec"]["ports"]
    numbers = {f"{int(port['publishedPort'])}/{port['protocol']}" for port in kept}
    opened = [row.rpartition(" ")[2] for row in dev.engine.inputs("firewall")["rows"]]
    single = [row.partition("/") for row in opened if "-" not in row]
    assert numbers == {f"{port}/{protocol}" for port, _, both in single for protocol in both.split("+")}


def test_services_run_as_the_owner_of_their_files(dev: Program) -> None:
    users = {name: container(service).get("user") for name, service in services(dev.engine).items()}
    assert users == {name: service.user for name, service in SERVICES.items()}
    owners = {name: dev.engine.inputs(f"{data}-data")["owner"] for name, data in WITH_DATA.items()}
    assert owners == {name: users[name] for name in owners}
    moved = {data: dev.engine.parameters(f"{data}-data-folder")["FORMER"] for data in WITH_DATA.values()}
    assert {data: former for data, former in moved.items() if former} == {
        "prometheus": "65534",
        "alertmanager": "65534",
    }


def test_unprivileged_users_are_distinct(dev: Program) -> None:
    """Who sees the processes of its machine could read of those of its own user what they were given in secret."""
    made = {name: service for name, service in services(dev.engine).items() if name != "s3-gateway"}  # as its front
    users = [container(service).get("user") for service in made.values()]
    users = [user for user in users if user not in ROOT]
    assert len(set(users)) == len(users)


def test_services_drop_all_capabilities_but_those_they_need(dev: Program) -> None:
    given: dict[str, list[str]] = {}
    for name, service in services(dev.engine).items():
        inputs = container(service)
        assert (inputs["capDrops"], inputs["readOnly"]) == (["ALL"], True), name
        given |= {name: inputs["capAdds"]} if "capAdds" in inputs else {}
    assert given == {"traefik": ["CAP_NET_BIND_SERVICE"]}


def test_secrets_are_readable_by_their_service_user_only(dev: Program) -> None:
    for name, service in services(dev.engine).items():
        for secret in container(service).get("secrets", []):
            user, _, _ = (container(service).get("user") or "").partition(":")
            assert (secret["fileMode"], secret.get("fileUid", "")) == (0o400, user), name


def test_firewall_cluster_source_is_the_machine_network() -> None:
    document = target(workers=0, firewall={"management": ["10.80.0.1/32"]})
    document["machines"] |= {"subnet": "10.80.0.0/16"}
    assert run(document).engine.inputs("firewall")["sources"]["cluster"] == ["10.80.0.0/16"]


def of_traefik(name: str, **settings: Any) -> Any:
    """What a file of Traefik says, nothing if there is none."""
    engine = run(target(**settings)).engine
    return (
        yaml.safe_load(engine.inputs(f"traefik-config-{name}")["dataRaw"])
        if f"traefik-config-{name}" in engine.types
        else None
    )


MANAGEMENT, USERS = ["10.77.0.1/32", "203.0.113.7/32"], ["192.0.2.0/24"]


@rows(
    "consoles, allowed",
    [({}, MANAGEMENT), ({"consoles": "management"}, MANAGEMENT), ({"consoles": "users"}, MANAGEMENT + USERS)],
    ids=["by default", "management", "users"],
)
def test_console_pages_follow_the_setting_and_port_8080_is_for_management(
    consoles: dict[str, str], allowed: list[str]
) -> None:
    made = of_traefik("dynamic", firewall={"management": MANAGEMENT, "users": USERS, **consoles})["http"]["middlewares"]
    assert made["nuvla-swarm-consoles"]["ipAllowList"]["sourceRange"] == allowed
    assert made["operators"]["ipAllowList"]["sourceRange"] == MANAGEMENT


@rows(
    "off, paths",
    [
        ((), ("/prometheus", "/grafana", "/minio")),
        (("s3",), ("/prometheus", "/grafana")),
        (("monitoring",), ("/minio",)),
        (("monitoring", "s3"), ()),
    ],
)
def test_paths_of_enabled_services_are_reserved(off: tuple[str, ...], paths: tuple[str, ...]) -> None:
    file = of_traefik("reserved", **{section: {"enabled": False} for section in off})
    assert (file is None) == (paths == ())
    rule = file["http"]["routers"]["reserved"]["rule"] if file else ""
    assert rule == " || ".join(f"(Path(`{path}`) || PathPrefix(`{path}/`))" for path in paths)


@rows(
    "settings, names",
    [
        ({}, {"s3": "*"}),
        ({"domain": "example.org"}, {"s3": "*", "websecure": "s3.example.org"}),
        ({"domain": "example.org", "s3": {"enabled": False}}, {}),
    ],
)
def test_s3_names_are_reserved_on_their_entry_points(settings: dict[str, Any], names: dict[str, str]) -> None:
    engine = run(target(**settings)).engine
    found = {}
    for entry_point in ("s3", "websecure"):
        if (name := f"traefik-config-reserved-{entry_point}") in engine.types:
            (router,) = yaml.safe_load(engine.inputs(name)["dataRaw"])["tcp"]["routers"].values()
            assert router["entryPoints"] == [entry_point]
            found[entry_point] = router["rule"].removeprefix("HostSNI(`").removesuffix("`)")
    assert found == names


@rows(
    "settings, name",
    [
        ({}, ""),
        ({"domain": "example.org"}, "s3.example.org"),
        ({"domain": "example.org", "s3": {"enabled": False}}, ""),
    ],
)
def test_proxies_know_the_s3_name_when_there_is_one(settings: dict[str, Any], name: str) -> None:
    engine = run(target(**settings)).engine
    found = {container(every(engine)[proxy])["env"].get("S3_NAME") for proxy in PROXIES}
    assert found == {name}


ACME = {"managers": 3, "domain": "example.org", "traefik": {"acme": {"email": "a@example.org"}}}


@rows("settings", [{}, ACME, {"s3": {"enabled": False}}, {"monitoring": {"enabled": False}}, {"kind": "host"}])
def test_proxies_reserve_names_for_published_services_only(settings: dict[str, Any]) -> None:
    engine = run(target(**settings)).engine
    published = {
        name
        for name, service in services(engine).items()
        if any(label["label"].startswith("traefik.") for label in service["labels"])
    }
    for proxy in PROXIES:
        names = container(every(engine)[proxy])["env"]["PUBLISHED"].split(",")
        assert sorted(names) == sorted(published)


GAME = {"ports": "27015", "protocol": "udp", "sources": ["users", "198.51.100.0/24"], "description": "game server"}
EXTRA = {"management": ["10.77.0.1/32"], "extra": [GAME]}


def test_extra_ports_are_open_on_every_machine_and_free_for_applications() -> None:
    engine = run(target(managers=1, workers=1, firewall=EXTRA)).engine
    for machine in ("manager-1", "worker-1"):
        ruleset = engine.script(f"firewall-{machine}")
        assert 'users udp dport 27015 accept comment "extra: game server"' in ruleset
        assert 'others ip saddr 198.51.100.0/24 udp dport 27015 accept comment "extra: game server"' in ruleset
    assert "27015/udp" not in engine.inputs("reserved-ports")["ports"]


def test_extra_ports_are_rules_of_the_security_group() -> None:
    document = exoscale(managers=1, workers=1, firewall=EXTRA)
    engine = run(document, secrets=secrets_for(document)).engine
    rules = {
        name.removeprefix("cluster-security-") for name in engine.types if name.startswith("cluster-security-udp-27015")
    }
    assert rules == {"udp-27015-0.0.0.0-0", "udp-27015-198.51.100.0-24"}
