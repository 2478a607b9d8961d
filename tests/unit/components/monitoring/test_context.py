"""components/monitoring/context.py: the infrastructure as the services of monitoring see it."""

from components.monitoring.own_files import OwnFiles
from components.ports import TABLE
from components.service.spec import Mount
from tests.support.monitoring import LOGIN, context


def test_service_with_data_runs_on_the_machine_that_has_them() -> None:
    assert context(machine="worker-2").placed_with_data() == ["node.labels.nuvla-swarm.machine==worker-2"]


def test_service_data_are_mounted_from_its_folder() -> None:
    mount = Mount(type="bind", source="/data/grafana", target="/inside")
    assert context().data_mount("grafana", "/inside") == mount


def test_scrape_interval_is_written_with_its_unit() -> None:
    assert context().scrape_interval == "20s"


def test_preview_shows_plain_values_and_flat_settings() -> None:
    shown = context(domain="example.org", smtp=LOGIN, elasticsearch_url="http://es:9200").shown()
    assert (shown["machine"], shown["domain"], shown["receivers"]) == ("worker-1", "example.org", [])
    assert (shown["scrape_interval_s"], shown["grafana_memory_limit_mib"]) == (20, 500)
    assert (shown["elasticsearch_url"], shown["smtp"]["username"]) == ("http://es:9200", "me")
    assert context().shown()["elasticsearch_url"] is None


def test_preview_shows_receivers_quiet_times_and_own_files() -> None:
    mute = {"start": "22:00", "end": "07:00"}
    own = OwnFiles(rules={"a.yml": "groups: []"}, dashboards={"b.json": "{}"})
    given = context(receivers=["slack"], alertmanager={"mute_warnings": mute}, own=own, scrape_password=True)
    shown = given.shown()
    assert (shown["receivers"], shown["own_files"]) == (["slack"], ["rules/a.yml", "dashboards/b.json"])
    assert shown["mute_warnings"] == {**mute, "time_zone": "UTC", "weekends": False}
    assert (shown["runbooks_url"], shown["scrape_password"]) == (None, True)


def test_templates_may_name_each_port_and_the_nfs_machine() -> None:
    values = context(nfs_machine="worker-2").template_values()
    assert {f"port_{port.row.replace(' ', '_')}" for port in TABLE} <= values.keys()
    assert (values["port_nfs"], values["nfs_machine"]) == ("2049", "worker-2")
    assert context().template_values()["nfs_machine"] == ""
