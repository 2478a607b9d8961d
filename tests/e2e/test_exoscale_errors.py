"""The errors that an operator reads if the stand-in of Exoscale refuses settings; no machine is created."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.exoscale_stacks import EXOSCALE_MACHINES, ExoscaleStack, exoscale_stack
from tests.e2e.harness import TRAEFIK_ALONE
from tests.e2e.networks import STRANGERS, subnet_of
from tests.support.address_service import address_service

pytestmark = pytest.mark.slow

SETTINGS: dict[str, Any] = {
    "kind": "target",
    "machines": EXOSCALE_MACHINES
    | {
        "pools": {"manager": {"role": "manager"}},
    },
    "firewall": {"management": [STRANGERS]},
    **TRAEFIK_ALONE,
}


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ExoscaleStack]:
    """Yield a stack of which Exoscale never creates a machine."""
    folder = Path(tmp_path_factory.mktemp("refused"))
    with exoscale_stack("e2e-refused", folder, SETTINGS, subnet_of("refused")) as stack:
        yield stack
        assert stack.destroy().code == 0
        assert stack.leftovers() == []


def test_wrong_api_key_is_reported_in_a_line(stack: ExoscaleStack) -> None:
    stack.env["EXOSCALE_API_KEY"] = "wrong"
    result = stack.up()
    stack.env["EXOSCALE_API_KEY"] = "EXO-of-a-test"
    assert result.code != 0
    assert "error: Exoscale does not take the API key" in result.text, result.text
    assert stack.records("instance") == {}


UNKNOWN_ZONE = {"machines.zone": "ch-abc-1"}
NO_ZONE = "error: Exoscale has no such zone: set machines.zone"
NO_API_HOST = "error: there is no api-ch-abc-1.exoscale.com: if Exoscale has no zone ch-abc-1, set machines.zone"
BLOCK_STORAGE = {
    "volumes.traefik.block_storage": True,
    "domain": "a.example.org",
    "traefik.acme": {"email": "a@example.org"},
}
UNKNOWN_TEMPLATE = "6f4d2c1e-7a10-4b6e-9c58-2f0e24046a01"


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        (UNKNOWN_ZONE, NO_ZONE),
        (UNKNOWN_ZONE | {"machines.elastic_ip": True}, NO_API_HOST),
        (UNKNOWN_ZONE | {"machines.private_network": subnet_of("refused")}, NO_API_HOST),
        (
            UNKNOWN_ZONE | BLOCK_STORAGE,
            "nuvla-swarm:volumes.traefik: on manager-1, which is in zone ch-abc-1; allowed on block storage: ch-gva-2",
        ),
        ({"machines.template.id": UNKNOWN_TEMPLATE}, "error: the zone has no template of that id: `make"),
        ({"machines.pools.manager.size": "standard.enormous"}, "error: Exoscale has no such type of instances"),
    ],
)
def test_unknown_zone_template_or_size_is_reported_in_a_line(
    stack: ExoscaleStack, settings: dict[str, Any], line: str
) -> None:
    before = stack.file.read_text()
    for path, value in settings.items():
        stack.set(path, value)
    result = stack.up()
    stack.file.write_text(before)
    assert result.code != 0
    assert line in result.text, result.text
    assert "Traceback" not in result.text
    assert stack.records("instance") == {}


def test_firewall_that_locks_this_computer_out_is_told_within_a_minute(stack: ExoscaleStack) -> None:
    """The public address is asked at a server of this test; firewall.management does not have this computer."""
    with address_service("203.0.113.9") as url:
        update = subprocess.Popen(
            ["python", "-m", "tools.stack", "up", stack.name],
            env={**stack.env, "NUVLA_SWARM_ADDRESS_URL": url, "YES": "1"},
            cwd=stack.folder,
            start_new_session=True,  # a terminal sends Ctrl-C to Pulumi, too
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        lines, since = [], 0.0
        try:
            for line in update.stdout or ():
                lines.append(line)
                if "manager-1-ready" in line and not since:
                    since = time.monotonic()
                if "add 203.0.113.9/32 to firewall.management" in line:
                    break
                assert not since or time.monotonic() - since < 60, "".join(lines)
            seconds = time.monotonic() - since
        finally:
            os.killpg(update.pid, signal.SIGINT)
            lines.append(update.communicate(timeout=120)[0])
    text = "".join(lines)
    assert since, text
    assert seconds < 60, text
    assert f"manager-1: no SSH server answers at {stack.address('manager-1')}:22 for 30 s" in text
    assert f"firewall.management is {STRANGERS}" in text
    assert update.returncode == 130, text
    assert "run `make up STACK=e2e-refused` again: it continues where it stopped" in text
