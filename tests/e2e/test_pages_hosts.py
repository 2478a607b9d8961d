"""The page on existing hosts is walked on containers with a fresh Debian, at the addresses of the example."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e import page_walks
from tests.e2e.existing_hosts import key_pair, run_script, start_host
from tests.e2e.harness import STACK_LABEL, docker
from tests.pages.walks import HOSTS, edit

pytestmark = pytest.mark.slow

SUBNET, THIS_COMPUTER = "192.0.2.0/24", "192.0.2.1/32"
MACHINES = {"manager-1": "192.0.2.11", "worker-1": "192.0.2.12", "worker-2": "192.0.2.13"}


@pytest.fixture
def pools(tmp_path: Path) -> Iterator[dict[str, Any]]:
    """Yield the pools of hosts that are up, as settings; READER_HOSTS in `tmp_path` has their containers."""
    label = ("--label", f"{STACK_LABEL}=nuvla-swarm/prod")
    _, public_key = key_pair(tmp_path / "password")  # the reader's way in until there is a key of the stack
    with page_walks.cleaned("prod"):
        docker("network", "create", *label, "--subnet", SUBNET, "nuvla-swarm-prod")
        pools: dict[str, Any] = {}
        for machine, address in MACHINES.items():
            container = f"nuvla-swarm-prod-{machine}"
            _, host_key = key_pair(tmp_path / machine)
            options = ["--network", "nuvla-swarm-prod", "--ip", address, *label]
            start_host(container, machine, options, "plain", tmp_path / machine)
            run_script(container, "create_user.sh", PUBLIC_KEY=public_key)
            with (tmp_path / "READER_HOSTS").open("a") as file:
                file.write(f"{address} {container}\n")
            pool, _, number = machine.partition("-")
            hosts = pools.setdefault(pool, {"role": pool, "hosts": {}})["hosts"]
            hosts[number] = {"address": address, "user": "ops", "host_key": host_key.strip()}
        yield pools


@pytest.mark.parametrize("page", page_walks.pages_of(HOSTS))
def test_commands_of_a_page_run_on_hosts(pools: dict[str, Any], tmp_path: Path, page: str) -> None:
    folder = page_walks.new_clone(tmp_path / "nuvla-swarm")
    settings = page_walks.computer_settings(remote=True)
    settings |= {"machines.pools": pools, "firewall.management": [THIS_COMPUTER], "nfs.server": "ganesha"}
    environment = page_walks.shell_environment(READER_HOSTS=str(tmp_path / "READER_HOSTS"))
    try:
        page_walks.walk(page, folder, environment, [edit("prod", settings)])
    finally:
        page_walks.end_processes(folder)
