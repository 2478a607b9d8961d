"""Files over the kernel's NFS server: who may mount them, locks between machines, and what a lost server loses."""

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.e2e.existing_hosts import ExistingHosts
from tests.e2e.test_existing_machines import changed_setting
from tests.e2e.waiting import wait_for
from tests.kernel.guest_network import GuestStack
from tests.kernel.guests import Guest
from tests.kernel.target import (
    CLIENT,
    FILES,
    MANAGER,
    NAMES,
    SERVER,
    WHOAMI,
    make_volume,
    must,
    run_with_files,
    shell,
    wait_until_back,
)

LOCK_PROGRAM = (Path(__file__).parent / "files/lock.py").read_text()
MOUNTED = "/mnt/files"
SHOW_LISTENERS = "ss --no-header --listening --numeric --tcp --udp --processes"
FIRST_EPHEMERAL, LAST_EPHEMERAL = 32768, 60999
# Seen: 10 to 25 s, as the leases of the guests' server take 10 s.
LEASE_TIMEOUT_S = 90


def guest(hosts: ExistingHosts, name: str) -> Guest:
    assert isinstance(hosts.stack, GuestStack)
    return hosts.stack.guests[name]


@contextmanager
def mounted(hosts: ExistingHosts, options: str, *machines: str) -> Iterator[None]:
    """Mount the shared files on machines, at the same folder of each."""
    try:
        for machine in machines:
            source = f"{hosts.addresses[SERVER]}:{FILES}"
            must(hosts, machine, f"mkdir -p {MOUNTED} && mount -t nfs -o {options} {source} {MOUNTED}")
        yield
    finally:
        for machine in machines:
            shell(hosts, machine, f"umount --force --lazy {MOUNTED}; rmdir {MOUNTED}")
        must(hosts, SERVER, f"rm -f {FILES}/locked")


@contextmanager
def held(
    hosts: ExistingHosts, machine: str, kind: str, *, folder: str = MOUNTED, write: bool = False
) -> Iterator[None]:
    """Hold a lock on a machine, in a unit `holder`."""
    program = shlex.join(["python3", "-c", LOCK_PROGRAM, kind, f"{folder}/locked", *(["write"] if write else [])])
    must(hosts, machine, f"systemd-run --quiet --collect --unit=holder {program}")
    try:
        wait_for(
            lambda: "locked" in must(hosts, machine, "journalctl --boot --no-pager --output=cat --unit=holder"),
            f"{machine} has the lock",
        )
        yield
    finally:
        shell(hosts, machine, "systemctl stop holder; journalctl --rotate --vacuum-time=1s")


def takes_lock(hosts: ExistingHosts, machine: str, kind: str, *, folder: str = MOUNTED) -> bool:
    """Return whether a machine gets the lock at once; it gives it back."""
    program = ["timeout", "--preserve-status", "20", "python3", "-u", "-c", LOCK_PROGRAM, kind, f"{folder}/locked"]
    taken = shell(hosts, machine, f"{shlex.join(program)} | head -n 1")
    return taken.text.strip() == "locked"


def test_export_that_is_read_only_refuses_writes(hosts: ExistingHosts) -> None:
    """Whoever may write by the mode of a file, and mounts to write: version 3 has another word for it."""
    command = "cat /data/read && echo more >>/data/read"
    must(hosts, SERVER, f"echo hello >{FILES}/read && chmod 666 {FILES}/read")
    try:
        with changed_setting(hosts, "nfs.access", "ro"):
            changed = hosts.stack.up("--target", "**nfs-entry-*")
        assert changed.code == 0, changed.text
        for options, refusal in (("rw", "Permission denied"), ("rw,nfsvers=4.2", "Read-only file system")):
            read = run_with_files(hosts, CLIENT, options, command)
            assert read.code != 0
            assert "hello\n" in read.text
            assert refusal in read.text
    finally:
        restored = hosts.stack.up("--target", "**nfs-entry-*")
        assert restored.code == 0, restored.text
    for options in ("rw", "rw,nfsvers=4.2"):
        written = run_with_files(hosts, CLIENT, options, command)
        assert written.code == 0, written.text
    must(hosts, SERVER, f"rm {FILES}/read")


@contextmanager
def outsider(hosts: ExistingHosts) -> Iterator[str]:
    """Yield the address of a network namespace on a machine, which is no machine of the swarm for the others."""
    address = f"{hosts.addresses[CLIENT].rpartition('.')[0]}.200"
    make = ["ip netns add outsider", "ip link add link vec0 name outside netns outsider type macvlan mode bridge"]
    make += [f"ip -netns outsider address add {address}/24 dev outside", "ip -netns outsider link set outside up"]
    try:
        must(hosts, CLIENT, " && ".join(make))
        yield address
    finally:
        shell(hosts, CLIENT, "ip netns delete outsider")


@contextmanager
def let_in(hosts: ExistingHosts, address: str) -> Iterator[None]:
    """Open the firewall of the server to an address, so that only the list of clients is left to refuse it."""
    rule = f"ip saddr {address} accept"
    must(hosts, SERVER, f"nft insert rule inet nuvla_swarm others {rule}")
    try:
        yield
    finally:
        find = f"nft --handle list chain inet nuvla_swarm others | sed -n 's/.*{rule} # handle //p'"
        must(hosts, SERVER, f'nft delete rule inet nuvla_swarm others handle "$({find})"')


def test_address_outside_the_list_cannot_mount(hosts: ExistingHosts) -> None:
    """The firewall keeps it out; without the firewall, the list of clients does."""
    server, inside = hosts.addresses[SERVER], "ip netns exec outsider timeout 30"
    connect = f"{inside} bash -c 'timeout 5 bash -c \"</dev/tcp/{server}/2049\"'"
    with outsider(hosts) as address:
        assert shell(hosts, CLIENT, connect).code != 0
        with let_in(hosts, address):
            wait_for(lambda: shell(hosts, CLIENT, connect).code == 0, "the firewall is open")
            for version in ("3", "4.2"):
                options = f"vers={version},retry=0,nolock"
                refused = shell(hosts, CLIENT, f"{inside} mount -t nfs -o {options} {server}:{FILES} /mnt")
                assert refused.code != 0, version
                assert "access denied by server" in refused.text or "No such file" in refused.text, refused.text
    assert run_with_files(hosts, CLIENT, "nfsvers=4.2", "ls /data").code == 0


@pytest.mark.parametrize("version", ["3", "4.2"])
@pytest.mark.parametrize("kind", ["flock", "fcntl"])
def test_lock_of_one_machine_holds_on_another_until_it_ends(hosts: ExistingHosts, version: str, kind: str) -> None:
    with mounted(hosts, f"vers={version}", CLIENT, MANAGER):
        with held(hosts, CLIENT, kind):
            assert not takes_lock(hosts, MANAGER, kind)
        wait_for(lambda: takes_lock(hosts, MANAGER, kind), "the lock is free", 10)


def test_volume_without_a_version_has_locks(hosts: ExistingHosts) -> None:
    folder, container = "/var/lib/docker/volumes/files/_data", ["--name=holder", "--volume=files:/data"]
    make_volume(hosts, CLIENT)
    with mounted(hosts, "vers=3", MANAGER):
        try:
            must(hosts, CLIENT, shlex.join(["docker", "run", "--detach", *container, WHOAMI]))
            assert " nfs rw" in must(hosts, CLIENT, f"grep {folder} /proc/mounts")
            with held(hosts, CLIENT, "flock", folder=folder):
                assert not takes_lock(hosts, MANAGER, "flock")
            assert takes_lock(hosts, MANAGER, "flock")
        finally:
            must(hosts, CLIENT, "docker rm --force holder; docker volume rm files")


def test_nothing_of_nfs_listens_on_ports_of_applications(hosts: ExistingHosts) -> None:
    """Also while there are locks of version 3, for which clients listen too."""
    with mounted(hosts, "vers=3", CLIENT), held(hosts, CLIENT, "flock"):
        listeners = {name: must(hosts, name, SHOW_LISTENERS).splitlines() for name in NAMES}
    for name, lines in listeners.items():
        own = [line for line in lines if "docker" not in line]
        ports = {int(line.split()[4].rpartition(":")[2]) for line in own}
        assert {port for port in ports if FIRST_EPHEMERAL <= port <= LAST_EPHEMERAL} <= {33333}, "\n".join(own)
        assert {111, 662} | ({4045} if name != MANAGER else set()) <= ports, "\n".join(own)


def test_lock_of_a_machine_that_died_is_free_after_its_lease(hosts: ExistingHosts) -> None:
    client = guest(hosts, CLIENT)
    with mounted(hosts, "vers=4.2", MANAGER), mounted(hosts, "vers=4.2", CLIENT), held(hosts, CLIENT, "flock"):
        assert not takes_lock(hosts, MANAGER, "flock")
        client.kill()
        try:
            wait_for(lambda: takes_lock(hosts, MANAGER, "flock"), "the lock is free", LEASE_TIMEOUT_S)
        finally:
            client.start()
            client.wait()
    wait_until_back(hosts)


@pytest.mark.parametrize("version", ["3", "4.2"])
def test_writer_goes_on_and_loses_nothing_when_the_server_loses_its_power(hosts: ExistingHosts, version: str) -> None:
    def written() -> int:
        return int(shell(hosts, CLIENT, "cat /run/written").text or 0)

    server = guest(hosts, SERVER)
    with mounted(hosts, f"vers={version}", CLIENT, MANAGER), held(hosts, CLIENT, "flock", write=True):
        wait_for(lambda: written() > 5, "some lines are on the disk")
        server.kill()
        try:
            before = written()
        finally:
            server.start()
            server.wait()
        wait_for(lambda: written() > before + 5, "the writer goes on", LEASE_TIMEOUT_S)
        assert not takes_lock(hosts, MANAGER, "flock"), "the lock was claimed again"
        must(hosts, CLIENT, "systemctl stop holder")
        last = written()
        lines = must(hosts, SERVER, f"cat {FILES}/locked").split()
        assert lines[:last] == [str(number) for number in range(1, last + 1)]
    wait_until_back(hosts)
