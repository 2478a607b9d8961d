"""What the services of a whole target can reach, and who can reach them."""

from pathlib import PurePosixPath

from tests.mocked import Engine, Program
from tests.program.runs import run
from tests.program.test_program_services import PROXIES, SERVICES, container, services
from tests.stack_config import target

DOCKER = [PurePosixPath("/run/docker.sock"), PurePosixPath("/var/run/docker.sock")]
ROOT = {None, "", "0", "root", "0:0"}


def networks(engine: Engine) -> dict[str, set[str]]:
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


def test_nobody_but_the_proxies_reaches_the_socket_of_docker(dev: Program) -> None:
    """Neither as a mount of its own nor below another one, unless its user is nobody, who may not open it."""
    reaching = set()
    for name, service in services(dev.engine).items():
        for mount in container(service)["mounts"]:
            below = any(path.is_relative_to(mount["source"]) for path in DOCKER)
            if mount["type"] == "bind" and below and container(service).get("user") in ROOT:
                reaching.add(name)
    assert reaching == PROXIES


def test_nobody_but_those_who_read_dockers_api_is_on_its_network(dev: Program) -> None:
    on = networks(dev.engine)
    assert {name for name, names in on.items() if "docker-api" in names} == PROXIES | {"traefik", "prometheus"}
    assert dev.engine.inputs("docker-api-network")["internal"] is True
    assert [dev.engine.inputs(f"{name}-network")["attachable"] for name in ("docker-api", "monitoring-network")] == [
        False,
        False,
    ]


def test_what_traefik_publishes_and_what_is_scraped_shares_a_network_with_it(dev: Program) -> None:
    on = networks(dev.engine)
    published = {
        name
        for name, service in services(dev.engine).items()
        if {"label": "traefik.enable", "value": "true"} in service["labels"]
    }
    assert published == {"prometheus", "grafana", "s3"}
    assert {name for name, names in on.items() if "traefik-public" in names} == published | {"traefik"}
    assert {name for name, names in on.items() if "monitoring" in names} == SERVICES - PROXIES - {"s3", "s3-gateway"}


def test_only_traefik_has_ports_of_the_machine_and_they_are_those_of_the_table(dev: Program) -> None:
    ports = {
        name: {port["publishedPort"] for port in service["endpointSpec"].get("ports", [])}
        for name, service in services(dev.engine).items()
    }
    assert {name: found for name, found in ports.items() if found} == {"traefik": {80, 443, 8080, 9000}}
    opened = {row.rpartition(" ")[2] for row in dev.engine.inputs("firewall")["rows"]}
    assert {f"{int(port)}/tcp" for port in ports["traefik"]} <= opened


def test_services_run_as_the_users_whose_files_they_have(dev: Program) -> None:
    users = {name: container(service).get("user") for name, service in services(dev.engine).items()}
    assert users == {
        "socket-proxy": "0",
        "socket-proxy-worker": "0",
        "traefik": None,
        "s3": "65534",
        "s3-gateway": "65534",
        "prometheus": "65534",
        "alertmanager": "65534",
        "grafana": "472",
        "blackbox": "65534",
        "node-exporter": "65534",
        "cadvisor": "0",
    }


def test_a_secret_can_be_read_by_the_user_of_its_service_and_by_nobody_else(dev: Program) -> None:
    for name, service in services(dev.engine).items():
        for secret in container(service).get("secrets", []):
            assert (secret["fileMode"], secret.get("fileUid")) == (0o400, container(service).get("user")), name


def test_the_cluster_of_the_firewall_is_the_network_of_the_machines() -> None:
    document = target(workers=0, firewall={"management": ["10.80.0.1/32"]})
    document["machines"] |= {"subnet": "10.80.0.0/16"}
    assert run(document).engine.inputs("firewall")["sources"]["cluster"] == ["10.80.0.0/16"]
