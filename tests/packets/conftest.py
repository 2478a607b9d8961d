"""What several files of these tests use."""

from collections.abc import Iterator

import pytest

from tests.packets.wires import Wires


@pytest.fixture(scope="module")
def wires(request: pytest.FixtureRequest) -> Iterator[Wires]:
    """A machine whose uplink is a bridge, unless a test says otherwise: that is the harder case."""
    made = Wires(getattr(request, "param", "br-lan"))
    try:
        made.build()
        yield made
    finally:
        made.close()
