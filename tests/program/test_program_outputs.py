"""The outputs of a stack: an interface, whose names and shapes are kept."""

from typing import Any

from tests.mocked import Program, Secret, run_program
from tests.stack_config import target


def certificate(holder: str) -> dict[str, Secret]:
    return {
        "ca": Secret("SELF-SIGNED-PEM:certificates-ca"),
        "cert": Secret(f"SIGNED-PEM:certificates-{holder}-cert"),
        "key": Secret(f"PRIVATE-KEY-PEM:certificates-{holder}-key"),
    }


def test_the_outputs_are_those_of_the_design(program: Program) -> None:
    assert set(program.outputs) == {"kind", "machines", "ssh", "docker", "urls"}
    assert program.outputs["kind"] == "target"


def test_machines_have_a_role_addresses_and_the_command_to_log_in(dev: Program) -> None:
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


def test_the_key_that_opens_machines_is_secret(dev: Program) -> None:
    assert dev.outputs["ssh"] == Secret({"user": "root", "private_key": "PRIVATE-KEY-OPENSSH:cluster-login-key"})


def test_the_docker_endpoint_is_open_and_its_certificates_are_secret(dev: Program) -> None:
    address = dev.outputs["machines"]["manager-1"]["public_address"]
    assert dev.outputs["docker"] == {
        "endpoint": f"tcp://{address}:2376",
        "operator": certificate("operator"),
        "nuvla": certificate("nuvla"),
    }


def test_urls_are_those_of_the_entry(dev: Program) -> None:
    address = dev.outputs["machines"]["manager-1"]["public_address"]
    assert dev.outputs["urls"] == {
        "traefik": f"https://{address}/",
        "dashboard": f"http://{address}:8080/dashboard/",
    }


def test_urls_have_the_domain_where_there_is_one() -> None:
    outputs = run_program(target(domain="example.org")).outputs
    assert outputs["urls"] == {"traefik": "https://example.org/", "dashboard": "http://example.org:8080/dashboard/"}


def test_the_entry_is_the_manager_that_the_settings_name() -> None:
    outputs = run_program(target(managers=3, workers=0, swarm={"entry": "manager-2"})).outputs
    assert outputs["docker"]["endpoint"] == f"tcp://{outputs['machines']['manager-2']['public_address']}:2376"


def test_an_own_key_is_used_and_comes_back_as_a_secret() -> None:
    machines = target()["machines"] | {"ssh": {"public_key": "ssh-ed25519 OWN"}}
    program = run_program(target(machines=machines), secrets={"ssh_private_key": "OWN-PRIVATE-KEY"})
    assert program.outputs["ssh"] == Secret({"user": "root", "private_key": "OWN-PRIVATE-KEY"})
    assert "cluster-login-key" not in program.engine.types
    for command in (n for n, kind in program.engine.types.items() if kind == "command:remote:Command"):
        assert program.engine.inputs(command)["connection"]["privateKey"] == "OWN-PRIVATE-KEY"


def test_nothing_secret_is_in_the_open_outputs(program: Program) -> None:
    assert "PRIVATE-KEY" not in str(_without_secrets(program.outputs))
    assert "PEM" not in str(_without_secrets(program.outputs))


def _without_secrets(thing: Any) -> Any:
    if isinstance(thing, dict):
        return {key: _without_secrets(one) for key, one in thing.items()}
    return None if isinstance(thing, Secret) else thing
