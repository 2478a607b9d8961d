"""Passwords of Grafana, Prometheus and the metrics of Traefik, which are replaced by their generations."""

from collections.abc import Mapping

import requests

from tests.e2e.harness import Stack
from tests.e2e.prometheus import SCRAPE_TIMEOUT_S, Prometheus
from tests.e2e.waiting import wait_for

OK, REFUSED = requests.codes.ok, requests.codes.unauthorized
PAGES = {"grafana": "api/search", "prometheus": "api/v1/status/buildinfo"}  # that ask for the login


def prepare(stack: Stack) -> None:
    """Set nothing: the passwords are those of a new stack."""


def statuses(session: requests.Session, urls: Mapping[str, str], logins: Mapping[str, Mapping[str, str]]) -> list[int]:
    """Return what the pages answer to these logins."""
    return [
        session.get(
            f"{urls[name].rstrip('/')}/{page}", auth=(logins[name]["username"], logins[name]["password"]), timeout=10
        ).status_code
        for name, page in PAGES.items()
    ]


def check_new_passwords_take_the_place_of_the_old_ones(stack: Stack) -> None:
    before = stack.outputs()
    with stack.https_session() as session:
        wait_for(lambda: statuses(session, before["urls"], before["logins"]) == [OK, OK], "the old passwords are valid")
        for name in PAGES:
            stack.set(f"monitoring.{name}.login_generation", 2)
        stack.set("traefik.metrics_login_generation", 2)
        result = stack.up()
        assert result.code == 0, result.text
        after = stack.outputs()
        wait_for(lambda: statuses(session, after["urls"], after["logins"]) == [OK, OK], "the new passwords are valid")
        assert statuses(session, after["urls"], before["logins"]) == [REFUSED, REFUSED]
        prometheus = Prometheus.from_outputs(after, session)
        scraped = 'time() - timestamp(up{job="traefik"} == 1) < 10'
        wait_for(lambda: prometheus.series(scraped) != [], "Prometheus reads Traefik's metrics", SCRAPE_TIMEOUT_S)
    second = stack.up()
    assert second.touched() == set(), second.text
