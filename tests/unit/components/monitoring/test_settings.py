"""components/monitoring/settings.py: the machine and the folder of services with data."""

from components.monitoring.settings import data, pinned
from components.service.spec import Mount
from tests.support.monitoring import settings


def test_service_with_data_runs_on_the_machine_that_has_them() -> None:
    assert pinned(settings(machine="worker-2")) == ["node.labels.nuvla-swarm.machine==worker-2"]


def test_service_data_are_mounted_from_its_folder() -> None:
    assert data(settings(), "grafana", "/inside") == Mount(type="bind", source="/data/grafana", target="/inside")
