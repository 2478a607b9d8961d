"""Exposure of secrets, which nobody may read, and of Docker's API, which is read-only for a few services."""

import json
import re
from base64 import b64decode
from pathlib import PurePosixPath
from typing import Any

import pytest

from tests.e2e.harness import SCRIPTS, Stack
from tests.e2e.machines import patience

SOCKETS = [PurePosixPath("/run/docker.sock"), PurePosixPath("/var/run/docker.sock")]
ROLES = ("worker", "manager")
PROXIES = {"socket-proxy", "socket-proxy-worker"}
ANSWERED_BY_EACH_PROXY = ["GET /_ping", "GET /version"]
ANSWERED_ON_MACHINES = ["GET /v1.41/info", "GET /containers/{container}/json"]
ANSWERED_FOR_THE_SWARM = ["GET /services", "GET /v1.41/tasks", "GET /nodes", "GET /networks"]
REFUSED = [
    "POST /containers/create",
    "POST /v1.41/containers/create",
    "POST /containers/{container}/exec",
    "POST /containers/{container}/kill",
    "POST /services/create",
    "POST /swarm/update",
    "POST /_ping",
    "PUT /containers/{container}/archive?path=/",
    "PATCH /info",
    "OPTIONS /info",
    "DELETE /containers/{container}",
    "DELETE /nodes/{node}",
    "GET /secrets",
    "GET /v1.41/secrets",
    "GET /configs",
    "GET /swarm",
    "GET /swarm/unlockkey",
    "GET /containers/{container}/archive?path=/etc/passwd",
    "GET /containers/{container}/export",
    "GET /containers/{container}/logs?stdout=1",
    "GET /containers/{container}/attach/ws",
    "GET /services/traefik/logs?stdout=1",
    "GET /images/traefik:3.6.0/get",
    "GET /plugins",
    "GET //secrets",
    "GET /info/../secrets",
    "GET /%73ecrets",
    "GET /secrets?/info",
    "GET /secrets/json",
]


def process_of(target: Stack, machine: str, service: str) -> tuple[str, str]:
    """Return the container and the process, as a machine sees them, of a service's task on the machine."""
    label = f"--filter=label=com.docker.swarm.service.name={service}"
    container = target.on(machine, "docker", "ps", "--quiet", "--no-trunc", label).text.strip()
    return container, target.on(machine, "docker", "inspect", "--format={{.State.Pid}}", container).text.strip()


def statuses(
    target: Stack, machine: str, curl_options: list[str], command_prefix: list[str], requests: list[str]
) -> dict[str, str]:
    """Return the status of each request to a proxy, by curl with options, after a command that enters a network."""
    container, _ = process_of(target, machine, "cadvisor")
    node = target.on(machine, "docker", "info", "--format={{.Swarm.NodeID}}").text.strip()
    filled = {text.format(container=container, node=node): text for text in requests}
    script = (
        f"TIMEOUT_S={10 * patience():.0f} REQUESTS='"
        + "\n".join(filled)
        + "'\n"
        + (SCRIPTS / "send_requests.sh").read_text()
    )
    lines = target.on(
        machine, *command_prefix, "bash", "-c", script, "send_requests.sh", *curl_options
    ).text.splitlines()
    return {filled[request]: status for request, _, status in (line.rpartition(" ") for line in lines)}


@pytest.mark.parametrize("machine", ["manager-1", "worker-1"])
def test_docker_api_proxy_of_a_machine_is_read_only(full_target: Stack, machine: str) -> None:
    volume = full_target.on(
        machine, "docker", "volume", "inspect", "--format={{.Mountpoint}}", "docker-proxy"
    ).text.strip()
    curl_options = ["--unix-socket", f"{volume}/docker.sock"]
    assert_proxy_is_read_only(full_target, machine, curl_options, [], ANSWERED_BY_EACH_PROXY + ANSWERED_ON_MACHINES)


def test_docker_api_proxy_of_the_swarm_is_read_only(full_target: Stack) -> None:
    """The requests come from the network of Prometheus, which shares a network with the proxy."""
    _, prometheus = process_of(full_target, "manager-1", "prometheus")
    proxy, _ = process_of(full_target, "manager-1", "socket-proxy")
    address_format = '--format={{(index .NetworkSettings.Networks "docker-api").IPAddress}}'
    proxy_address = full_target.on("manager-1", "docker", "inspect", address_format, proxy).text.strip()
    curl_options, command_prefix = (
        ["--connect-to", f"::{proxy_address}:2375"],
        ["nsenter", f"--target={prometheus}", "--net"],
    )
    assert_proxy_is_read_only(
        full_target, "manager-1", curl_options, command_prefix, ANSWERED_BY_EACH_PROXY + ANSWERED_FOR_THE_SWARM
    )


def assert_proxy_is_read_only(
    target: Stack, machine: str, curl_options: list[str], command_prefix: list[str], answered: list[str]
) -> None:
    refused = [*REFUSED, *(text for text in ANSWERED_ON_MACHINES if text not in answered)]
    expected = dict.fromkeys(answered, "200") | dict.fromkeys(refused, "403")
    assert statuses(target, machine, curl_options, command_prefix, list(expected)) == expected


def test_docker_socket_is_usable_by_the_proxies_alone(full_target: Stack) -> None:
    """A service can use the socket if it mounts the socket, or runs as root and mounts a folder around the socket."""
    services_with_socket = set()
    for service in services(full_target):
        container = service["Spec"]["TaskTemplate"]["ContainerSpec"]
        for mount in container.get("Mounts", []):
            contains_socket = any(
                socket.is_relative_to(mount["Source"]) for socket in SOCKETS if mount["Type"] == "bind"
            )
            if contains_socket and (mount["Source"] in map(str, SOCKETS) or container.get("User", "0") == "0"):
                services_with_socket.add(service["Spec"]["Name"])
    assert services_with_socket == PROXIES


def services(target: Stack) -> list[Any]:
    specs: list[Any] = json.loads(target.on("manager-1", "docker", "service", "inspect", *ids(target, "service")).text)
    return specs


def secrets_of(outputs: dict[str, Any]) -> dict[str, str]:
    """Return the secrets that nobody may read in plain text, by name."""
    secrets = {f"password of {name}": login["password"] for name, login in outputs["logins"].items()}
    secrets |= {f"{key} of S3": outputs["s3"][key] for key in ("access_key", "secret_key")}
    pems = {f"key of {client}": outputs["docker"][client]["key"] for client in ("operator", "nuvla")}
    pems["ssh key"] = outputs["ssh"]["private_key"]
    secrets |= {name: max(pem.splitlines(), key=len) for name, pem in pems.items()}  # one line of its body
    assert all(len(secret) >= 20 for secret in secrets.values())
    return secrets


def readable_texts(target: Stack) -> dict[str, str]:
    """Return the texts in which somebody could read a secret, by name."""
    texts = {"state": target.state(), "output of up": (target.folder / "up.log").read_text()}
    manager = ["manager-1", "docker"]
    configs = json.loads(target.on(*manager, "config", "inspect", *ids(target, "config")).text)
    for config in configs:
        texts[f"config {config['Spec']['Name']}"] = b64decode(config["Spec"]["Data"]).decode()
    for kind in ("service", "config", "secret"):
        texts[f"inspected {kind}s"] = target.on(*manager, kind, "inspect", *ids(target, kind)).text
    tasks = target.on(*manager, "service", "ps", "--quiet", "--no-trunc", *ids(target, "service")).text.split()
    texts["inspected tasks"] = target.on(*manager, "inspect", "--type=task", *tasks).text
    for machine in ("manager-1", "worker-1", "worker-2"):
        containers = target.on(machine, "docker", "ps", "--all", "--quiet").text.split()
        texts[f"containers of {machine}"] = target.on(machine, "docker", "inspect", *containers).text
        texts[f"processes of {machine}"] = target.on(machine, "ps", "-ef").text
    return texts


def ids(target: Stack, kind: str) -> list[str]:
    return target.on("manager-1", "docker", kind, "ls", "--quiet").text.split()


def test_secrets_are_nowhere_in_plain_text(full_target: Stack, outputs: dict[str, Any]) -> None:
    secrets, texts = secrets_of(outputs), readable_texts(full_target)
    assert "dockerd" in texts["processes of worker-1"]
    assert re.search("nuvla:machines:(Local|Existing)Cluster", texts["state"])
    assert "/run/secrets/s3-secret-key" in "".join(
        text for command_prefix, text in texts.items() if command_prefix.startswith("config")
    )
    exposed = [
        f"{name} is in {command_prefix}"
        for name, secret in secrets.items()
        for command_prefix, text in texts.items()
        if secret in text
    ]
    assert exposed == []


def test_services_have_a_read_only_root_and_no_spare_capability(full_target: Stack) -> None:
    script = (SCRIPTS / "list_privileges.sh").read_text()
    texts = [full_target.on(name, "sh", "-c", script).text for name in full_target.outputs()["machines"]]
    lines = [line.split() for text in texts for line in text.splitlines()]
    powers = {line[0]: line[-2:] for line in lines}
    assert {"traefik", "s3", "prometheus", "alertmanager", "grafana", "node-exporter", "cadvisor"} | PROXIES <= set(
        powers
    )
    bind_low_ports = f"{1 << 10:016x}"  # CAP_NET_BIND_SERVICE
    assert powers == {name: ["true", bind_low_ports if name == "traefik" else "0" * 16] for name in powers}


def test_join_tokens_in_the_state_are_invalid(full_target: Stack) -> None:
    state = full_target.must("pulumi", "stack", "export", "--show-secrets").text
    stored = set(re.findall(r"SWMTKN-1-\w+-\w+", state))
    assert len(stored) >= 2, "of managers and workers"
    valid = {
        full_target.on("manager-1", "docker", "swarm", "join-token", "--quiet", role).text.strip() for role in ROLES
    }
    assert len(valid) == 2
    assert not stored & valid
