"""components/monitoring/exporters.py: exporters of machines, containers and services."""

import re
from collections.abc import Callable
from pathlib import PurePosixPath

import yaml

from components import assets, catalog
from components.monitoring.exporters import EXCLUDED_MOUNT_POINTS, blackbox, cadvisor, node_exporter
from components.service.spec import Service
from components.socket_proxy.stack import SOCKET, VOLUME
from tests.support.monitoring import context, parts
from tests.support.pulumi_run import build, start, value

WGET = ["wget", "-q", "-O", "/dev/null"]
EXPORTERS: dict[str, tuple[Callable[..., Service], list[str], str]] = {  # maker, health, user
    "node-exporter": (node_exporter, [*WGET, "http://127.0.0.1:9100/"], "65521"),
    "cadvisor": (cadvisor, ["/bin/sh", "-c", assets.read("monitoring/files/cadvisor_health.sh")], "0"),
    "blackbox": (blackbox, [*WGET, "http://127.0.0.1:9115/-/healthy"], "65524"),
}


def service(name: str) -> Service:
    start()
    return build(lambda: EXPORTERS[name][0](context(), parts()))


def test_exporter_is_small_healthy_and_internal() -> None:
    for name, (_, health, user) in EXPORTERS.items():
        made = service(name)
        assert (made.name, made.image, made.memory_limit_mib, made.user) == (name, f"{name}:1", 200, user)
        assert list(made.health.command) == health
        assert [value(on.network.name) for on in made.networks] == ["monitoring"]
        assert (list(made.ports), dict(made.labels), list(made.secrets), dict(made.env)) == ([], {}, [], {})


def test_machine_exporters_run_on_every_machine() -> None:
    for name in ("node-exporter", "cadvisor"):
        made = service(name)
        assert (made.replicas, list(made.constraints)) == (None, []), name


def test_machine_exporters_mount_the_machine_read_only() -> None:
    for name in ("node-exporter", "cadvisor"):
        assert [mount for mount in service(name).mounts if mount.type == "bind" and not mount.read_only] == [], name


def test_node_exporter_reads_the_machine_instead_of_its_container() -> None:
    made = service("node-exporter")
    (mount,) = made.mounts
    assert (mount.source, mount.target) == ("/", "/host")
    assert {"--path.rootfs=/host", "--path.procfs=/host/proc", "--path.sysfs=/host/sys"} <= set(made.args)


def test_node_exporter_enables_named_collectors_alone() -> None:
    args = service("node-exporter").args
    assert "--collector.disable-defaults" in args
    named = {arg.removeprefix("--collector.") for arg in args if re.fullmatch(r"--collector\.[a-z]+", arg)}
    assert {"cpu", "diskstats", "filesystem", "meminfo"} <= named
    assert "netdev" not in named, "it would be the container's own"


def test_node_exporter_reads_the_metrics_that_the_engine_script_writes() -> None:
    assert "--collector.textfile.directory=/host/etc/nuvla-swarm/metrics" in service("node-exporter").args
    assert "metrics=/etc/nuvla-swarm/metrics\n" in assets.read("engine/scripts/configure.sh")


def test_disks_of_the_machine_are_measured() -> None:
    paths = ["/", "/nfs-root", "/var/lib/docker", "/data", "/systems", "/home/run"]
    assert [path for path in paths if re.search(EXCLUDED_MOUNT_POINTS, path)] == []


def test_other_mounts_are_not_measured_as_disks() -> None:
    paths = ["/dev", "/dev/shm", "/proc", "/sys/fs/cgroup", "/run", "/tmp", "/etc/hosts", "/var/lib/docker/overlay2/a"]
    assert [path for path in paths if not re.search(EXCLUDED_MOUNT_POINTS, path)] == []


def test_cadvisor_asks_the_socket_proxy_of_its_machine() -> None:
    made = service("cadvisor")
    assert f"--docker={SOCKET}" in made.args
    assert VOLUME in made.mounts
    assert not [mount for mount in made.mounts if "docker.sock" in mount.source]


def test_cadvisor_mounts_neither_container_data_nor_swarm_keys() -> None:
    secret = (
        "/var/lib/docker/swarm",
        "/var/lib/docker/volumes",
        "/var/lib/docker/overlay2",
        "/var/lib/docker/containers",
    )
    for mount in service("cadvisor").mounts:
        source = PurePosixPath(mount.source)
        assert not [path for path in secret if PurePosixPath(path).is_relative_to(source)], mount.source


def test_cadvisor_labels_metrics_by_service_and_stack_alone() -> None:
    args = service("cadvisor").args
    assert "--store_container_labels=false" in args
    assert "--whitelisted_container_labels=com.docker.swarm.service.name,com.docker.stack.namespace" in args


def test_blackbox_has_the_modules_that_jobs_name() -> None:
    made = service("blackbox")
    assert (made.replicas, list(made.constraints)) == (1, ["node.labels.nuvla-swarm.machine==worker-1"])
    (file,) = made.files
    assert list(made.args) == [f"--config.file={file.path}"]
    modules = set(yaml.safe_load(str(file.content))["modules"])
    paths = ["monitoring/files/prometheus.yml", *(path for _, path in catalog.scrapes(catalog.FEATURES))]
    jobs = "".join(assets.read(path) for path in paths)
    named = set(re.findall(r"^ *module: \[(\w+)\]$", jobs, re.MULTILINE))
    assert named
    assert named <= modules
