"""components/traefik/certificate_copy.py: an operator's own certificate on every manager."""

from dataclasses import replace
from typing import Any

import pulumi

from components.service.spec import Mount, Service
from components.socket_proxy.stack import VOLUME
from components.traefik.certificate_copy import own_certificate_stack
from components.traefik.certificate_sync import with_synced_certificates
from components.traefik.settings import TraefikSettings
from components.traefik.stack import traefik
from tests.support.pulumi_run import Secret, build, start, value
from tests.support.traefik import ACME, context, files, parts

SETTINGS = TraefikSettings(certificate="PEM")
DYNAMIC = Mount(source="traefik-certificates", target="/etc/traefik/dynamic")


def with_own(**changed: Any) -> Service:
    """Return the Traefik of an infrastructure with a certificate of its operators."""
    start()
    (only,) = build(lambda: traefik(SETTINGS, context(**changed), parts(certificate=None))).services
    return only


def copy() -> Service:
    """Return the service that writes the certificate."""
    start()
    (only,) = build(lambda: own_certificate_stack("PEM", pulumi.Output.secret("KEY"), "haproxy:1")).services
    return only


def test_default_certificate_is_in_the_volume_that_the_copy_writes() -> None:
    made = with_own()
    store = files(made)["/etc/traefik/dynamic/dynamic.yaml"]["tls"]["stores"]["default"]["defaultCertificate"]
    assert store == {"certFile": "/certificates/own.pem", "keyFile": "/certificates/own.pem"}
    (reading,) = [mount for mount in made.mounts if mount.target == "/certificates"]
    assert reading.read_only
    (writing,) = copy().mounts
    assert writing.source == reading.source
    assert f" {writing.target}/own.pem " in files(copy())["/etc/haproxy/own_certificate.sh"]


def test_traefik_watches_the_volume_and_has_no_self_signed_certificate() -> None:
    made = with_own()
    assert DYNAMIC in made.mounts
    assert VOLUME in made.mounts
    assert "/etc/traefik/certificate.pem" not in files(made)
    assert [secret.name for secret in made.secrets] == ["prometheus-users", "metrics-users"]


def test_another_certificate_changes_nothing_of_traefik() -> None:
    start()
    other = SETTINGS.model_copy(update={"certificate": "OTHER"})
    made = build(lambda: traefik(other, context(), parts(certificate=None)))
    start()
    before = build(lambda: traefik(SETTINGS, context(), parts(certificate=None)))
    assert made.settings == before.settings
    assert [value(file.content) for file in made.services[0].files] == [
        value(file.content) for file in before.services[0].files
    ]


def test_copy_runs_on_every_manager_as_root_with_a_secret_key() -> None:
    made = copy()
    assert made.replicas is None
    assert made.constraints == ["node.role==manager"]
    assert made.user == "0"
    assert files(made)["/etc/traefik/certificate.pem"] == "PEM"
    assert [(secret.name, value(secret.content)) for secret in made.secrets] == [("key", Secret("KEY"))]


def test_certificates_of_acme_are_in_the_same_folder_once() -> None:
    made = with_own(acme=replace(ACME, shared=True))
    assert [mount for mount in made.mounts if mount.target == DYNAMIC.target] == [DYNAMIC]
    assert with_synced_certificates(made).mounts == made.mounts


def test_single_manager_has_both_the_own_certificate_and_those_of_acme() -> None:
    made = with_own(acme=ACME)
    assert {mount.target for mount in made.mounts} >= {"/certificates", "/acme", "/etc/traefik/dynamic"}
