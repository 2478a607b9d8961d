"""Certificates of Let's Encrypt in the whole program: with one manager, and with several."""

from functools import cache

from tests.mocked import Engine, run_program
from tests.stack_config import target
from tests.support.rows import rows

SHARING = {"traefik-copies", "traefik-issuer", "traefik-sharing"}


@cache
def engine(managers: int, *, acme: bool = True) -> Engine:
    traefik = {"acme": {"email": "a@example.org"}} if acme else {}
    return run_program(target(managers=managers, domain="example.org", traefik=traefik)).engine


def before(made: Engine, name: str) -> set[str]:
    """All that is there before a resource is made: what it, or a component that it is in, depends on."""
    found: set[str] = set()
    new = {name}
    while new:
        outer = {one for known in new for one in made.ancestors(known)}
        new = {one for known in outer for one in made.dependencies(known)} - found
        found |= new
    return found


def test_one_manager_shares_nothing() -> None:
    assert not SHARING & set(engine(1).options)
    assert "traefik-issued" in engine(1).finished


def test_without_it_there_is_none_of_it() -> None:
    assert not (SHARING | {"traefik-issued"}) & set(engine(3, acme=False).options)


def test_copies_are_there_before_what_shows_them_and_that_before_any_is_asked_for() -> None:
    made = engine(3)
    assert made.finished >= SHARING
    assert "traefik-copies-converged" in before(made, "traefik-service")
    assert "traefik-converged" in before(made, "traefik-issuer-service")
    assert "traefik-data-folder" in before(made, "traefik-certificates-service")


@rows("managers, last", [(1, "traefik-converged"), (3, "traefik-issuer-converged")])
def test_the_look_comes_when_all_is_there(managers: int, last: str) -> None:
    made = engine(managers)
    assert last in before(made, "traefik-issued-look")
    assert made.parameters("traefik-issued-look")["NAMES"] == "example.org s3.example.org"


def test_the_programs_own_certificate_leaves_the_names_to_the_issued_ones() -> None:
    """Traefik asks for none that its default certificate has."""
    assert engine(1).inputs("traefik-certificate")["names"] == []
    assert engine(1, acme=False).inputs("traefik-certificate")["names"] == ["example.org", "s3.example.org"]


def test_keys_between_managers_are_on_an_internal_network() -> None:
    made = engine(3)
    assert made.inputs("traefik-sharing-network")["internal"] is True
    assert made.inputs("traefik-sharing-network")["attachable"] is False
