"""tests/e2e/networks.py: tests that share one engine use distinct networks."""

import re
from pathlib import Path

from tests.e2e import networks


def test_users_of_networks_are_distinct() -> None:
    assert len(set(networks.USERS)) == len(networks.USERS)


def test_e2e_tests_take_their_networks_from_one_module() -> None:
    files = Path(networks.__file__).parent.glob("*.py")
    named = {file.name: re.findall(r"\b10\.\d+\.\d+\.\d+/[12]?\d\b", file.read_text()) for file in files}
    del named["networks.py"]
    assert {name: found for name, found in named.items() if found} == {}, "take the network from tests/e2e/networks.py"
