"""No service is replaced because others come, go or move: the provider removes it first, on all machines at once."""

from random import Random
from typing import Any

import pytest

from components.machines.owner import ID_LABEL
from tests.program.runs import run
from tests.settings.bases import TARGET
from tests.settings.loading import parse
from tests.settings.replaced import replaced
from tests.settings.table import CHANGES
from tests.support.configs import changed, host, target

pytestmark = pytest.mark.thorough

ACME: dict[str, Any] = {"domain": "example.org", "traefik": {"acme": {"email": "a@example.org"}}}
NOTHING: dict[str, Any] = {section: {"enabled": False} for section in ("monitoring", "nfs", "s3")}
MEASURED: dict[str, Any] = {"monitoring": {"elasticsearch": {"enabled": True}}}
TRANSITIONS = {
    "everything is switched on": (target(workers=1, **NOTHING), target(workers=1)),
    "two more managers": (target(workers=1), target(managers=3, workers=1)),
    "two more managers that share certificates": (target(workers=1, **ACME), target(managers=3, workers=1, **ACME)),
    "certificates": (target(managers=3, workers=0), target(managers=3, workers=0, **ACME)),
    "Elasticsearch is measured": (host(), host(**MEASURED)),
    "no monitoring of a host": (host(), host(monitoring={"enabled": False})),
}
APART = {"swarm.public_network.name", "swarm.public_network.attachable"}  # they do replace services
SEEDS = range(6)


@pytest.mark.parametrize("transition", TRANSITIONS)
def test_no_service_is_replaced_by_a_transition(transition: str) -> None:
    before, after = (run(document).engine for document in TRANSITIONS[transition])
    assert replaced(before, after) == set()
    assert replaced(after, before) == set()


def several(seed: int) -> dict[str, Any]:
    """A target with other values of some settings that go together."""
    document = target(managers=1, workers=1)
    random = Random(seed)
    plain = [one for one in CHANGES if one.base is TARGET and not one.secrets and not one.stands]
    for change in random.sample(plain, 40):
        if change.setting in APART:
            continue
        tried = document
        for path, value in [*change.also.items(), (change.path, change.value)]:
            tried = changed(tried, path, value)
        document = tried if parse(tried)[0] else document
    return document


@pytest.mark.parametrize("seed", SEEDS)
def test_no_service_is_replaced_by_many_setting_changes(seed: int) -> None:
    one, other = run(several(seed)).engine, run(several(seed + 100)).engine
    assert replaced(one, other) == set(), f"seed {seed}"


def test_replacement_check_detects_network_and_label_changes() -> None:
    """Else none of these tests could fail."""
    before = run(target(workers=1)).engine
    after = run(target(workers=1, swarm={"public_network": {"name": "front"}})).engine
    assert "traefik-service" in replaced(before, after)
    labels = before.inputs("traefik-service")["taskSpec"]["containerSpec"]["labels"]
    own = [label for label in before.inputs("traefik-service")["labels"] if label["label"] != ID_LABEL]
    assert labels == own, "constants: nothing of the settings is in them"
