"""What a machine may lack or have: space on its disk, swap, and settings of its kernel."""

from collections.abc import Iterator
from contextlib import contextmanager

from components import assets
from tests.e2e.existing_hosts import ExistingHosts
from tests.e2e.test_existing_machines import changed_setting, nodes
from tests.kernel.guest_network import GuestStack
from tests.kernel.target import CLIENT, MANAGER, NAMES, THIS_COMPUTER, WHOAMI, must, wait_until_back

MAP_COUNT = 262144
FILLED = "/var/filled"
NEIGHBOUR = "192.0.2.0/24"
# 96 MiB in one piece, in a container that may have 64.
GREEDY = ["docker", "run", "--rm", "--memory=64m", "--entrypoint=dd", WHOAMI, "if=/dev/zero", "of=/dev/null"]
GREEDY += ["bs=96M", "count=1"]


@contextmanager
def full_disk(hosts: ExistingHosts, machine: str) -> Iterator[None]:
    """Fill the disk of a machine up to the last block."""
    fill = f"fallocate --length $(($(df --output=avail --block-size=1 / | tail -n 1) - 65536)) {FILLED}"
    try:
        must(hosts, machine, f"{fill}; cat /dev/zero >{FILLED}.rest; test $(df --output=avail / | tail -n 1) = 0")
        yield
    finally:
        must(hosts, machine, f"rm -f {FILLED} {FILLED}.rest")


def test_manager_with_a_full_disk_is_told_and_goes_on_when_it_has_space(hosts: ExistingHosts) -> None:
    """The swarm keeps its leader, as the store of a manager has its files allocated before it needs them.

    The engine forgets tasks that it could not write down, until it starts anew.
    """
    target = hosts.stack
    with changed_setting(hosts, "firewall.management", [THIS_COMPUTER, NEIGHBOUR]):
        with full_disk(hosts, MANAGER):
            assert nodes(hosts) == dict.fromkeys(NAMES, "Ready Active")
            failed = target.up()
            assert failed.code != 0
            told = f"firewall-{MANAGER}: a disk of its machine is full"
            assert told in failed.text, failed.text
            assert "Traceback" not in failed.text
            assert nodes(hosts) == dict.fromkeys(NAMES, "Ready Active")
        must(hosts, MANAGER, "systemctl restart docker")
        mended = target.up()
        assert mended.code == 0, mended.text
    restored = target.up()
    assert restored.code == 0, restored.text
    second = target.up()
    assert second.touched() == set(), second.text
    wait_until_back(hosts)


@contextmanager
def swap(hosts: ExistingHosts, machine: str) -> Iterator[None]:
    """Give a machine swap, as an operator does."""
    try:
        must(hosts, machine, "fallocate --length 256M /swap && chmod 600 /swap && mkswap --quiet /swap && swapon /swap")
        yield
    finally:
        must(hosts, machine, "swapoff /swap; rm -f /swap")


def test_container_may_swap_as_much_as_its_memory_limit(hosts: ExistingHosts) -> None:
    """A limit ends it where there is no swap."""
    assert hosts.stack.on(CLIENT, *GREEDY).code == 137
    with swap(hosts, CLIENT):
        swapped = hosts.stack.on(CLIENT, *GREEDY)
        assert swapped.code == 0, swapped.text
        wait_until_back(hosts)
        again = hosts.stack.up()
        assert again.touched() == set(), again.text


def test_count_of_memory_maps_holds_now_and_after_a_reboot(hosts: ExistingHosts) -> None:
    """Elasticsearch, on a host of Nuvla's own services, does not start with fewer."""
    assert isinstance(hosts.stack, GuestStack)
    read = "cat /proc/sys/vm/max_map_count"
    before = int(must(hosts, CLIENT, read))
    assert before < MAP_COUNT
    script = assets.read("nuvla_host/scripts/map_count.sh")
    try:
        must(hosts, CLIENT, f"export COUNT={MAP_COUNT} ONLY_CHECK=\n{script}")
        assert int(must(hosts, CLIENT, read)) == MAP_COUNT
        hosts.stack.guests[CLIENT].reboot()
        assert int(must(hosts, CLIENT, read)) == MAP_COUNT
    finally:
        must(hosts, CLIENT, f"rm /etc/sysctl.d/90-nuvla-swarm.conf; sysctl --write vm.max_map_count={before}")
    wait_until_back(hosts)
