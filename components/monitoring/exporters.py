"""The services of the exporters, which measure machines, containers, addresses and Elasticsearch."""

from components import assets
from components.monitoring.context import MonitoringContext, MonitoringParts
from components.monitoring.users import USERS
from components.service.spec import File, HealthCheck, Mount, Service
from components.socket_proxy.stack import SOCKET, VOLUME

COLLECTORS = ["cpu", "diskstats", "filesystem", "loadavg", "meminfo", "stat", "textfile", "time", "uname", "vmstat"]
FIREWALL_METRICS = "/run/nuvla-swarm-metrics"  # written by firewall/files/guard.sh
CERTIFICATE_METRICS = "/etc/nuvla-swarm/metrics"  # of the engine's certificate, written by engine/scripts/configure.sh
# Mount points that are no disk of the machine, or that are inside Docker's own folder.
EXCLUDED_MOUNT_POINTS = r"^/(dev|proc|run|sys|tmp|etc/(hosts|hostname|resolv\.conf)|var/lib/docker/.+)($|/)"
IMAGE_LAYERS = "/var/lib/docker/image"


def node_exporter(context: MonitoringContext, parts: MonitoringParts) -> Service:
    """Return the exporter of machine metrics, without the network: a container sees its own network alone."""
    return Service(
        name="node-exporter",
        image=parts.images["node_exporter"],
        networks=[parts.monitoring],
        memory_limit_mib=context.settings.exporters.memory_limit_mib,
        health=HealthCheck.http("http://127.0.0.1:9100/"),
        args=[
            "--path.rootfs=/host",
            "--path.procfs=/host/proc",
            "--path.sysfs=/host/sys",
            "--web.disable-exporter-metrics",
            "--collector.disable-defaults",
            *(f"--collector.{name}" for name in COLLECTORS),
            f"--collector.textfile.directory=/host{FIREWALL_METRICS}",
            f"--collector.filesystem.mount-points-exclude={EXCLUDED_MOUNT_POINTS}",
            f"--collector.textfile.directory=/host{CERTIFICATE_METRICS}",
        ],
        user=USERS["node-exporter"],
        mounts=[Mount(type="bind", source="/", target="/host", read_only=True)],
    )


def cadvisor(context: MonitoringContext, parts: MonitoringParts) -> Service:
    """Return the exporter of container metrics, labelled with their services, and of the machine's network."""
    return Service(
        name="cadvisor",
        image=parts.images["cadvisor"],
        networks=[parts.monitoring],
        memory_limit_mib=context.settings.exporters.memory_limit_mib,
        health=HealthCheck(
            command=["/bin/sh", "-c", assets.read("monitoring/files/cadvisor_health.sh")],
            start_period_s=10,  # Swarm soon replaces a cAdvisor that measures no containers
        ),
        args=[
            f"--docker={SOCKET}",
            "--docker_only=true",
            "--store_container_labels=false",
            "--whitelisted_container_labels=com.docker.swarm.service.name,com.docker.stack.namespace",
            "--housekeeping_interval=10s",
            # If Docker does not yet call a container running when cAdvisor notices it, cAdvisor looks again only after
            # this interval.
            "--global_housekeeping_interval=10s",
            "--enable_metrics=cpu,memory,network",
        ],
        user="0",
        mounts=[
            # Not the whole root: it has Docker's socket, and a container may write to a socket on a read-only mount.
            Mount(type="bind", source="/proc", target="/rootfs/proc", read_only=True),
            Mount(type="bind", source="/sys", target="/sys", read_only=True),
            # cAdvisor maps layers to containers here. The parent folder has all containers' data and, on a manager, the
            # keys of the swarm.
            Mount(type="bind", source=IMAGE_LAYERS, target=f"/rootfs{IMAGE_LAYERS}", read_only=True),
            VOLUME,
        ],
    )


def elasticsearch_exporter(context: MonitoringContext, parts: MonitoringParts) -> Service:
    """Return the exporter of a host's database, which joins the backend network when Nuvla is deployed.

    Source: prometheus-community/elasticsearch_exporter, README, "Configuration".
    """
    return Service(
        name="elasticsearch-exporter",
        image=parts.images["elasticsearch_exporter"],
        networks=[parts.monitoring, *([parts.backend] if parts.backend else [])],
        memory_limit_mib=context.settings.elasticsearch.memory_limit_mib,
        health=HealthCheck.http("http://127.0.0.1:9114/healthz"),
        replicas=1,
        constraints=context.placed_with_data(),
        args=[f"--es.uri={context.settings.elasticsearch.url}"],
        user=USERS["elasticsearch-exporter"],
    )


def blackbox(context: MonitoringContext, parts: MonitoringParts) -> Service:
    """Return the exporter that probes addresses over the network, as users reach them."""
    return Service(
        name="blackbox",
        image=parts.images["blackbox"],
        networks=[parts.monitoring],
        memory_limit_mib=context.settings.exporters.memory_limit_mib,
        health=HealthCheck.http("http://127.0.0.1:9115/-/healthy"),
        replicas=1,
        constraints=context.placed_with_data(),
        args=["--config.file=/etc/blackbox_exporter/config.yml"],
        user=USERS["blackbox"],
        files=[File.copy("monitoring/files/blackbox.yml", "main", "/etc/blackbox_exporter/config.yml")],
    )
