"""The virtual IP of existing hosts, one of which has a keepalived of its own: nothing is left of it when they leave."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.existing_hosts import ExistingHosts, existing_hosts
from tests.e2e.harness import TRAEFIK_ALONE, stack
from tests.e2e.networks import address, subnet_of, this_computer
from tests.e2e.test_existing_machines import configure, inventory, settings
from tests.e2e.waiting import wait_for

pytestmark = pytest.mark.slow

MANAGERS = ("manager-1", "manager-2", "manager-3")
WITH_KEEPALIVED = "manager-3"
VIRTUAL_IP = address("virtual-ip-hosts", 9)


@pytest.fixture
def hosts(tmp_path: Path) -> Iterator[ExistingHosts]:
    """Yield three hosts that are to be managers."""
    chosen = settings(this_computer(subnet_of("virtual-ip-hosts"))) | TRAEFIK_ALONE
    with (
        stack("e2e-virtual-ip-hosts", tmp_path, chosen) as target,
        existing_hosts(target, *MANAGERS, network_user="virtual-ip-hosts") as hosts,
    ):
        installed = target.on(
            *(WITH_KEEPALIVED, "bash", "-c", "apt-get update -qq && apt-get install -qq -y keepalived >/dev/null")
        )
        assert installed.code == 0, installed.text
        managers = {name.removeprefix("manager-"): hosts.settings(name) for name in MANAGERS}
        configure(hosts, {"manager": {"role": "manager", "hosts": managers}})
        target.set("machines.virtual_ip", VIRTUAL_IP)
        yield hosts


def holders(hosts: ExistingHosts) -> list[str]:
    """Return the managers that have the virtual IP."""
    shown = {name: hosts.stack.on(name, "ip", "-4", "-oneline", "address", "show").text for name in MANAGERS}
    return [name for name, text in shown.items() if f" {VIRTUAL_IP}/32 " in text]


def test_hosts_share_an_address_and_are_restored(hosts: ExistingHosts) -> None:
    before = {name: inventory(hosts, name) for name in MANAGERS}
    result = hosts.stack.up()
    assert result.code == 0, result.text
    wait_for(lambda: len(holders(hosts)) == 1, "one manager has the virtual IP", 60)
    second = hosts.stack.up()
    assert second.touched() == set(), second.text
    destroyed = hosts.stack.destroy()
    assert destroyed.code == 0, destroyed.text
    assert holders(hosts) == []
    for name in MANAGERS:
        # The rules of the name server of containers come back in another order.
        assert set(inventory(hosts, name)) == set(before[name]), name
    assert hosts.stack.on(WITH_KEEPALIVED, "dpkg", "--status", "keepalived").code == 0
