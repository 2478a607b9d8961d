"""Scenarios of scripts that look after services."""

from typing import Final

from tests.interrupted.scenarios import Scenario

PULL: Final = "service/scripts/pull.sh"
CONVERGE: Final = "service/scripts/converge.sh"
ISSUED: Final = "traefik/scripts/issued.sh"
NAMED: Final = {"NAMES": "example.org", "STORAGE": "/var/lib/nuvla-swarm/acme.json", "PATIENCE_S": "60"}


def _pulled(name: str, given: str, image: str, digit: str) -> Scenario:
    """Of Traefik's image, whose digest is that digit."""
    return Scenario(
        path=PULL,
        name=name,
        given=[given],
        values={"IMAGE": image, "SERVICE": "traefik"},
        prints=f"{image}@sha256:{digit * 64}\n",
        reboots=False,
    )


SERVICES: Final = [
    _pulled("a tag that is in use", "swarm.sh", "traefik:3.6.0", "1"),
    _pulled("a new image", "swarm.sh", "traefik:3.6.1", "2"),
    _pulled("an image for the first time", "engine.sh", "traefik:3.6.1", "2"),
    Scenario(path=ISSUED, name="has one", given=["issued.sh"], values=NAMED, reboots=False),
    Scenario(
        path=ISSUED,
        name="has none",
        given=["issued.sh", "hurry.sh"],
        values=NAMED | {"NAMES": "www.example.org"},
        reboots=False,
    ),
    Scenario(path=CONVERGE, name="all are well", given=["nodes.sh"], values={"SERVICES": "web"}, reboots=False),
]
