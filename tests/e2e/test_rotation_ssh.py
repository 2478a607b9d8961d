"""SSH keys, host keys and join tokens: machines let in the former SSH key until the new one has logged in."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.callers import AWAY, OK, calling
from tests.e2e.existing_hosts import existing_hosts, key_pair
from tests.e2e.exoscale_stacks import EXOSCALE_MACHINES, ExoscaleStack, exoscale_stack
from tests.e2e.harness import TRAEFIK_ALONE, Stack, run, stack
from tests.e2e.host_keys import shown_host_key
from tests.e2e.networks import subnet_of, this_computer
from tests.e2e.test_existing_machines import configure
from tests.e2e.waiting import kill_make_when

pytestmark = pytest.mark.slow

USER, HOSTS_USER = "rotation-cloud", "rotation-hosts"  # of networks
MACHINES = ("manager-1", "worker-1")
SMALL: dict[str, Any] = {
    "kind": "target",
    "firewall": {"management": [this_computer(subnet_of(USER))]},
    **TRAEFIK_ALONE,
}
HOST_KEY_GENERATION = "machines.ssh.host_key_generation"
GENERATION, FORMER = "machines.ssh.key_generation", "machines.ssh.former_key_generation"
FORMER_SECRET = "nuvla-swarm:former_ssh_private_key"


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ExoscaleStack]:
    """Yield a target on two instances of the stand-in of Exoscale."""
    pools = {"manager": {"role": "manager"}, "worker": {"role": "worker", "count": 1}}
    settings = SMALL | {"machines": EXOSCALE_MACHINES | {"pools": pools}}
    folder = Path(tmp_path_factory.mktemp("rotation-cloud"))
    with exoscale_stack("e2e-rotation-cloud", folder, settings, subnet_of(USER)) as target:
        result = target.up()
        assert result.code == 0, result.text
        yield target


def logs_in(target: Stack, user: str, machine: str, key: str) -> Callable[[], str]:
    """Return a client that logs in on a machine with a private key."""
    file = target.folder / f"key-{abs(hash(key))}"
    file.touch(mode=0o600)
    file.write_text(key if key.endswith("\n") else f"{key}\n")
    options = ["-F", "/dev/null", "-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes", "-o", "ConnectTimeout=10"]
    options += ["-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR"]
    command = ("ssh", *options, "-i", str(file), f"{user}@{target.address(machine)}", "true")

    def call() -> str:
        done = run(*command)
        if done.code == 0:
            return OK
        return done.text if "Permission denied" in done.text else AWAY

    return call


def used_key(target: Stack) -> str:
    """Return the private key that the program hands over."""
    return str(target.outputs()["ssh"]["private_key"])


def test_new_key_logs_in_on_every_machine_before_the_former_one_goes(cloud: ExoscaleStack) -> None:
    """Also if the second step is killed when one machine has forgotten the former key."""
    former = used_key(cloud)
    old = {machine: logs_in(cloud, "ubuntu", machine, former) for machine in MACHINES}
    instances = {machine: cloud.instance(machine)["id"] for machine in MACHINES}
    cloud.set(GENERATION, 2)
    refused = cloud.preview()
    assert (
        "the key of generation 1, which opens all machines; that of 2 does not open manager-1, worker-1" in refused.text
    )
    cloud.set(FORMER, 1)
    with calling(old) as calls:
        first = cloud.up()
    assert first.code == 0, first.text
    assert [told.refused for told in calls.values()] == [[], []]
    assert all(told.answered for told in calls.values())
    touched = {f"{machine}-login-key{suffix}" for machine in MACHINES for suffix in ("", "2-proof")}
    assert first.touched() == touched | {"cluster", "cluster-login-key2", "login-key"}
    assert used_key(cloud) == former
    assert cloud.up().touched() == set()

    cloud.unset(FORMER)
    kill_make_when(
        cloud, "up", lambda: any("denied" in call() for call in old.values()), "a machine refuses the former key"
    )
    second = cloud.make("up")
    assert second.code == 0, second.text
    new = used_key(cloud)
    assert new != former
    assert [logs_in(cloud, "ubuntu", machine, new)() for machine in MACHINES] == [OK, OK]
    assert all("Permission denied" in call() for call in old.values())
    assert {machine: cloud.instance(machine)["id"] for machine in MACHINES} == instances
    assert cloud.nodes() == dict.fromkeys(MACHINES, "Ready Active")
    assert cloud.up().touched() == set()


def test_host_keys_of_instances_are_replaced_in_place(cloud: ExoscaleStack) -> None:
    """No instance is another one, although the text of its first boot has its first key."""
    instances = {machine: cloud.instance(machine)["id"] for machine in MACHINES}
    before = {machine: shown_host_key(cloud.address(machine)) for machine in MACHINES}
    cloud.set(HOST_KEY_GENERATION, 2)
    result = cloud.up()
    assert result.code == 0, result.text
    after = {machine: shown_host_key(cloud.address(machine)) for machine in MACHINES}
    assert not {*before.values()} & {*after.values()}
    assert {machine: cloud.instance(machine)["id"] for machine in MACHINES} == instances
    assert cloud.nodes() == dict.fromkeys(MACHINES, "Ready Active")
    assert cloud.up().touched() == set()


def test_join_tokens_are_replaced_by_a_setting(cloud: ExoscaleStack) -> None:
    before = tokens(cloud)
    cloud.set("swarm.token_generation", 2)
    result = cloud.up()
    assert result.code == 0, result.text
    assert result.touched() == {"swarm-tokens", "swarm-tokens-rotated"}
    assert all(one != other for one, other in zip(tokens(cloud), before, strict=True))
    assert cloud.nodes() == dict.fromkeys(MACHINES, "Ready Active")
    assert cloud.up().touched() == set()


def tokens(target: Stack) -> list[str]:
    """Return the present join tokens."""
    return [target.on("manager-1", "docker", "swarm", "join-token", "-q", role).text for role in ("worker", "manager")]


def test_machine_that_comes_later_knows_the_new_key_alone(cloud: ExoscaleStack) -> None:
    """And it joins by the new tokens, and shows the host key of the present generation."""
    cloud.set_workers(2)
    result = cloud.up()
    assert result.code == 0, result.text
    assert logs_in(cloud, "ubuntu", "worker-2", used_key(cloud))() == OK
    resources = json.loads(cloud.must("pulumi", "stack", "export").text)["deployment"]["resources"]
    [key] = [one for one in resources if one["urn"].endswith("::worker-2-host-key2")]
    assert shown_host_key(cloud.address("worker-2")) == key["outputs"]["publicKeyOpenssh"].strip()
    assert cloud.up().touched() == set()


def test_key_of_your_own_is_learnt_by_hosts_from_the_former_one(tmp_path: Path) -> None:
    firewall = {"management": [this_computer(subnet_of(HOSTS_USER))]}
    settings = SMALL | {"machines": {"provider": "existing"}, "firewall": firewall}
    with (
        stack("e2e-rotation-hosts", tmp_path, settings) as target,
        existing_hosts(target, "manager-1", network_user=HOSTS_USER) as hosts,
    ):
        configure(hosts, {"manager": {"role": "manager", "hosts": {"1": hosts.settings("manager-1")}}})
        result = target.up()
        assert result.code == 0, result.text
        new, _ = key_pair(target.folder / "new")
        old = {"former": logs_in(target, "ops", "manager-1", hosts.private_key)}
        set_secret(target, "nuvla-swarm:ssh_private_key", new)
        set_secret(target, FORMER_SECRET, hosts.private_key)
        with calling(old) as calls:
            first = target.up()
        assert first.code == 0, first.text
        assert calls["former"].refused == []
        assert first.touched() == {"login-key", "manager-1-login-key", "manager-1-login-key1-proof"}
        target.must("pulumi", "config", "rm", FORMER_SECRET)
        second = target.up()
        assert second.code == 0, second.text
        assert target.up().touched() == set()
        assert logs_in(target, "ops", "manager-1", new)() == OK
        assert old["former"]() == OK, "its owner removes it"


def set_secret(target: Stack, name: str, text: str) -> None:
    target.must("pulumi", "config", "set", "--secret", name, "--", text)
