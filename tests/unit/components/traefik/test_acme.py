"""components/traefik/acme.py: the Traefik that gets certificates, where it is the only one."""

from dataclasses import asdict, replace
from typing import Any

import pulumi

from components.service.spec import Mount, Service, StackSpec
from components.socket_proxy.stack import VOLUME
from components.traefik.acme import PRODUCTION, STAGING, AcmeIssuer
from components.traefik.stack import traefik
from tests.support.pulumi_run import Secret, build, start, value
from tests.support.rows import rows
from tests.support.traefik import ACME, SETTINGS, context, files, parts

DNS = {"provider": "httpreq", "resolvers": ["192.0.2.53:53"], "check": "authoritative", "delay_s": 30}


def spec(acme: AcmeIssuer | None) -> StackSpec:
    start()
    return build(lambda: traefik(SETTINGS, context(acme=acme), parts()))


def service(**changed: Any) -> Service:
    (only,) = spec(replace(ACME, **changed)).services
    return only


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


def test_each_acme_server_has_its_own_storage() -> None:
    """A server cannot renew the certificates of another server."""
    storages = {
        STAGING: "/acme/acme-acme-staging-v02.api.letsencrypt.org.json",
        "https://10.0.0.1:14000/dir": "/acme/acme-10.0.0.1.json",
    }
    assert {server: resolver(server=server)["storage"] for server in storages} == storages


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


def test_dns_challenge_takes_the_place_of_the_http_challenge() -> None:
    made = resolver(dns_challenge=DNS)
    assert "httpChallenge" not in made
    assert made["dnsChallenge"] == {
        "provider": "httpreq",
        "resolvers": ["192.0.2.53:53"],
        "propagation": {
            "delayBeforeChecks": "30s",
            "disableChecks": False,
            "disableANSChecks": False,
            "requireAllRNS": False,
        },
    }
    same = ("email", "caServer", "caCertificates", "storage", "keyType")
    assert {key: made[key] for key in same} == {key: resolver()[key] for key in same}


@rows(
    "check, expected",
    [("authoritative", (False, False, False)), ("resolvers", (False, True, True)), ("none", (True, True, False))],
)
def test_servers_that_must_have_the_record(check: str, expected: tuple[bool, ...]) -> None:
    made = resolver(dns_challenge=DNS | {"check": check})["dnsChallenge"]["propagation"]
    assert (made["disableChecks"], made["disableANSChecks"], made["requireAllRNS"]) == expected


def test_login_of_the_dns_provider_is_in_files_and_in_no_variable() -> None:
    start()
    login = {name: pulumi.Output.secret(f"value of {name}") for name in ("HTTPREQ_ENDPOINT", "HTTPREQ_PASSWORD")}
    acme = replace(ACME, dns_challenge=DNS)
    (made,) = build(lambda: traefik(SETTINGS, context(acme=acme), parts(dns_credentials=login))).services
    env = {name: str(path) for name, path in made.env.items()}
    assert env == {
        "HTTPREQ_ENDPOINT_FILE": "/run/secrets/dns-httpreq-endpoint",
        "HTTPREQ_PASSWORD_FILE": "/run/secrets/dns-httpreq-password",
    }
    contents = {f"/run/secrets/{secret.name}": value(secret.content) for secret in made.secrets}
    assert contents[env["HTTPREQ_PASSWORD_FILE"]] == Secret("value of HTTPREQ_PASSWORD")


def test_further_certificates_have_several_names() -> None:
    further = {"main": "*.example.org", "sans": ["example.net"]}
    made = files(service(names=["example.org"], domains=[further]))
    router = made["/etc/traefik/dynamic/domain.yaml"]["http"]["routers"]["domain"]
    assert router["tls"]["domains"] == [{"main": "example.org"}, further]


def test_no_certificate_is_requested_where_another_covers_all_names() -> None:
    assert "/etc/traefik/dynamic/domain.yaml" not in files(service(names=[]))
