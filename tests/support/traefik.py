"""Settings and resources of Traefik, and what its files say, for tests of its parts."""

from dataclasses import replace
from typing import Any

import yaml

from components.service.login import Login
from components.service.spec import Service, StackSpec
from components.traefik.acme import PRODUCTION, AcmeIssuer
from components.traefik.certificate import SelfSignedCertificate, SelfSignedCertificateArgs
from components.traefik.context import TraefikContext
from components.traefik.settings import TraefikSettings
from components.traefik.stack import TraefikParts, traefik
from tests.support.builders import network
from tests.support.pulumi_run import build, start, value

ACME = AcmeIssuer(
    email="a@example.org",
    server=PRODUCTION,
    server_ca=None,
    names=["example.org", "s3.example.org"],
    machine="manager-1",
    folder="/data/traefik",
    shared=False,
)
SETTINGS = TraefikSettings(log_level="WARN", memory_limit_mib=300)


def context(**changed: Any) -> TraefikContext:
    """Return an infrastructure with two pages of the program, and without S3."""
    given = TraefikContext(
        network="front",
        s3_port=None,
        s3_name=None,
        operators=["192.0.2.0/24", "198.51.100.7/32"],
        consoles=["192.0.2.0/24", "0.0.0.0/0"],
        reserved=["PathPrefix(`/grafana`)", "PathPrefix(`/prometheus`)"],
    )
    return replace(given, **changed)


def parts(**changed: Any) -> TraefikParts:
    """Return resources for Traefik. To be called within `build`."""
    given = TraefikParts(
        image="traefik:v3.6.1",
        networks=[network("front")] if "networks" not in changed else [],
        certificate=SelfSignedCertificate("c", SelfSignedCertificateArgs(addresses=[], names=[], days=100)),
        prometheus_login=Login("login", "admin"),
        metrics_login=Login("metrics", "reader"),
    )
    return replace(given, **changed)


def files(service: Service) -> dict[str, Any]:
    """Return the files of a service by their path; YAML as what it says."""
    contents = {file.path: value(file.content) for file in service.files}
    return {path: yaml.safe_load(text) if path.endswith(".yaml") else text for path, text in contents.items()}


def spec(settings: TraefikSettings = SETTINGS, **changed: Any) -> StackSpec:
    """Return the stack of Traefik; `changed` are values of its context."""
    start()
    return build(lambda: traefik(settings, context(**changed), parts()))


def service(settings: TraefikSettings = SETTINGS, **changed: Any) -> Service:
    """Return the only service of Traefik's stack."""
    (only,) = spec(settings, **changed).services
    return only


def files_of(settings: TraefikSettings = SETTINGS, **changed: Any) -> dict[str, Any]:
    """Return the files of Traefik by their path."""
    return files(service(settings, **changed))


def static(settings: TraefikSettings = SETTINGS, **changed: Any) -> Any:
    """Return the static configuration of Traefik."""
    return files_of(settings, **changed)["/etc/traefik/traefik.yaml"]


def dynamic(**changed: Any) -> Any:
    """Return the dynamic configuration of Traefik."""
    return files_of(**changed)["/etc/traefik/dynamic/dynamic.yaml"]


def routers(entry_point: str) -> dict[str, Any]:
    """Return the routers of the program's own files on an entry point."""
    made = files_of()
    found = {path: made[path]["http"]["routers"] for path in made if path.startswith("/etc/traefik/dynamic/")}
    return {
        name: router for of in found.values() for name, router in of.items() if router["entryPoints"] == [entry_point]
    }
