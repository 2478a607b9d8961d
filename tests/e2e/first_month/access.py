"""Colleagues with an SSH key and a certificate of their own, and a machine that differs from its pool."""

from pathlib import Path
from typing import Any

from tests.e2e.harness import Result, Stack, run

PEOPLE = ("alice", "bob")
HOST_LINE = "ssh-ed25519 AAAA of-the-host"  # a line of the machine's own, without an end of line
KEYS_FILE = "/root/.ssh/authorized_keys"


def prepare(stack: Stack) -> None:
    for name in PEOPLE:
        stack.must("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", f"{name}@laptop", "-f", str(key(stack, name)))
    stack.set("machines.ssh.authorized_keys", [public_key(stack, name) for name in PEOPLE])
    stack.set("engine.operators", list(PEOPLE))
    stack.set("machines.pools.worker.availability", "pause")
    stack.set("machines.overrides", {"worker-1": {"availability": "active", "labels": {"disk": "ssd"}}})


def key(stack: Stack, name: str) -> Path:
    return stack.folder / f"{name}_ed25519"


def public_key(stack: Stack, name: str) -> str:
    return key(stack, name).with_suffix(".pub").read_text(encoding="utf-8").strip()


def log_in(stack: Stack, name: str, machine: str) -> Result:
    """Run a command on a machine by SSH, with the key of a person."""
    options = ["-F", "/dev/null", "-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes", "-o", "ConnectTimeout=10"]
    options += ["-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"]
    return run("ssh", *options, "-i", str(key(stack, name)), f"root@{stack.address(machine)}", "hostname")


def docker_as(stack: Stack, name: str, outputs: dict[str, Any]) -> Result:
    """List the nodes over Docker's API, with the certificate of a person."""
    options = [f"--host={outputs['endpoint'].replace('https://', 'tcp://')}", "--tlsverify"]
    for part, option in (("ca", "tlscacert"), ("cert", "tlscert"), ("key", "tlskey")):
        file = stack.folder / f"{name}-{part}.pem"
        file.write_text(outputs["operators"][name][part], encoding="utf-8")
        options.append(f"--{option}={file}")
    return run("docker", *options, "node", "ls", "--format={{.Hostname}}")


def check_machine_that_differs_from_its_pool(stack: Stack) -> None:
    shown = '{{.Spec.Availability}} {{index .Spec.Labels "disk"}}'
    assert stack.on("manager-1", "docker", "node", "inspect", "worker-1", "--format", shown).text == "active ssd\n"


def check_colleague_comes_and_goes_alone(stack: Stack) -> None:
    outputs = stack.outputs()
    for name in PEOPLE:
        for machine in ("manager-1", "worker-1"):
            assert log_in(stack, name, machine).text.endswith(f"{machine}\n")
        assert set(docker_as(stack, name, outputs["docker"]).text.split()) == {"manager-1", "worker-1"}
    assert {"operators.alice", "operators.bob"} <= set(outputs["certificates"])
    machines = {name: stack.on(name, "cat", "/proc/sys/kernel/random/boot_id").text for name in outputs["machines"]}
    containers = [stack.labelled_ids("container"), machines]
    assert stack.on("worker-1", "sh", "-c", f"printf '\\n{HOST_LINE}' >>{KEYS_FILE}").code == 0
    leave(stack, "bob")
    assert [stack.labelled_ids("container"), machines] == containers, "no machine was made anew"
    for machine in ("manager-1", "worker-1"):
        assert log_in(stack, "alice", machine).text.endswith(f"{machine}\n")
        refused = log_in(stack, "bob", machine)
        assert (refused.code, "Permission denied" in refused.text) == (255, True), refused.text
    assert stack.on("worker-1", "cat", KEYS_FILE).text.endswith(HOST_LINE)
    assert set(docker_as(stack, "alice", outputs["docker"]).text.split()) == {"manager-1", "worker-1"}
    shut_out = docker_as(stack, "bob", outputs["docker"])
    assert shut_out.code != 0
    # A newer client does not even show a certificate that is of none of the server's authorities.
    refusals = ("unknown authority", "bad certificate", "certificate required")
    assert any(text in shut_out.text for text in refusals), shut_out.text
    assert list(stack.outputs()["docker"]["operators"]) == ["alice"]


def leave(stack: Stack, name: str) -> None:
    staying = [one for one in PEOPLE if one != name]
    stack.set("machines.ssh.authorized_keys", [public_key(stack, one) for one in staying])
    stack.set("engine.operators", staying)
    result = stack.up()
    assert result.code == 0, result.text
    assert f"operators-{name}-cert" in result.touched()
