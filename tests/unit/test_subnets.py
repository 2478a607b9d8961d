"""Tests that run side by side never want the same network of the one engine."""

import re
from pathlib import Path

from tests.e2e import networks


def test_every_user_has_a_network_of_its_own() -> None:
    assert len(set(networks.USERS)) == len(networks.USERS)


def test_no_test_on_an_engine_names_a_network_itself() -> None:
    files = Path(networks.__file__).parent.glob("*.py")
    own = {file.name: re.findall(r"\b10\.\d+\.\d+\.\d+/[12]?\d\b", file.read_text()) for file in files}
    del own["networks.py"]
    assert {name: found for name, found in own.items() if found} == {}
