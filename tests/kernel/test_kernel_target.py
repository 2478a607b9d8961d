"""A target on three machines with kernels of their own: kernel NFS, IPVS, and what a reboot brings back."""

from functools import partial

import pytest
import requests

from tests.e2e.existing_hosts import ExistingHosts
from tests.e2e.test_existing_machines import nodes
from tests.e2e.waiting import wait_for
from tests.kernel.conftest import Seen
from tests.kernel.guest_network import GuestStack
from tests.kernel.start_order import ENGINE, assert_rules_come_before_the_network, moments
from tests.kernel.target import (
    CLIENT,
    NAMES,
    SERVER,
    WHOAMI,
    all_run,
    replicas,
    run_with_files,
    wait_until_back,
)

MESH_PORT = 40080  # of firewall.ephemeral
LIST_TABLE = ("nft", "--stateless", "--terse", "list", "table", "inet", "nuvla_swarm")


def test_target_is_up_and_a_second_up_changes_nothing(hosts: ExistingHosts, seen: Seen) -> None:
    assert nodes(hosts) == dict.fromkeys(NAMES, "Ready Active")
    wait_for(lambda: all_run(hosts), "all services run", 60, lambda: str(replicas(hosts)))
    second = hosts.stack.up()
    assert second.touched() == set(), second.text
    seen("machines: existing", f"{len(nodes(hosts))} hosts")
    for default, command in {
        "engine.source": "dpkg-query --show docker-ce",
        "engine.version": "docker version --format '{{.Server.Version}}'",
        "engine.containerd_version": "containerd --version | sed 's/.* v\\([0-9.]*\\).*/\\1/'",
        "kernel: cgroup v2": "docker info --format 'cgroup v{{.CgroupVersion}}'",
        "kernel: nftables, family inet": "nft list tables inet | grep -o nuvla_swarm && nft --version",
        "system: Debian 12": "cat /etc/debian_version",
    }.items():
        shown = hosts.stack.on(SERVER, "bash", "-o", "pipefail", "-c", command)
        assert shown.code == 0, shown.text
        assert shown.text.strip(), command
        seen(default, " ".join(shown.text.split()))


# Without a version, as Nuvla's documentation has it, Docker mounts with version 3.
@pytest.mark.parametrize("options", ["", "nfsvers=3,nolock", "nfsvers=4.2"])
def test_another_machine_writes_the_files_as_a_volume(hosts: ExistingHosts, options: str, seen: Seen) -> None:
    written = run_with_files(hosts, CLIENT, options, "echo hello >/data/written")
    assert written.code == 0, written.text
    listed = hosts.stack.on(SERVER, "stat", "--format=%U:%G %s", "/nfs-root/written")
    assert listed.text == "nobody:nogroup 6\n", listed.text
    assert int(hosts.stack.on(SERVER, "cat", "/proc/fs/nfsd/threads").text) > 0
    seen("nfs.server", "kernel")
    seen("storage: volume of type nfs, as Nuvla makes it", f"options {options or 'none'}")
    assert hosts.stack.on(SERVER, "rm", "/nfs-root/written").code == 0


def test_volume_that_is_mounted_to_read_refuses_writes(hosts: ExistingHosts) -> None:
    refused = run_with_files(hosts, CLIENT, "ro,nfsvers=4.2", "echo hello >/data/refused")
    assert "Read-only file system" in refused.text, refused.text


def answers(url: str) -> bool:
    return requests.get(url, timeout=5).status_code == 200


def test_port_of_the_ingress_mesh_answers_on_every_machine(hosts: ExistingHosts, seen: Seen) -> None:
    """The tasks are on another machine than the one that is asked, so that IPVS and the overlay carry the packets."""
    on_manager = ("manager-1", "docker", "service")
    options = ["--replicas=2", f"--publish={MESH_PORT}:80", f"--constraint=node.hostname=={CLIENT}.example"]
    created = hosts.stack.on(*on_manager, "create", "--quiet", "--name=meshed", *options, WHOAMI)
    assert created.code == 0, created.text
    try:
        for name in NAMES:
            wait_for(partial(answers, f"http://{hosts.addresses[name]}:{MESH_PORT}/"), f"{name} answers", 120)
        seen("swarm: ports through the ingress mesh", "IPVS")
    finally:
        hosts.stack.on(*on_manager, "rm", "meshed")


@pytest.mark.parametrize("machine", NAMES)
def test_machine_that_reboots_comes_back_as_it_was(hosts: ExistingHosts, machine: str) -> None:
    target = hosts.stack
    assert isinstance(target, GuestStack)
    table = target.on(machine, *LIST_TABLE).text
    target.guests[machine].reboot()
    assert target.on(machine, *LIST_TABLE).text == table
    assert_rules_come_before_the_network(target, machine)
    if machine == SERVER:
        _, mounted = moments(target, machine, "nfs\\x2droot.mount")
        server_begun, _ = moments(target, machine, "nfs-server.service")
        engine_begun, _ = moments(target, machine, ENGINE)
        assert 0 < mounted <= min(server_begun, engine_begun)
    wait_until_back(hosts)
    for options in ("", "nfsvers=4.2"):
        written = run_with_files(hosts, CLIENT, options, "echo hello >/data/after")
        assert written.code == 0, written.text
    second = target.up()
    assert second.touched() == set(), second.text
