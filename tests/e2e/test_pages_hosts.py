"""The page on existing hosts is walked on containers with a fresh Debian."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e import page_walks
from tests.e2e.existing_hosts import key_pair, run_script, start_host
from tests.e2e.harness import STACK_LABEL, docker, image_of
from tests.e2e.networks import subnet_of, this_computer
from tests.pages.walks import HOSTS, edit

pytestmark = pytest.mark.slow

SUBNET = subnet_of("pages-hosts")
DOCUMENTED, OWN = "192.0.2.", SUBNET.replace(".0.0/16", ".2.")  # how addresses begin
MACHINES = {"manager-1": f"{OWN}11", "worker-1": f"{OWN}12", "worker-2": f"{OWN}13"}  # the last part is the page's


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
            start_host(container, machine, options, image_of("plain"), tmp_path / machine)
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
    # This computer's own network may be the one that is reserved for documentation.
    (folder / page).write_text((folder / page).read_text().replace(DOCUMENTED, OWN))
    settings = page_walks.computer_settings(remote=True)
    settings |= {"machines.pools": pools, "firewall.management": [this_computer(SUBNET)], "nfs.server": "ganesha"}
    settings |= {"machines.data_path": "/srv/nuvla"}  # the file system of the hosts themselves has no handles of files
    environment = page_walks.shell_environment(
        READER_HOSTS=str(tmp_path / "READER_HOSTS"), **page_walks.new_home(tmp_path / "home")
    )
    try:
        page_walks.walk(page, folder, environment, [edit("prod", settings)])
    finally:
        page_walks.end_processes(folder)
