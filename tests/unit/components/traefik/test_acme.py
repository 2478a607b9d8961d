"""components/traefik/acme.py: the Traefik that gets certificates, where it is the only one."""

from dataclasses import asdict, replace
from typing import Any

import pytest
import yaml

from components.service.login import Login
from components.service.spec import Mount, Service, StackSpec
from components.socket_proxy.stack import VOLUME
from components.traefik.acme import PRODUCTION, STAGING, AcmeSettings
from components.traefik.certificate import SelfSignedCertificate, SelfSignedCertificateArgs
from components.traefik.stack import TraefikLogins, TraefikSettings, traefik
from tests.support.builders import network
from tests.support.pulumi_run import build, start, value

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


def spec(acme: AcmeSettings | None) -> StackSpec:
    start()

    def make() -> StackSpec:
        certificate = SelfSignedCertificate("c", SelfSignedCertificateArgs(addresses=[], names=[], days=100))
        logins = TraefikLogins(prometheus=Login("login", "admin"), metrics=Login("metrics", "reader"))
        return traefik(replace(PLAIN, acme=acme), "traefik:v3.6.1", [network("front")], certificate, logins)

    return build(make)


def service(**changed: Any) -> Service:
    (only,) = spec(replace(ACME, **changed)).services
    return only


def files(made: Service) -> dict[str, Any]:
    """Its files by their path; YAML as what it says."""
    contents = {file.path: value(file.content) for file in made.files}
    return {path: yaml.safe_load(text) if path.endswith(".yaml") else text for path, text in contents.items()}


def resolver(**changed: Any) -> Any:
    resolvers = files(service(**changed))["/etc/traefik/traefik.yaml"]["certificatesResolvers"]
    assert list(resolvers) == ["cert-resolver"], "Nuvla's compose files have this name"
    return resolvers["cert-resolver"]["acme"]


def test_http_challenge_uses_the_entry_point_on_port_80() -> None:
    made = files(service())["/etc/traefik/traefik.yaml"]
    assert resolver()["httpChallenge"]["entryPoint"] in made["entryPoints"]
    assert made["entryPoints"]["web"]["address"] == ":80"


def test_challenge_delay_exceeds_the_time_until_traefik_is_healthy() -> None:
    health = service().health
    assert resolver()["httpChallenge"]["delay"] == "15s"
    assert 2 * (health.interval_s + health.timeout_s) < 15


def test_acme_account_has_email_and_server() -> None:
    assert resolver()["email"] == "a@example.org"
    assert resolver()["caServer"] == PRODUCTION


def test_acme_storage_is_in_the_folder_of_the_machine() -> None:
    assert list(service().mounts) == [VOLUME, Mount(type="bind", source="/data/traefik", target="/acme")]
    assert resolver()["storage"] == "/acme/acme.json"


@pytest.mark.parametrize(
    ("server", "storage"),
    [
        (STAGING, "/acme/acme-acme-staging-v02.api.letsencrypt.org.json"),
        ("https://10.0.0.1:14000/dir", "/acme/acme-10.0.0.1.json"),
    ],
)
def test_each_acme_server_has_its_own_storage(server: str, storage: str) -> None:
    """What is in it is not asked for again, whoever issued it."""
    assert resolver(server=server)["storage"] == storage


def test_given_ca_is_trusted_for_the_acme_server() -> None:
    assert resolver()["caCertificates"] == []
    made = service(server_ca="PEM OF THE SERVER")
    (path,) = resolver(server_ca="PEM OF THE SERVER")["caCertificates"]
    assert files(made)[path] == "PEM OF THE SERVER"


def test_each_name_has_its_own_certificate() -> None:
    router = files(service())["/etc/traefik/dynamic/domain.yaml"]["http"]["routers"]["domain"]
    assert router["tls"] == {
        "certResolver": "cert-resolver",
        "domains": [{"main": "example.org"}, {"main": "s3.example.org"}],
    }
    assert router["entryPoints"] == ["websecure"]


def test_unmatched_names_are_answered_as_without_acme() -> None:
    both = files(service())
    dynamic = both["/etc/traefik/dynamic/dynamic.yaml"]["http"]
    router = both["/etc/traefik/dynamic/domain.yaml"]["http"]["routers"]["domain"]
    unmatched = dynamic["routers"]["unmatched"]
    assert router["rule"] == unmatched["rule"]
    assert router["service"] == unmatched["service"]
    assert router["priority"] > unmatched["priority"]
    assert router["priority"] < len("Path(`/`)"), "the rule of a service is longer, and so goes first"


def test_acme_changes_nothing_else_of_traefik() -> None:
    (without,) = spec(None).services
    made = service()
    assert (made.name, made.ports) == ("traefik", without.ports)
    assert made.constraints == ["node.labels.nuvla-swarm.machine==manager-1"], "others have not its folder"
    static = files(made)["/etc/traefik/traefik.yaml"]
    del static["certificatesResolvers"]
    assert static == files(without)["/etc/traefik/traefik.yaml"]


def test_preview_shows_the_settings_of_acme() -> None:
    assert spec(ACME).settings["acme"] == asdict(ACME)
