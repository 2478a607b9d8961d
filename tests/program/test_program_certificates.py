"""Certificates of Let's Encrypt in the whole program: with one manager, and with several."""

from functools import cache

from tests.support.configs import target
from tests.support.fake_pulumi import FakePulumi
from tests.support.pulumi_run import run_program
from tests.support.rows import rows

SHARING = {"traefik-copies", "traefik-issuer", "traefik-sharing"}


@cache
def engine(managers: int, *, acme: bool = True) -> FakePulumi:
    traefik = {"acme": {"email": "a@example.org"}} if acme else {}
    return run_program(target(managers=managers, domain="example.org", traefik=traefik)).engine


def before(made: FakePulumi, name: str) -> set[str]:
    """All that is there before a resource is made: what it, or a component that it is in, depends on."""
    found: set[str] = set()
    new = {name}
    while new:
        outer = {one for known in new for one in made.ancestors(known)}
        new = {one for known in outer for one in made.dependencies(known)} - found
        found |= new
    return found


def test_single_manager_has_no_certificate_sync() -> None:
    assert not SHARING & set(engine(1).options)
    assert "traefik-issued" in engine(1).finished


def test_no_acme_resources_without_acme_setting() -> None:
    assert not (SHARING | {"traefik-issued"}) & set(engine(3, acme=False).options)


def test_certificate_sync_starts_before_traefik_and_issuer_after() -> None:
    made = engine(3)
    assert made.finished >= SHARING
    assert "traefik-copies-converged" in before(made, "traefik-service")
    assert "traefik-converged" in before(made, "traefik-issuer-service")
    assert "traefik-data-folder" in before(made, "traefik-certificates-service")


@rows("managers, last", [(1, "traefik-converged"), (3, "traefik-issuer-converged")])
def test_certificate_report_runs_last(managers: int, last: str) -> None:
    made = engine(managers)
    assert last in before(made, "traefik-issued-look")
    assert made.parameters("traefik-issued-look")["NAMES"] == "example.org s3.example.org"


def test_self_signed_certificate_omits_names_with_acme_certificates() -> None:
    """Traefik asks for none that its default certificate has."""
    assert engine(1).inputs("traefik-certificate")["names"] == []
    assert engine(1, acme=False).inputs("traefik-certificate")["names"] == ["example.org", "s3.example.org"]


def test_certificate_sync_network_is_internal() -> None:
    made = engine(3)
    assert made.inputs("traefik-sharing-network")["internal"] is True
    assert made.inputs("traefik-sharing-network")["attachable"] is False
