"""Networks of a swarm that stands: what it cannot become is refused, and what a change costs is said in a preview."""

from typing import Any

import pytest

from components.machines.owner import ID_LABEL
from tests.program.runs import run
from tests.program.test_program_transitions import refusals, stands
from tests.support.configs import changed, host, secrets_for, target
from tests.support.pulumi_run import run_program

pytestmark = pytest.mark.thorough

BEFORE = {"address_pools": ["10.201.0.0/16"], "subnet_prefix": 24}
ON_PUBLIC = "meanwhile nobody reaches traefik"
REFUSED = "the update is refused while other services use it"


POOLS = "a swarm keeps its first ranges; allowed: 10.201.0.0/16, or another stack"


@pytest.mark.parametrize(
    ("ranges", "line"),
    [
        ({}, f"swarm.address_pools: 10.224.0.0/12 (the default); {POOLS}"),
        (
            BEFORE | {"address_pools": ["10.201.0.0/16", "10.202.0.0/16"]},
            f"swarm.address_pools: 10.201.0.0/16, 10.202.0.0/16 given; {POOLS}",
        ),
        (
            BEFORE | {"subnet_prefix": 25},
            "swarm.subnet_prefix: 25 given; a swarm keeps its first ranges; allowed: 24, or another stack",
        ),
    ],
)
def test_address_ranges_of_a_swarm_cannot_change(ranges: dict[str, Any], line: str) -> None:
    """The default may be another one than it was then."""
    assert refusals(target(swarm=BEFORE), target(swarm=ranges)) == [line]
    assert refusals(target(swarm=BEFORE), target(swarm=BEFORE)) == []


def test_swarm_without_recorded_ranges_is_accepted() -> None:
    state = stands(target(swarm=BEFORE))
    for resource in state.values():
        if resource["type"] == "nuvla:swarm:Swarm":
            resource["outputs"] = {"id": "x"}
    assert refusals({}, target(), state=state) == []


@pytest.mark.parametrize(
    ("before", "path", "value", "lines"),
    [
        (target(), "swarm.public_network.attachable", False, []),
        (target(), "monitoring.enabled", False, []),
        (
            target(),
            "swarm.public_network.attachable",
            True,
            [f"swarm.public_network: traefik-public is removed and created again, and {ON_PUBLIC}; {REFUSED}"],
        ),
        (
            target(),
            "swarm.public_network.name",
            "front",
            [f"swarm.public_network: traefik-public is removed and created again, and {ON_PUBLIC}; {REFUSED}"],
        ),
        (
            host(),
            "swarm.backend_network",
            "backend",
            [f"swarm.backend_network: nuvla-backend is removed and created again; {REFUSED}"],
        ),
    ],
)
def test_preview_warns_of_services_replaced_with_a_network(
    caplog: pytest.LogCaptureFixture, before: dict[str, Any], path: str, value: Any, lines: list[str]
) -> None:
    after = changed(before, path, value)
    with caplog.at_level("WARNING"):
        run_program(after, preview=True, secrets=secrets_for(after), state=stands(before))
    assert caplog.messages == lines


def test_resources_on_the_swarm_wait_for_the_network_check() -> None:
    """Else a service would be gone when it is found that its network cannot be."""
    engine = run(target(managers=3, domain="example.org", traefik={"acme": {"email": "a@example.org"}})).engine
    kinds = ("network:Network", "service:Service", "serviceConfig:ServiceConfig", "secret:Secret")
    on_swarm = {"nuvla:service:ServiceStack", "nuvla:swarm:OverlayNetwork"}
    inside = [
        name
        for name, kind in engine.types.items()
        if kind.endswith(kinds) and on_swarm & {engine.types[one] for one in engine.ancestors(name)}
    ]
    assert len(inside) > 30
    for name in inside:
        waits = {one for outer in engine.ancestors(name) for one in engine.dependencies(outer)}
        assert "networks-look" in waits, name


def test_networks_without_an_id_label_are_known_by_the_state() -> None:
    """Their labels are never changed, so nothing else tells that they are not somebody else's."""
    state = stands(target())
    assert run(target(), state=state).engine.parameters("networks-look")["KNOWN"] == ""
    old = next(urn for urn in state if urn.endswith("::public-network-network"))
    outputs = state[old]["outputs"]
    labels = [label for label in outputs["labels"] if label["label"] != ID_LABEL]
    before = state | {old: state[old] | {"outputs": outputs | {"labels": labels}}}
    assert run(target(), state=before).engine.parameters("networks-look")["KNOWN"] == outputs["id"]
