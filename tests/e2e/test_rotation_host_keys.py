"""Host keys of local machines are replaced in place, while clients are connected, and whenever the update is killed."""

import json
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest

from components import assets
from components.machines.host_key import SCRIPT
from tests.e2e.callers import OK, calling
from tests.e2e.conftest import small_target_settings
from tests.e2e.existing_hosts import existing_hosts, image_of_system, isolation, key_pair
from tests.e2e.harness import Stack, docker, stack
from tests.e2e.host_keys import REFUSAL, files, knowing, logged_in, shown_host_key
from tests.e2e.networks import subnet_of, this_computer
from tests.e2e.test_existing_machines import configure
from tests.e2e.waiting import kill_make_when, wait_for
from tests.support import ssh_keys

pytestmark = pytest.mark.slow

COMMAND, SERVICE = "command:remote:Command", "docker:index/service:Service"
GENERATION = "machines.ssh.host_key_generation"
HOSTS_USER = "rotation-host-keys-hosts"  # of networks
HELD_UP_S = 120
MACHINES = ("manager-1", "worker-1")
ANY_KEY = ("-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null")


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Yield a target on a manager and a worker, with the files that `make status` writes."""
    settings = small_target_settings(subnet_of("rotation-host-keys"), 1)
    with stack("e2e-rotation-host-keys", Path(tmp_path_factory.mktemp("rotation-host-keys")), settings) as target:
        result = target.make("up")
        assert result.code == 0, result.text
        yield target


def shown(target: Stack) -> dict[str, str]:
    return {machine: shown_host_key(target.address(machine)) for machine in MACHINES}


def containers(target: Stack) -> list[str]:
    return [docker("inspect", "--format={{.Id}}", target.container(machine)) for machine in MACHINES]


def named(target: Stack, kind: str) -> set[str]:
    """Return the names of the resources of a type in the state."""
    resources = json.loads(target.must("pulumi", "stack", "export").text)["deployment"]["resources"]
    return {one["urn"].rpartition("::")[2] for one in resources if one["type"] == kind}


def proved_host_key(target: Stack, machine: str) -> str:
    """Return the host key that a machine showed last, by the state."""
    resources = json.loads(target.must("pulumi", "stack", "export", "--show-secrets").text)["deployment"]["resources"]
    [proof] = [one for one in resources if one["urn"].endswith(f"::{machine}-host-key-proof")]
    connection: dict[str, str] = json.loads(proof["inputs"]["connection"]["plaintext"])
    return connection["hostKey"]


@contextmanager
def slow_key_scan(target: Stack, machine: str) -> Iterator[None]:
    """Hold the script on a machine up where it looks which key its SSH server shows."""
    tool = "/usr/local/bin/ssh-keyscan"
    text = f"printf '#!/bin/sh\nsleep {HELD_UP_S}\nexec /usr/bin/ssh-keyscan \"$@\"\n' >{tool} && chmod 0755 {tool}"
    made = target.on(machine, "bash", "-c", text)
    assert made.code == 0, made.text
    try:
        yield
    finally:
        assert target.on(machine, "rm", tool).code == 0


def former_hosts(target: Stack) -> tuple[str, str]:
    """Keep what a client knows now of the machines; return an option by which it knows nothing else."""
    kept = target.folder / "former_known_hosts"
    shutil.copy(files(target) / "known_hosts", kept)
    return "-o", f"UserKnownHostsFile={kept}"


def require_the_new_keys(target: Stack, former: tuple[str, str]) -> None:
    """Require that clients with the present files log in, those with the former ones do not, and nothing is left."""
    for machine in MACHINES:
        assert knowing(target, machine)() == OK, machine
        assert REFUSAL in knowing(target, machine, *former)(), machine
    assert target.nodes() == dict.fromkeys(MACHINES, "Ready Active")
    again = target.up()
    assert again.touched() == set(), again.text


def test_new_host_key_is_shown_in_place_and_open_connections_stay(target: Stack) -> None:
    before, ids, former = shown(target), containers(target), former_hosts(target)
    ran, services = named(target, COMMAND), named(target, SERVICE)
    target.set(GENERATION, 2)
    preview = target.preview()
    assert preview.code == 0, preview.text
    new = {f"{machine}-host-key{part}" for machine in MACHINES for part in ("2", "-proof")}
    records = {f"{machine}-membership-outputs" for machine in MACHINES}
    # A preview does not know that commands print the same again, such as the digests of images.
    assert preview.touched() == {"cluster"} | ran | new | services | records
    anybody = {machine: knowing(target, machine, *ANY_KEY) for machine in MACHINES}
    with logged_in(target, *MACHINES) as ask, calling(anybody) as calls:
        assert ask() == [*MACHINES]
        result = target.up()
        assert result.code == 0, result.text
        assert ask() == [*MACHINES]
    assert result.touched() == {"cluster"} | ran | new | records
    assert [(told.refused, told.away) for told in calls.values()] == [([], 0)] * 2
    assert all(told.answered for told in calls.values())
    assert not {*before.values()} & {*shown(target).values()}
    assert containers(target) == ids
    assert target.make("status").code == 0
    require_the_new_keys(target, former)


def test_killed_replacement_is_completed_by_the_next_update(target: Stack) -> None:
    """The state has the former key of a machine that shows the new one: its script has not ended yet."""
    before, ids, former = shown(target), containers(target), former_hosts(target)
    target.set(GENERATION, 3)
    with slow_key_scan(target, "worker-1"):
        kill_make_when(
            target,
            "up",
            lambda: shown_host_key(target.address("worker-1")) not in ("", before["worker-1"]),
            "a machine shows its new key",
        )
        target.kill_processes()
    assert proved_host_key(target, "worker-1") == before["worker-1"]
    result = target.make("up")
    assert result.code == 0, result.text
    assert proved_host_key(target, "worker-1") == shown_host_key(target.address("worker-1"))
    assert not {*before.values()} & {*shown(target).values()}
    assert containers(target) == ids
    require_the_new_keys(target, former)


def test_machine_that_is_made_anew_shows_the_present_key(target: Stack) -> None:
    before = shown(target)
    docker("rm", "--force", target.container("worker-1"))
    result = target.make("up")
    assert result.code == 0, result.text
    assert shown(target) == before
    again = target.up()
    assert again.touched() == set(), again.text


def test_machines_that_are_rebuilt_in_their_turns_show_the_present_keys(target: Stack) -> None:
    before, ids = shown(target), containers(target)
    other = f"nuvla-swarm/machine:{target.name}-next"
    docker("tag", docker("inspect", "--format={{.Config.Image}}", target.container("worker-1")), other)
    try:
        target.set("machines.image", other)
        result = target.make("up")
        assert result.code == 0, result.text
    finally:
        docker("rmi", other)
    assert not {*ids} & {*containers(target)}
    assert shown(target) == before
    assert target.nodes() == dict.fromkeys(MACHINES, "Ready Active")
    again = target.up()
    assert again.touched() == set(), again.text


@pytest.mark.parametrize("system", ["debian-13", "ubuntu-22.04", "ubuntu-24.04"])
def test_server_of_each_system_shows_another_key(tmp_path: Path, system: str) -> None:
    """Also one that has to be told to read it, and punishes who looks at it too often."""
    container = f"nuvla-swarm-host-key-{uuid4().hex[:8]}"
    (_, first), (private, public) = key_pair(tmp_path / "first"), ssh_keys.key_pair("second")
    values = {"MACHINE": "worker-1", "PRIVATE_KEY": private, "PUBLIC_KEY": public}
    script = "".join(f"export {key}={shlex.quote(value)}\n" for key, value in values.items()) + assets.read(SCRIPT)
    on = ("docker", "exec", "--interactive", container)
    mounts = ["--tmpfs=/run", "--tmpfs=/tmp:exec", "--env=container=docker"]
    docker("create", f"--name={container}", "--network=none", *mounts, *isolation(), image_of_system(system))
    try:
        docker("cp", str(tmp_path / "first"), f"{container}:/etc/ssh/ssh_host_ed25519_key")
        docker("start", container)
        wait_for(lambda: shown_host_key("127.0.0.1", *on) == first, f"{system} shows its first key", 120)
        for _ in range(2):
            done = subprocess.run([*on, "bash", "-s"], input=script, capture_output=True, text=True, check=False)
            assert (done.returncode, done.stderr) == (0, "")
            assert shown_host_key("127.0.0.1", *on) == public
        docker("restart", container)
        wait_for(lambda: shown_host_key("127.0.0.1", *on) == public, f"{system} shows its key after a restart", 120)
    finally:
        docker("rm", "--force", "--volumes", container)


def node_ids(target: Stack) -> list[str]:
    return sorted(target.on("manager-1", "docker", "node", "ls", "--quiet").text.split())


def test_existing_hosts_whose_host_keys_somebody_replaced_stay_members(tmp_path: Path) -> None:
    """Their settings follow; the only manager needs the exception of one that was reinstalled."""
    subnet = subnet_of(HOSTS_USER)
    settings = small_target_settings(subnet, 1) | {
        "machines": {"provider": "existing"},
        "firewall": {"management": [this_computer(subnet)]},
    }
    with (
        stack("e2e-rotation-host-keys-hosts", tmp_path, settings) as target,
        existing_hosts(target, *MACHINES, network_user=HOSTS_USER) as hosts,
    ):
        roles = {machine.partition("-")[0]: machine for machine in MACHINES}
        configure(hosts, {role: {"role": role, "hosts": {"1": hosts.settings(one)}} for role, one in roles.items()})
        first = target.up()
        assert first.code == 0, first.text
        members = node_ids(target)
        for machine in MACHINES:
            file = target.folder / f"{machine}-new"
            _, public = key_pair(file)
            docker("cp", str(file), f"{target.container(machine)}:/etc/ssh/ssh_host_ed25519_key")
            target.set(f"machines.pools.{machine.partition('-')[0]}.hosts.1.host_key", public)
        refused = target.up()
        assert "manager-1 given with another host_key, as if reinstalled" in refused.text
        target.allow("manager-majority")
        result = target.up()
        assert result.code == 0, result.text
        assert node_ids(target) == members
        target.unset("exceptions.manager-majority")
        again = target.up()
        assert again.touched() == set(), again.text
