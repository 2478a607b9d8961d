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


ZONE = {"machines.zone": "ch-abc-1"}
NO_ZONE = "error: Exoscale has no such zone: set machines.zone"
NO_HOST = "error: there is no api-ch-abc-1.exoscale.com: if Exoscale has no zone ch-abc-1, set machines.zone"
BLOCK = {"volumes.traefik.block_storage": True, "domain": "a.example.org", "traefik.acme": {"email": "a@example.org"}}
TEMPLATE = "6f4d2c1e-7a10-4b6e-9c58-2f0e24046a01"


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        (ZONE, NO_ZONE),
        (ZONE | {"machines.elastic_ip": True}, NO_HOST),
        (ZONE | {"machines.private_network": subnet_of("refused")}, NO_HOST),
        (
            ZONE | BLOCK,
            "nuvla-swarm:volumes.traefik: on manager-1, which is in zone ch-abc-1; allowed on block storage: ch-gva-2",
        ),
        ({"machines.template.id": TEMPLATE}, "error: the zone has no template of that id: `make"),
        ({"machines.pools.manager.size": "standard.enormous"}, "error: Exoscale has no such type of instances"),
    ],
)
def test_what_exoscale_does_not_have_is_told_in_a_line(
    refused: CloudStack, settings: dict[str, Any], line: str
) -> None:
    before = refused.file.read_text()
    for path, value in settings.items():
        refused.set(path, value)
    found = refused.up()
    refused.file.write_text(before)
    assert found.code != 0
    assert line in found.text, found.text
    assert "Traceback" not in found.text
    assert refused.records("instance") == {}
