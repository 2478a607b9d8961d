"""components/monitoring/settings.py: where services with data are, and how Traefik publishes one."""

from components.monitoring.settings import pinned, published
from tests.unit.monitored import settings


def test_a_service_with_data_is_on_the_machine_that_has_them() -> None:
    assert pinned(settings(machine="worker-2")) == ["node.labels.nuvla-swarm.machine==worker-2"]


def test_a_service_is_published_under_its_name_in_tls_alone() -> None:
    assert published("web", 8000) == {
        "traefik.enable": "true",
        "traefik.http.routers.web.rule": "PathPrefix(`/web`)",
        "traefik.http.routers.web.entrypoints": "websecure",
        "traefik.http.routers.web.tls": "true",
        "traefik.http.services.web.loadbalancer.server.port": "8000",
    }


def test_middlewares_stand_before_it_in_their_order() -> None:
    more = published("web", 8000, "one@file", "two@file").items() - published("web", 8000).items()
    assert more == {("traefik.http.routers.web.middlewares", "one@file,two@file")}
