"""Scenarios of scripts that look after services."""

from typing import Final

from tests.interrupted.scenarios import Scenario

PULL: Final = "service/scripts/pull.sh"
CONVERGE: Final = "service/scripts/converge.sh"
ISSUED: Final = "traefik/scripts/issued.sh"
NAMED: Final = {"NAMES": "example.org", "STORAGE": "/var/lib/nuvla-swarm/acme.json"}

SERVICES: Final = [
    Scenario(
        path=PULL,
        name="a tag that is in use",
        given=["swarm.sh"],
        values={"IMAGE": "traefik:3.6.0", "SERVICE": "traefik"},
        prints=f"traefik:3.6.0@sha256:{'1' * 64}\n",
        reboots=False,
    ),
    Scenario(
        path=PULL,
        name="a new image",
        given=["swarm.sh"],
        values={"IMAGE": "traefik:3.6.1", "SERVICE": "traefik"},
        prints=f"traefik:3.6.1@sha256:{'2' * 64}\n",
        reboots=False,
    ),
    Scenario(
        path=PULL,
        name="an image for the first time",
        given=["engine.sh"],
        values={"IMAGE": "traefik:3.6.1", "SERVICE": "traefik"},
        prints=f"traefik:3.6.1@sha256:{'2' * 64}\n",
        reboots=False,
    ),
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
