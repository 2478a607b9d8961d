"""A host on local machines: its ports, its networks and labels, and retained data."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e import expected_ports
from tests.e2e.harness import SCRIPTS, Stack, run, stack
from tests.e2e.networks import subnet_of, this_computer
from tests.e2e.plugins import released_plugins
from tests.e2e.port_probes import probe_ports, running_prober
from tests.e2e.prometheus import SCRAPE_TIMEOUT_S, Prometheus
from tests.e2e.waiting import wait_for
from tests.records import Ran

pytestmark = pytest.mark.slow

SUBNET = subnet_of("host")
DATA_FOLDER = "/var/lib/nuvla-swarm/volumes/db"
POOLS: dict[str, Any] = {
    "frontend": {"role": "manager", "labels": {"type": "frontend"}},
    "db": {"role": "worker", "labels": {"type": "worker-db"}},
}


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Yield a host that is up, with metrics of the database and retained volumes; the tests run in their order."""
    settings = {
        "kind": "host",
        "machines": {"provider": "local", "subnet": SUBNET, "pools": POOLS},
        "firewall": {
            "management": ["192.0.2.0/24", this_computer(SUBNET)],
            "users": ["203.0.113.0/24", this_computer(SUBNET)],
        },
        "monitoring": {"elasticsearch": {"enabled": True}, "prometheus": {"scrape_interval_s": 5}},
        "volumes": {"retain_on_destroy": True},
    }
    with stack("e2e-host", Path(tmp_path_factory.mktemp("host")), settings) as host:
        result = host.up()
        assert result.code == 0, result.text
        yield host


@pytest.mark.parametrize("machine", ["frontend-1", "db-1"])
def test_ports_are_open_to_the_sources_of_the_guide_alone(host: Stack, machine: str) -> None:
    with running_prober(host) as prober:
        states = probe_ports(host, machine, prober, "host")
    assert states == {
        source: dict(expected_ports.expected_answers(source, "host")) for source in expected_ports.SOURCES
    }


def inspect(host: Stack, kind: str, name: str, template: str) -> str:
    answer = host.on("frontend-1", "docker", kind, "inspect", name, "--format", template)
    assert answer.code == 0, answer.text
    return answer.text.strip()


def test_nuvla_services_find_their_network_and_machines(host: Stack) -> None:
    assert inspect(host, "network", "nuvla-backend", "{{.Driver}} {{.Attachable}}") == "overlay true"
    assert inspect(host, "network", "traefik-public", "{{.Driver}} {{.Attachable}}") == "overlay false"
    for node, kind in (("frontend-1", "frontend"), ("db-1", "worker-db")):
        assert inspect(host, "node", node, "{{.Spec.Labels.type}}") == kind


def test_host_has_neither_nfs_nor_s3(host: Stack) -> None:
    outputs = host.outputs()
    assert outputs["kind"] == "host"
    assert not {"nfs", "s3"} & set(outputs)
    assert host.on("frontend-1", "docker", "service", "inspect", "s3").code != 0


def test_prometheus_measures_the_database_that_nuvla_deploys(host: Stack) -> None:
    down, health = "elasticsearch_node_stats_up == 0", 'elasticsearch_cluster_health_status{color="yellow"} == 1'
    image = inspect(host, "service", "socket-proxy", "{{.Spec.TaskTemplate.ContainerSpec.Image}}")
    with host.https_session() as session:
        prometheus = Prometheus.from_outputs(host.outputs(), session)
        wait_for(lambda: prometheus.series(down) != [], "Prometheus knows that there is no database", SCRAPE_TIMEOUT_S)
        assert prometheus.series(health) == []
        configuration = (SCRIPTS / "elasticsearch.cfg").read_text()
        written = host.on("frontend-1", "sh", "-euc", 'printf %s "$1" >/root/haproxy.cfg', "sh", configuration)
        assert written.code == 0, written.text
        mount = "--volume=/root/haproxy.cfg:/usr/local/etc/haproxy/haproxy.cfg:ro"
        network = ["--network=nuvla-backend", "--network-alias=es"]
        started = host.on("frontend-1", "docker", "run", "--detach", "--name=es", *network, mount, image)
        assert started.code == 0, started.text
        try:
            wait_for(
                lambda: prometheus.series(health) != [], "Prometheus has the health of the database", SCRAPE_TIMEOUT_S
            )
            assert prometheus.series(down) == []
        finally:
            host.on("frontend-1", "docker", "rm", "--force", "es")


def test_kernel_setting_that_local_machines_share_is_not_changed(host: Stack) -> None:
    before = Path("/proc/sys/vm/max_map_count").read_text()
    assert host.on("db-1", "cat", "/proc/sys/vm/max_map_count").text == before
    assert host.on("db-1", "test", "-e", "/etc/sysctl.d/90-nuvla-swarm.conf").code != 0


def test_second_up_changes_nothing(host: Stack, ran: Ran) -> None:
    result = host.up()
    assert result.code == 0, result.text
    assert result.touched() == set()
    engine = host.on("db-1", "docker", "version", "--format={{.Server.Version}}").text.strip()
    for name, version in released_plugins(host).items():
        ran(f"plugin: {name}", version, engine=engine)


def test_data_move_to_another_machine_and_back(host: Stack) -> None:
    assert host.on("db-1", "bash", "-c", f"echo bytes >{DATA_FOLDER}/file").code == 0
    pools = {**POOLS, "store": POOLS["db"], "db": {**POOLS["db"], "labels": {}}}
    host.set("machines.pools", pools)
    moved = host.up()
    assert moved.code == 0, moved.text
    assert host.on("store-1", "cat", f"{DATA_FOLDER}/file").text == "bytes\n"
    host.set("machines.pools", POOLS)
    back = host.up()
    assert back.code == 0, back.text
    assert host.on("db-1", "cat", f"{DATA_FOLDER}/file").text == "bytes\n"


def test_destroy_is_refused_before_an_up_applies_another_retention(host: Stack) -> None:
    host.set("volumes.retain_on_destroy", False)
    refused = run("python", "-m", "tools.retained_volumes", host.name, env=host.env, cwd=host.folder)
    host.set("volumes.retain_on_destroy", True)
    assert refused.code == 1
    assert "would stay: run `make up` first" in refused.text


def test_retained_data_are_imported_by_the_next_infrastructure(host: Stack) -> None:
    assert host.on("db-1", "bash", "-c", f"echo bytes >{DATA_FOLDER}/file").code == 0
    printed = host.must("python", "-m", "tools.retained_volumes", host.name).text
    lines = [line.split() for line in printed.splitlines() if ".import_id " in line]
    ids = {words[-2]: words[-1] for words in lines}
    destroyed = host.destroy()
    assert destroyed.code == 0, destroyed.text
    assert sorted(host.leftovers()) == sorted(ids.values())
    for command in lines:
        host.must(*command)
    result = host.up()
    assert result.code == 0, result.text
    assert host.on("db-1", "cat", f"{DATA_FOLDER}/file").text == "bytes\n"
    outputs = host.outputs()
    assert outputs["volumes"]["db"]["id"] == ids["nuvla-swarm:volumes.db.import_id"]
    search_url, login = f"{outputs['urls']['grafana']}api/search", outputs["logins"]["grafana"]
    with host.https_session() as session:
        session.auth = (login["username"], login["password"])
        wait_for(lambda: session.get(search_url, timeout=10).ok, "the exported login opens Grafana, not the former one")
    second = host.up()
    assert second.touched() == set(), second.text


def test_unknown_import_id_is_in_the_error(host: Stack) -> None:
    before = host.get("volumes.db.import_id")
    host.set("volumes.db.import_id", "no-such-volume")
    failed = host.up("--target", "urn:pulumi:*::nuvla-swarm::**db-volume")
    host.set("volumes.db.import_id", before)
    assert failed.code != 0
    assert "no-such-volume" in failed.text


def test_data_without_retention_are_deleted_by_destroy(host: Stack) -> None:
    host.set("volumes.retain_on_destroy", False)
    result = host.up()
    assert result.code == 0, result.text
    destroyed = host.destroy()
    assert destroyed.code == 0, destroyed.text
    assert host.leftovers() == []
