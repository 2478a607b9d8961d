"""components/monitoring/settings.py: where services with data are, and where their data are."""

from components.monitoring.settings import data, pinned
from components.service.spec import Mount
from tests.support.monitoring import settings


def test_a_service_with_data_is_on_the_machine_that_has_them() -> None:
    assert pinned(settings(machine="worker-2")) == ["node.labels.nuvla-swarm.machine==worker-2"]


def test_its_data_are_in_the_folder_of_the_service() -> None:
    assert data(settings(), "grafana", "/inside") == Mount(type="bind", source="/data/grafana", target="/inside")
