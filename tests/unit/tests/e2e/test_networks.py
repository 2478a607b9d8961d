"""tests/e2e/networks.py: tests that share one engine use distinct networks."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from ipaddress import IPv4Network
from pathlib import Path

from components.engine.settings import EngineSettings
from tests.e2e import networks
from tests.support.checkout import CHECKOUT

FOLDERS = ("tests/e2e", "tests/kernel", "tests/interrupted", "tests/settings", "tests/files", "tests/pages")
CLOUD_PREFIX = 20  # of a cloud of the stand-in of Exoscale


def test_users_of_networks_are_distinct() -> None:
    assert len(set(networks.USERS)) == len(networks.USERS)


def test_e2e_tests_take_their_networks_from_one_module() -> None:
    files = Path(networks.__file__).parent.glob("*.py")
    named = {file.name: re.findall(r"\b10\.\d+\.\d+\.\d+/[12]?\d\b", file.read_text()) for file in files}
    del named["networks.py"]
    assert {name: found for name, found in named.items() if found} == {}, "take the network from tests/e2e/networks.py"


def test_networks_of_users_overlap_with_none_that_the_program_makes_by_default() -> None:
    """A machine has its bridges and overlays inside of it: its own network is another one."""
    pools = [IPv4Network(networks.OVERLAY_POOL), *(pool.base for pool in EngineSettings().address_pools)]
    subnets = {user: IPv4Network(networks.subnet_of(user)) for user in networks.USERS}
    assert [user for user, subnet in subnets.items() if any(subnet.overlaps(pool) for pool in pools)] == []


def test_each_network_of_a_cloud_is_of_one_module() -> None:
    """The stand-in makes networks of the engine, for zones and for private networks."""
    modules = defaultdict(set)
    for file in (CHECKOUT / "tests/offline").glob("*.py"):
        for address in re.findall(r"\b10\.\d+\.\d+\.\d+\b", file.read_text()):
            block = IPv4Network(f"{address.rpartition('.')[0]}.0/{CLOUD_PREFIX}", strict=False)
            modules[block].add(file.name)
    assert len(modules) > 5
    assert {str(network): files for network, files in modules.items() if len(files) > 1} == {}
    users = [IPv4Network(networks.subnet_of(user)) for user in networks.USERS]
    assert [network for network in modules if any(network.overlaps(user) for user in users)] == []


def taken(file: Path) -> Iterator[str]:
    """Yield the users of networks, and the names of stacks, that a module takes for itself."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
            if re.search(r"^subnet_of$|^address$|stack$|Stack$|^FreshHosts$|_target$|^target_", node.func.id):
                yield from strings(node.args[0])
        elif isinstance(node, ast.Assign | ast.AnnAssign) and node.value:
            names = ast.unparse(node).partition("=")[0]
            yield from strings(node.value) if re.search(r"USER\b|STACK_NAME\b", names) else ()


def strings(node: ast.expr) -> Iterator[str]:
    for one in ast.walk(node):
        if isinstance(one, ast.Constant) and isinstance(one.value, str):
            yield one.value


def test_each_network_and_stack_is_of_one_module() -> None:
    """Modules run side by side: two with one network, or one name of a stack, end each other's machines."""
    modules = defaultdict(set)
    for file in (file for folder in FOLDERS for file in (CHECKOUT / folder).rglob("*.py")):
        for name in taken(file):
            if name in networks.USERS or re.match("e2e-.", name):
                modules[name].add(str(file.relative_to(CHECKOUT)))
    assert len(modules) > len(networks.USERS), "users, and stacks"
    assert {name: sorted(files) for name, files in modules.items() if len(files) > 1} == {}
