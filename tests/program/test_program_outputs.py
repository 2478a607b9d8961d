"""The outputs of a stack: an interface, whose names and shapes are kept."""

from typing import Any

from tests.program.runs import run
from tests.program.snapshot import PROGRAMS
from tests.support.configs import changed, target
from tests.support.pulumi_run import Program, Secret
from tests.support.rows import rows


def certificate(holder: str) -> dict[str, Secret]:
    return {
        "ca": Secret("SELF-SIGNED-PEM:certificates-ca"),
        "cert": Secret(f"SIGNED-PEM:certificates-{holder}-cert"),
        "key": Secret(f"PRIVATE-KEY-PEM:certificates-{holder}-key"),
    }


def test_target_outputs_have_the_designed_names(dev: Program) -> None:
    assert list(dev.outputs) == [
        "kind",
        "version",
        "machines",
        "ssh",
        "docker",
        "certificates",
        "urls",
        "volumes",
        "logins",
        "nfs",
        "s3",
    ]
    assert dev.outputs["kind"] == "target"


@rows(
    "off, outputs, urls",
    [
        (["s3"], {"s3"}, {"s3", "s3_console"}),
        (["s3", "nfs"], {"s3", "nfs"}, {"s3", "s3_console"}),
        (["monitoring"], set(), {"prometheus", "grafana"}),
    ],
    ids=lambda given: "+".join(given) if isinstance(given, list) else "",
)
def test_disabled_sections_have_no_outputs(dev: Program, off: list[str], outputs: set[str], urls: set[str]) -> None:
    document = target()
    for section in off:
        document = changed(document, f"{section}.enabled", False)
    found = run(document).outputs
    assert set(dev.outputs) - set(found) == outputs
    assert set(dev.outputs["urls"]) - set(found["urls"]) == urls
    assert (found["logins"] == Secret({})) is ("monitoring" in off)


def test_machines_output_has_role_addresses_and_ssh_command(dev: Program) -> None:
    machines = dev.outputs["machines"]
    assert {name: machine["role"] for name, machine in machines.items()} == {
        "manager-1": "manager",
        "worker-1": "worker",
        "worker-2": "worker",
    }
    for machine in machines.values():
        address = machine["public_address"]
        assert machine == {
            "role": machine["role"],
            "public_address": address,
            "private_address": address,
            "ssh": f"ssh root@{address}",
        }


def test_ssh_private_key_output_is_secret(dev: Program) -> None:
    assert dev.outputs["ssh"] == Secret({"user": "root", "private_key": "PRIVATE-KEY-OPENSSH:cluster-login-key"})


def test_docker_output_has_a_plain_endpoint_and_secret_certificates(dev: Program) -> None:
    address = dev.outputs["machines"]["manager-1"]["public_address"]
    assert dev.outputs["docker"] == {
        "endpoint": f"https://{address}:2376",
        "operator": certificate("operator"),
        "nuvla": certificate("nuvla"),
    }


def test_urls_use_the_address_of_the_api_manager(dev: Program) -> None:
    address = dev.outputs["machines"]["manager-1"]["public_address"]
    assert dev.outputs["urls"] == {
        "traefik": f"https://{address}/",
        "dashboard": f"http://{address}:8080/dashboard/",
        "prometheus": f"https://{address}/prometheus/",
        "grafana": f"https://{address}/grafana/",
        "s3": f"https://{address}:9000",
        "s3_console": f"https://{address}/minio/",
    }


def test_urls_use_the_domain_when_there_is_one() -> None:
    outputs = run(target(domain="example.org")).outputs
    assert outputs["urls"] == {
        "traefik": "https://example.org/",
        "dashboard": "http://example.org:8080/dashboard/",
        "prometheus": "https://example.org/prometheus/",
        "grafana": "https://example.org/grafana/",
        "s3": "https://example.org:9000",
        "s3_console": "https://example.org/minio/",
    }


def test_logins_are_secret_with_distinct_passwords(dev: Program) -> None:
    assert dev.outputs["logins"] == Secret(
        {name: {"username": "admin", "password": f"RESULT:{name}-login-password"} for name in ("prometheus", "grafana")}
    )


@rows("machine", ["manager-1", "worker-2"])
def test_nfs_output_has_the_private_address_of_its_machine(machine: str) -> None:
    outputs = run(target(nfs={"machine": machine})).outputs
    address = outputs["machines"][machine]["private_address"]
    assert outputs["nfs"] == {"address": address, "path": "/nfs-root"}


def test_s3_output_has_its_port_and_secret_keys() -> None:
    outputs = run(target(domain="example.org", s3={"port": 9001})).outputs
    assert outputs["s3"] == Secret(
        {
            "endpoint": "https://example.org:9001",
            "access_key": "RESULT:s3-key-access",
            "secret_key": "RESULT:s3-key-secret",
        }
    )
    assert outputs["urls"]["s3"] == "https://example.org:9001"


def test_docker_endpoint_is_the_api_manager_of_the_settings() -> None:
    outputs = run(target(managers=3, workers=0, swarm={"api_manager": "manager-2"})).outputs
    assert outputs["docker"]["endpoint"] == f"https://{outputs['machines']['manager-2']['public_address']}:2376"


def test_given_ssh_key_is_used_and_exported_as_secret() -> None:
    machines = target()["machines"] | {"ssh": {"public_key": "ssh-ed25519 OWN"}}
    program = run(target(machines=machines), secrets={"ssh_private_key": "OWN-PRIVATE-KEY"})
    assert program.outputs["ssh"] == Secret({"user": "root", "private_key": "OWN-PRIVATE-KEY"})
    assert "cluster-login-key" not in program.engine.types
    for command in (n for n, kind in program.engine.types.items() if kind == "command:remote:Command"):
        assert program.engine.inputs(command)["connection"]["privateKey"] == "OWN-PRIVATE-KEY"


@rows("title", PROGRAMS)
def test_plain_outputs_hold_no_secret(title: str) -> None:
    program = run(PROGRAMS[title])
    text = str(_without_secrets(program.outputs))
    assert not [word for word in ("PRIVATE-KEY", "PEM", "RESULT", "BCRYPT") if word in text]


def _without_secrets(thing: Any) -> Any:
    if isinstance(thing, dict):
        return {key: _without_secrets(one) for key, one in thing.items()}
    return None if isinstance(thing, Secret) else thing


def test_certificate_expiry_dates_are_plain_outputs(dev: Program) -> None:
    assert set(dev.outputs["certificates"]) == {"ca", "program", "operator", "nuvla", "manager-1"}
    assert dev.outputs["certificates"]["nuvla"] == "2027-11-29T06:00:00Z"
