"""A target on three local machines, as operators, users and Nuvla use it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
import requests

from tests.e2e.harness import PatientSession, Result, Stack, run
from tests.e2e.machines import patience
from tests.e2e.waiting import wait_for
from tests.records import Ran

WHOAMI = "whoami:test"
# The labels of a service in Nuvla's own compose files (nuvla/deployment, prod/core, the `ui` service).
NUVLA_LABELS = [
    "traefik.enable=true",
    "traefik.http.routers.ui-router.rule=Path(`/`) || PathPrefix(`/ui`)",
    "traefik.http.routers.ui-router.entrypoints=websecure",
    "traefik.http.routers.ui-router.tls=true",
    "traefik.http.services.ui-service.loadbalancer.server.port=80",
]


def address(target: Stack, machine: str = "manager-1") -> str:
    return str(target.outputs()["machines"][machine]["public_address"])


def docker_as(target: Stack, client: str, folder: Path, *command: str, docker_output: Any = None) -> Result:
    """Run `docker` over the API on 2376, with an exported certificate."""
    docker_output = docker_output or target.outputs()["docker"]
    for part, text in docker_output[client].items():
        (folder / f"{part}.pem").write_text(text)
    options = [f"--tlscacert={folder}/ca.pem", f"--tlscert={folder}/cert.pem", f"--tlskey={folder}/key.pem"]
    return run("docker", "--host", docker_output["endpoint"].replace("https", "tcp"), "--tlsverify", *options, *command)


def test_machines_are_ready_nodes(target: Stack, ran: Ran) -> None:
    assert target.nodes() == dict.fromkeys(("manager-1", "worker-1", "worker-2"), "Ready Active")
    engine = target.on("manager-1", "docker", "version", "--format={{.Server.Version}}").text.strip()
    ran("machines: local", "3 machines", engine=engine)


@pytest.fixture(scope="module")
def session(target: Stack) -> Iterator[requests.Session]:
    """Yield a session that trusts the certificate of the program and no other."""
    state = json.loads(target.must("pulumi", "stack", "export").text)["deployment"]["resources"]
    [certificate] = [resource for resource in state if resource["urn"].endswith("::traefik-certificate-cert")]
    trusted = target.folder / "trusted.pem"
    trusted.write_text(certificate["outputs"]["certPem"])
    with PatientSession() as session:
        session.verify = str(trusted)
        session.trust_env = False  # otherwise requests trusts REQUESTS_CA_BUNDLE instead
        yield session


def test_unmatched_request_gets_503_with_the_self_signed_certificate(target: Stack, session: requests.Session) -> None:
    assert session.get(f"https://{address(target)}/", timeout=10).status_code == 503


def test_http_redirects_to_https(target: Stack) -> None:
    answer = requests.get(f"http://{address(target)}/some/path", allow_redirects=False, timeout=10 * patience())
    assert answer.is_redirect
    assert answer.headers["location"] == f"https://{address(target)}/some/path"


def test_traefik_port_of_operators_serves_health_and_metrics(target: Stack) -> None:
    with urlopen(f"http://{address(target)}:8080/ping", timeout=10 * patience()) as answer:
        assert answer.status == 200
    with urlopen(f"http://{address(target)}:8080/metrics", timeout=10 * patience()) as answer:
        assert b"traefik_config_reloads_total" in answer.read()


def test_service_with_the_labels_of_nuvla_is_routed(target: Stack, session: requests.Session) -> None:
    labels = [f"--label={label}" for label in NUVLA_LABELS]
    options = ["--detach", "--network=traefik-public", "--endpoint-mode=dnsrr", "--constraint=node.role==worker"]
    created = target.on("manager-1", "docker", "service", "create", "--name=ui", *options, *labels, WHOAMI)
    assert created.code == 0, created.text
    try:
        url = f"https://{address(target)}/ui/index.html"
        wait_for(lambda: session.get(url, timeout=5).status_code == 200, "the service is routed")
        assert session.get(f"https://{address(target)}/api", timeout=5).status_code == 503
    finally:
        target.on("manager-1", "docker", "service", "rm", "ui")


def test_docker_api_accepts_the_certificate_of_nuvla(target: Stack, tmp_path: Path) -> None:
    answer = docker_as(target, "nuvla", tmp_path, "info", "--format", "{{.Swarm.ControlAvailable}}")
    assert answer.text.strip() == "true"


def test_docker_api_refuses_a_client_without_a_certificate(target: Stack, tmp_path: Path) -> None:
    docker_output = target.outputs()["docker"]
    (tmp_path / "ca.pem").write_text(docker_output["operator"]["ca"])
    endpoint = docker_output["endpoint"]
    with pytest.raises(requests.exceptions.ConnectionError, match=r"certificate required|bad certificate"):
        requests.get(f"{endpoint}/info", verify=str(tmp_path / "ca.pem"), timeout=10 * patience())


def test_docker_api_refuses_plain_http(target: Stack) -> None:
    assert requests.get(f"http://{address(target)}:2376/info", timeout=10 * patience()).status_code == 400


def test_engines_serve_metrics(target: Stack) -> None:
    for machine in target.outputs()["machines"].values():
        with urlopen(f"http://{machine['public_address']}:9323/metrics", timeout=10 * patience()) as answer:
            assert b"engine_daemon_engine_info" in answer.read()


def test_exported_ssh_key_opens_every_machine(target: Stack, tmp_path: Path) -> None:
    outputs = target.outputs()
    key = tmp_path / "key"
    key.touch(mode=0o600)
    key.write_text(outputs["ssh"]["private_key"])
    options = [
        "-o",
        "BatchMode=yes",
        "-o",
        "StrictHostKeyChecking=no",
        "-o",
        f"UserKnownHostsFile={tmp_path / 'known'}",
    ]
    for name, machine in outputs["machines"].items():
        answer = run("ssh", "-q", "-i", str(key), *options, f"root@{machine['public_address']}", "hostname")
        assert answer.text.strip() == name


def test_second_up_changes_nothing(target: Stack) -> None:
    result = target.up()
    assert result.code == 0, result.text
    assert result.touched() == set(), result.text
    assert "unchanged" in result.text


def test_rotated_join_token_changes_nothing(target: Stack) -> None:
    target.on("manager-1", "docker", "swarm", "join-token", "--rotate", "worker")
    preview = target.preview()
    assert preview.code == 0, preview.text
    assert preview.touched() == set(), preview.text


def secrets_of(target: Stack) -> dict[str, str]:
    """Return the secrets that nobody may read in plain text, by name."""
    outputs = target.outputs()
    secrets = {"ssh key": outputs["ssh"]["private_key"]}
    for client in ("operator", "nuvla"):
        secrets[f"key of {client}"] = outputs["docker"][client]["key"]
    for role in ("manager", "worker"):
        secrets[f"{role} token"] = target.on("manager-1", "docker", "swarm", "join-token", "-q", role).text.strip()
    for path in ("/etc/docker/tls/key.pem", "/etc/ssh/ssh_host_ed25519_key"):
        # The private key is the last part.
        secrets[path] = target.on("manager-1", "cat", path).text.rpartition("-----BEGIN ")[2]
    return secrets


def test_state_and_output_of_up_contain_no_secret_in_plain_text(target: Stack) -> None:
    printed = (target.folder / "up.log").read_text()
    state = target.state()
    assert "nuvla:machines:LocalCluster" in state
    for name, secret in secrets_of(target).items():
        line = max(secret.splitlines(), key=len)  # of a PEM, one line of its body
        assert len(line) > 40, name
        assert line not in state, f"{name} is in the state"
        assert line not in printed, f"{name} was printed"


def test_changed_line_of_traefik_shows_in_the_preview_and_rotates_the_config(target: Stack) -> None:
    file = target.folder / "components/traefik/files/traefik.yaml"
    before = file.read_text()
    configs = target.on("manager-1", "docker", "config", "ls", "--quiet").text.split()
    file.write_text(before.replace("allowEmptyServices: true", "allowEmptyServices: false"))
    try:
        preview = target.preview("--diff")
        assert "allowEmptyServices: true => false" in " ".join(preview.text.split()), preview.text
        result = target.up()
        assert result.code == 0, result.text
        rotated = target.on("manager-1", "docker", "config", "ls", "--quiet").text.split()
        assert len(set(rotated) - set(configs)) == 1
        assert len(set(configs) - set(rotated)) == 1
        assert result.touched() <= {"traefik-config-static", "traefik-service", "traefik-converged"}
    finally:
        file.write_text(before)
        assert target.up().code == 0


def engine_generations(target: Stack) -> dict[str, str]:
    """Return container and engine process of every machine: another text means a replacement or a restart."""
    generations = {}
    for machine in target.outputs()["machines"]:
        boot = run("docker", "inspect", "--format", "{{.Id}} {{.State.StartedAt}}", target.container(machine)).text
        generations[machine] = boot + target.on(machine, "systemctl", "show", "docker", "--property=MainPID").text
    return generations


def test_labels_and_availability_that_operators_set_on_a_node_stay(target: Stack) -> None:
    def inspect_node(field: str) -> str:
        return target.on(
            "manager-1", "docker", "node", "inspect", "worker-1", "--format", f"{{{{{field}}}}}"
        ).text.strip()

    def update(*options: str) -> None:
        assert target.on("manager-1", "docker", "node", "update", *options, "worker-1").code == 0

    update("--label-add", "disk=ssd", "--availability", "drain")
    target.set("machines.pools.worker.labels", {"rack": "7"})
    assert target.up().code == 0
    assert (inspect_node('index .Spec.Labels "disk"'), inspect_node('index .Spec.Labels "rack"')) == ("ssd", "7")
    assert inspect_node(".Spec.Availability") == "drain"
    target.set("machines.pools.worker.labels", {})
    assert target.up().code == 0
    assert (inspect_node('index .Spec.Labels "disk"'), inspect_node('index .Spec.Labels "rack"')) == ("ssd", "")
    target.set("machines.pools.worker.availability", "pause")
    assert target.up().code == 0
    assert inspect_node(".Spec.Availability") == "pause", "a changed setting overrides the operator"
    target.set("machines.pools.worker.availability", "active")
    assert target.up().code == 0
    update("--label-rm", "disk")
    second = target.up()
    assert second.touched() == set(), second.text


def test_pool_grows_and_shrinks_without_a_change_of_other_machines(target: Stack) -> None:
    before = engine_generations(target)
    target.set("machines.pools.worker.count", 3)
    grown = target.up()
    assert grown.code == 0, grown.text
    assert target.nodes()["worker-3"] == "Ready Active"
    assert {name: text for name, text in engine_generations(target).items() if name != "worker-3"} == before
    # The program also waits for the proxy of Docker's API on the new machine.
    others = {
        "cluster",
        "cluster-outputs",
        "socket-proxy-converged",
        "swarm-members",
        "swarm-members-only",
        "swarm-tokens-rotated",
    }
    assert {name for name in grown.touched() if "worker-3" not in name} <= others
    assert target.on("worker-3", "docker", "ps", "--format", "{{.Status}}").text.endswith("(healthy)\n")
    target.set("machines.pools.worker.count", 2)
    shrunk = target.up()
    assert shrunk.code == 0, shrunk.text
    assert target.nodes() == dict.fromkeys(before, "Ready Active")
    assert engine_generations(target) == before
    order = [shrunk.text.rindex(step) for step in ("swarm-members-only updated", " worker-3 deleted")]
    assert order == sorted(order), "the node is drained and removed, then its machine is deleted"


def test_machine_with_tasks_is_removed_from_its_pool(target: Stack) -> None:
    target.set("machines.pools.worker.count", 3)
    assert target.up().code == 0
    options = ["--detach", "--mode=global", "--endpoint-mode=dnsrr"]
    created = target.on("manager-1", "docker", "service", "create", "--name=everywhere", *options, WHOAMI)
    assert created.code == 0, created.text
    try:
        tasks = ["docker", "service", "ps", "everywhere", "--format", "{{.Node}} {{.CurrentState}}"]
        wait_for(lambda: target.on("manager-1", *tasks).text.count("Running") == 4, "the service runs on all machines")
        target.set("machines.pools.worker.count", 2)
        assert target.up().code == 0
        assert "worker-3" not in target.nodes()
    finally:
        target.on("manager-1", "docker", "service", "rm", "everywhere")
        target.set("machines.pools.worker.count", 2)
        assert target.up().code == 0


def test_new_generation_of_certificates_revokes_the_former_and_keeps_machines(target: Stack, tmp_path: Path) -> None:
    machines, former = list(engine_generations(target)), target.outputs()["docker"]
    target.set("engine.certificate_generation", 2)
    result = target.up()
    assert result.code == 0, result.text
    assert list(target.nodes()) == machines
    assert "manager-1" in docker_as(target, "nuvla", tmp_path, "node", "ls").text
    refused = docker_as(target, "nuvla", tmp_path, "node", "ls", docker_output=former)
    assert refused.code != 0
    assert "unknown authority" in refused.text or "bad certificate" in refused.text
    second = target.up()
    assert second.touched() == set(), second.text
