"""What a person reads whose settings Exoscale refuses, by the stand-in of its plugin; nothing is lost by it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.clouds import ON_EXOSCALE, CloudStack, cloud_stack
from tests.e2e.networks import subnet_of

pytestmark = pytest.mark.slow

SETTINGS: dict[str, Any] = {
    "kind": "target",
    "machines": ON_EXOSCALE
    | {
        "pools": {"manager": {"role": "manager"}},
    },
    "firewall": {"management": ["192.0.2.0/24"]},
    **{section: {"enabled": False} for section in ("monitoring", "nfs", "s3")},
}


@pytest.fixture(scope="module")
def refused(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CloudStack]:
    """A stack of which Exoscale never makes a machine."""
    folder = Path(tmp_path_factory.mktemp("refused"))
    with cloud_stack("e2e-refused", folder, SETTINGS, subnet_of("refused")) as made:
        yield made
        assert made.destroy().code == 0
        assert made.leftovers() == []


def test_a_wrong_api_key_is_told_in_a_line(refused: CloudStack) -> None:
    refused.env["EXOSCALE_API_KEY"] = "wrong"
    found = refused.up()
    refused.env["EXOSCALE_API_KEY"] = "EXO-of-a-test"
    assert found.code != 0
    assert "error: Exoscale does not take the API key" in found.text, found.text
    assert refused.records("instance") == {}


@pytest.mark.parametrize(
    ("path", "value", "line"),
    [
        ("machines.zone", "ch-abc-1", "Exoscale has no such zone: set machines.zone"),
        ("machines.template.id", "6f4d2c1e-7a10-4b6e-9c58-2f0e24046a01", "the zone has no template of that id: `make"),
        ("machines.pools.manager.size", "standard.enormous", "Exoscale has no such type of instances"),
    ],
)
def test_what_exoscale_does_not_have_is_told_in_a_line(refused: CloudStack, path: str, value: str, line: str) -> None:
    before = refused.file.read_text()
    refused.set(path, value)
    found = refused.up()
    refused.file.write_text(before)
    assert found.code != 0
    assert f"error: {line}" in found.text, found.text
    assert "Traceback" not in found.text
    assert refused.records("instance") == {}
