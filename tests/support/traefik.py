"""Settings of Traefik, and what its files say, for tests of its parts."""

from typing import Any

import yaml

from components.service.spec import Service
from components.traefik.acme import PRODUCTION, AcmeSettings
from components.traefik.stack import TraefikSettings
from tests.support.pulumi_run import value

ACME = AcmeSettings(
    email="a@example.org",
    server=PRODUCTION,
    server_ca=None,
    names=["example.org", "s3.example.org"],
    machine="manager-1",
    folder="/data/traefik",
    shared=False,
)


PLAIN = TraefikSettings(
    network="front",
    log_level="INFO",
    access_log=False,
    memory_limit_mib=300,
    s3_port=None,
    s3_name=None,
    operators=["192.0.2.0/24"],
    consoles=["192.0.2.0/24"],
    reserved=["PathPrefix(`/grafana`)"],
)


def files(made: Service) -> dict[str, Any]:
    """Its files by their path; YAML as what it says."""
    contents = {file.path: value(file.content) for file in made.files}
    return {path: yaml.safe_load(text) if path.endswith(".yaml") else text for path, text in contents.items()}
