"""A host on the real engine: its ports, its networks and labels, and data that outlive it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e import guide
from tests.e2e.harness import CHECKOUT, Stack, docker, run, stack
from tests.e2e.moments import wait_for
from tests.e2e.networks import here, subnet_of
from tests.e2e.probes import probe, prober
from tests.e2e.prometheus import PATIENCE_S, Prometheus

pytestmark = pytest.mark.slow

SUBNET = subnet_of("host")
FILES = CHECKOUT / "tests/e2e/files"
DATA = "/var/lib/nuvla-swarm/volumes/db"
POOLS: dict[str, Any] = {
    "frontend": {"role": "manager", "labels": {"type": "frontend"}},
    "db": {"role": "worker", "labels": {"type": "worker-db"}},
}


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A host that is up, measures its database, and keeps its data."""
    settings = {
        "kind": "host",
        "machines": {"provider": "local", "subnet": SUBNET, "pools": POOLS},
        "firewall": {"management": ["192.0.2.0/24", here(SUBNET)], "users": ["203.0.113.0/24", here(SUBNET)]},
        "monitoring": {"elasticsearch": {"enabled": True}, "prometheus": {"scrape_interval_s": 5}},
        "volumes": {"retain_on_destroy": True},
    }
    with stack("e2e-host", Path(tmp_path_factory.mktemp("host")), settings) as made:
        result = made.up()
        assert result.code == 0, result.text
        yield made


@pytest.mark.parametrize("machine", ["frontend-1", "db-1"])
def test_each_port_is_open_to_those_whom_the_guide_names_and_to_nobody_else(host: Stack, machine: str) -> None:
    with prober(host) as by:
        found = probe(host, machine, by, "host")
    assert found == {source: dict(guide.answers(source, "host")) for source in guide.SOURCES}


def inspect(host: Stack, kind: str, name: str, template: str) -> str:
    answer = host.on("frontend-1", "docker", kind, "inspect", name, "--format", template)
    assert answer.code == 0, answer.text
    return answer.text.strip()


def test_nuvlas_own_services_find_their_network_and_their_machines(host: Stack) -> None:
    assert inspect(host, "network", "nuvla-backend", "{{.Driver}} {{.Attachable}}") == "overlay true"
    assert inspect(host, "network", "traefik-public", "{{.Driver}} {{.Attachable}}") == "overlay false"
    for node, kind in (("frontend-1", "frontend"), ("db-1", "worker-db")):
        assert inspect(host, "node", node, "{{.Spec.Labels.type}}") == kind


def test_a_host_has_neither_nfs_nor_s3(host: Stack) -> None:
    outputs = host.outputs()
    assert outputs["kind"] == "host"
    assert not {"nfs", "s3"} & set(outputs)
    assert host.on("frontend-1", "docker", "service", "inspect", "s3").code != 0


def test_prometheus_has_what_the_database_says_of_itself_once_nuvla_has_deployed_it(host: Stack) -> None:
    down, health = "elasticsearch_node_stats_up == 0", 'elasticsearch_cluster_health_status{color="yellow"} == 1'
    image = inspect(host, "service", "socket-proxy", "{{.Spec.TaskTemplate.ContainerSpec.Image}}")
    with host.user() as user:
        prometheus = Prometheus.of(host.outputs(), user)
        wait_for(lambda: prometheus.series(down) != [], "there is no database", PATIENCE_S)
        assert prometheus.series(health) == []
        docker("cp", str(FILES / "elasticsearch.cfg"), f"{host.container('frontend-1')}:/root/haproxy.cfg")
        mount = "--volume=/root/haproxy.cfg:/usr/local/etc/haproxy/haproxy.cfg:ro"
        network = ["--network=nuvla-backend", "--network-alias=es"]
        planted = host.on("frontend-1", "docker", "run", "--detach", "--name=es", *network, mount, image)
        assert planted.code == 0, planted.text
        try:
            wait_for(lambda: prometheus.series(health) != [], "the database tells its health", PATIENCE_S)
            assert prometheus.series(down) == []
        finally:
            host.on("frontend-1", "docker", "rm", "--force", "es")


def test_the_kernel_that_machines_share_is_only_looked_at(host: Stack) -> None:
    before = Path("/proc/sys/vm/max_map_count").read_text()
    assert host.on("db-1", "cat", "/proc/sys/vm/max_map_count").text == before
    assert host.on("db-1", "test", "-e", "/etc/sysctl.d/90-nuvla-swarm.conf").code != 0


def test_a_second_up_changes_nothing(host: Stack) -> None:
    result = host.up()
    assert result.code == 0, result.text
    assert result.touched() == set()


def test_another_machine_gets_the_data_of_the_one_before(host: Stack) -> None:
    assert host.on("db-1", "bash", "-c", f"echo bytes >{DATA}/file").code == 0
    pools = {**POOLS, "store": POOLS["db"], "db": {**POOLS["db"], "labels": {}}}
    host.set("machines.pools", pools)
    moved = host.up()
    assert moved.code == 0, moved.text
    assert host.on("store-1", "cat", f"{DATA}/file").text == "bytes\n"
    host.set("machines.pools", POOLS)
    back = host.up()
    assert back.code == 0, back.text
    assert host.on("db-1", "cat", f"{DATA}/file").text == "bytes\n"


def test_a_destruction_that_would_lose_data_that_are_to_be_kept_is_refused(host: Stack) -> None:
    host.set("volumes.retain_on_destroy", False)
    refused = run("python", "tools/retained_volumes.py", host.name, env=host.env, cwd=host.folder)
    host.set("volumes.retain_on_destroy", True)
    assert refused.code == 1
    assert "would be left behind: run `make up` first" in refused.text


def test_kept_data_are_found_again_by_the_next_infrastructure(host: Stack) -> None:
    assert host.on("db-1", "bash", "-c", f"echo bytes >{DATA}/file").code == 0
    told = host.must("python", "tools/retained_volumes.py", host.name).text
    lines = [line.split() for line in told.splitlines() if ".id " in line]
    ids = {words[-2]: words[-1] for words in lines}
    destroyed = host.destroy()
    assert destroyed.code == 0, destroyed.text
    assert sorted(host.leftovers()) == sorted(ids.values())
    for command in lines:
        host.must(*command)
    result = host.up()
    assert result.code == 0, result.text
    assert host.on("db-1", "cat", f"{DATA}/file").text == "bytes\n"
    outputs = host.outputs()
    assert outputs["volumes"]["db"]["id"] == ids["nuvla-swarm:volumes.db.import_id"]
    opened, login = f"{outputs['urls']['grafana']}api/search", outputs["logins"]["grafana"]
    with host.user() as user:
        user.auth = (login["username"], login["password"])
        wait_for(lambda: user.get(opened, timeout=10).ok, "the login that is told opens Grafana, not the one of before")
    again = host.up()
    assert again.touched() == set(), again.text


def test_a_wrong_id_of_a_kept_volume_is_told(host: Stack) -> None:
    before = host.get("volumes.db.import_id")
    host.set("volumes.db.import_id", "no-such-volume")
    failed = host.up("--target", "urn:pulumi:*::nuvla-swarm::**db-volume")
    host.set("volumes.db.import_id", before)
    assert failed.code != 0
    assert "no-such-volume" in failed.text


def test_data_that_are_kept_no_more_go_with_the_next_destruction(host: Stack) -> None:
    host.set("volumes.retain_on_destroy", False)
    result = host.up()
    assert result.code == 0, result.text
    destroyed = host.destroy()
    assert destroyed.code == 0, destroyed.text
    assert host.leftovers() == []
