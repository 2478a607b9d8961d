"""components/traefik/certificate_sync.py: one Traefik gets certificates, and all managers serve them."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pulumi

from components.service.spec import Mount, Service, constraint_for_machine
from components.socket_proxy.stack import VOLUME
from components.traefik.acme import ISSUER
from components.traefik.certificate import SelfSignedCertificate, SelfSignedCertificateArgs
from components.traefik.certificate_sync import CERTIFICATE_SOURCE, certificate_sync_stack, issuer_stack
from components.traefik.stack import traefik
from tests.support.builders import network
from tests.support.pulumi_run import Secret, build, start, value
from tests.support.traefik import ACME, SETTINGS, context, files, parts

HIGHEST = 2**63 - 1 - 1000  # priority of a router that is not Traefik's own
MACHINE = constraint_for_machine("manager-2")


def services(dns_challenge: Mapping[str, Any] | None = None) -> dict[str, Service]:
    start()

    def make() -> dict[str, Service]:
        web = network("web")
        tls = SelfSignedCertificate("t", SelfSignedCertificateArgs(addresses=[], names=[CERTIFICATE_SOURCE], days=100))
        acme = replace(ACME, machine="manager-2", shared=True, dns_challenge=dns_challenge)
        on = [network("front"), web, network("monitoring")]
        spec = traefik(SETTINGS, context(s3_port=9000, acme=acme), parts(networks=on))
        sync = certificate_sync_stack(acme, "haproxy:1", network("sharing"), tls)
        specs = [
            spec,
            issuer_stack(spec, acme, [web], {"KEY": pulumi.Output.secret("WORD")} if dns_challenge else {}),
            sync,
        ]
        return {service.name: service for made in specs for service in made.services}

    return build(make)


def networks(service: Service) -> set[Any]:
    return {value(on.network.name) for on in service.networks}


def test_certificate_sync_services_have_the_names_in_their_files() -> None:
    made = services()
    assert set(made) == {"traefik", ISSUER, CERTIFICATE_SOURCE, "traefik-copies"}
    assert f'"https://{CERTIFICATE_SOURCE}/"' in files(made["traefik-copies"])["/etc/haproxy/copies.lua"]


def test_challenges_reach_the_issuer_before_the_redirection() -> None:
    made = services()
    labels = made[ISSUER].labels
    router = "traefik.http.routers.nuvla-swarm-challenge"
    assert labels[f"{router}.rule"] == "PathPrefix(`/.well-known/acme-challenge/`)"
    web = _static(made[ISSUER])["entryPoints"][labels[f"{router}.entrypoints"]]
    assert web["address"] == f":{labels['traefik.http.services.nuvla-swarm-challenge.loadbalancer.server.port']}"
    redirection = _static(made["traefik"])["entryPoints"]["web"]["http"]["redirections"]["entryPoint"]
    assert HIGHEST == int(labels[f"{router}.priority"]) > redirection["priority"]


def test_issuer_alone_gets_certificates_and_writes_their_file() -> None:
    made = services()
    resolvers = [name for name in ("traefik", ISSUER) if "certificatesResolvers" in _static(made[name])]
    assert resolvers == [ISSUER]
    assert (made[ISSUER].replicas, list(made[ISSUER].constraints)) == (1, MACHINE)
    assert list(made[ISSUER].mounts) == [VOLUME, Mount(type="bind", source="/data/traefik", target="/acme")]
    writers = [
        name
        for name, service in made.items()
        for mount in service.mounts
        if mount.source == "/data/traefik" and not mount.read_only
    ]
    assert writers == [ISSUER]


def _static(service: Service) -> Any:
    return files(service)["/etc/traefik/traefik.yaml"]


def test_issuer_has_no_ports_and_serves_challenges_alone() -> None:
    made = services()
    assert list(made[ISSUER].ports) == []
    assert [name for name, service in made.items() if service.labels] == [ISSUER]
    assert "/etc/traefik/dynamic/domain.yaml" in files(made[ISSUER])
    assert "/etc/traefik/dynamic/domain.yaml" not in files(made["traefik"])


def test_issuer_has_the_providers_and_middlewares_of_traefik() -> None:
    made = services()
    for file in ("/etc/traefik/dynamic/dynamic.yaml", "/etc/traefik/certificate.pem"):
        assert files(made[ISSUER])[file] == files(made["traefik"])[file]
    assert _static(made[ISSUER])["providers"] == _static(made["traefik"])["providers"]
    assert [secret.name for secret in made[ISSUER].secrets] == [secret.name for secret in made["traefik"].secrets]


def test_certificate_keys_travel_on_their_own_network() -> None:
    assert {name: networks(service) for name, service in services().items()} == {
        "traefik": {"front", "web", "monitoring"},
        ISSUER: {"web"},
        CERTIFICATE_SOURCE: {"sharing"},
        "traefik-copies": {"sharing"},
    }


def test_certificate_source_reads_the_storage_of_the_issuer() -> None:
    made = services()
    source = made[CERTIFICATE_SOURCE]
    assert (source.replicas, list(source.constraints)) == (1, MACHINE)
    assert source.env == {"STORAGE": _static(made[ISSUER])["certificatesResolvers"]["cert-resolver"]["acme"]["storage"]}
    assert list(source.mounts) == [Mount(type="bind", source="/data/traefik", target="/acme", read_only=True)]


def test_certificate_replica_writes_where_traefik_reads_its_configuration() -> None:
    made = services()
    copies = made["traefik-copies"]
    assert copies.replicas is None
    assert list(copies.constraints) == ["node.role==manager"] == list(made["traefik"].constraints)
    (written,), (socket, read) = copies.mounts, made["traefik"].mounts
    assert socket == VOLUME
    assert written.source == read.source
    assert read.target == _static(made["traefik"])["providers"]["file"]["directory"]
    assert f'COPY = "{written.target}/certificates.yaml"' in files(copies)["/etc/haproxy/copies.lua"]


def test_certificate_replica_trusts_the_source_alone() -> None:
    made = services()
    (secret,) = made[CERTIFICATE_SOURCE].secrets
    assert value(secret.content) == Secret("SELF-SIGNED-PEM:tPRIVATE-KEY-PEM:t".replace(":t", ":t-cert", 1) + "-key")
    assert f"crt /run/secrets/{secret.name} " in files(made[CERTIFICATE_SOURCE])["/etc/haproxy/certificates.cfg"]
    copies = files(made["traefik-copies"])
    assert copies["/etc/haproxy/sharing.pem"] == "SELF-SIGNED-PEM:t-cert"
    assert "httpclient.ssl.ca-file /etc/haproxy/sharing.pem" in copies["/etc/haproxy/copies.cfg"]
    assert "httpclient.ssl.verify required" in copies["/etc/haproxy/copies.cfg"]
    assert not made["traefik-copies"].secrets


def test_certificate_sync_programs_have_their_files_and_health_checks() -> None:
    made = services()
    for name, configuration in ((CERTIFICATE_SOURCE, "certificates.cfg"), ("traefik-copies", "copies.cfg")):
        found = files(made[name])
        command = list(made[name].command)
        started = found[command[1]] if command[0] == "/bin/sh" else " ".join(command)
        assert f"haproxy -W -db -f /etc/haproxy/{configuration}" in started
        text = found[f"/etc/haproxy/{configuration}"]
        assert f"lua-load /etc/haproxy/{configuration.replace('cfg', 'lua')}" in text
        assert f"lua-load /etc/haproxy/{configuration.replace('cfg', 'lua')}".split()[1] in found
        assert "bind 127.0.0.1:8404" in text
        assert made[name].health.command[-1] == "http://127.0.0.1:8404/health"
        assert (made[name].image, made[name].user) == ("haproxy:1", "0")


def test_dns_challenge_needs_no_route_and_its_login_is_with_the_issuer_alone() -> None:
    made = services({"provider": "exoscale", "resolvers": [], "check": "authoritative", "delay_s": 0})
    assert made[ISSUER].labels == {}
    assert [name for name, service in made.items() if "KEY_FILE" in service.env] == [ISSUER]
    assert [name for name, one in made.items() if "dns-key" in {secret.name for secret in one.secrets}] == [ISSUER]
