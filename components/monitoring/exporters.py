"""What measures machines, containers and services."""

from components import assets
from components.monitoring.context import MonitoringContext, MonitoringParts
from components.monitoring.users import USERS
from components.service.spec import File, HealthCheck, Mount, Service
from components.socket_proxy.stack import SOCKET, VOLUME

COLLECTORS = ["cpu", "diskstats", "filesystem", "loadavg", "meminfo", "stat", "textfile", "time", "uname", "vmstat"]
FIREWALL = "/run/nuvla-swarm-metrics"  # where a machine tells of its rules, as firewall/files/guard.sh has it
# What is no disk of the machine, and mounts inside Docker's own folder.
NOT_DISKS = r"^/(dev|proc|run|sys|tmp|etc/(hosts|hostname|resolv\.conf)|var/lib/docker/.+)($|/)"

METRICS = "/etc/nuvla-swarm/metrics"  # of the engine's certificate, by engine/scripts/configure.sh
LAYERS = "/var/lib/docker/image"


def node_exporter(context: MonitoringContext, parts: MonitoringParts) -> Service:
    """Metrics of every machine itself. Its network is not among them: a container sees its own."""
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
            f"--collector.textfile.directory=/host{FIREWALL}",
            f"--collector.filesystem.mount-points-exclude={NOT_DISKS}",
            f"--collector.textfile.directory=/host{METRICS}",
        ],
        user=USERS["node-exporter"],
        mounts=[Mount(type="bind", source="/", target="/host", read_only=True)],
    )


def cadvisor(context: MonitoringContext, parts: MonitoringParts) -> Service:
    """Metrics of the containers of every machine by their services, and of the network of the machine."""
    return Service(
        name="cadvisor",
        image=parts.images["cadvisor"],
        networks=[parts.monitoring],
        memory_limit_mib=context.settings.exporters.memory_limit_mib,
        health=HealthCheck(
            command=["/bin/sh", "-c", assets.read("monitoring/files/cadvisor_health.sh")],
            start_period_s=10,  # one that measures no containers is replaced soon
        ),
        args=[
            f"--docker={SOCKET}",
            "--docker_only=true",
            "--store_container_labels=false",
            "--whitelisted_container_labels=com.docker.swarm.service.name,com.docker.stack.namespace",
            "--housekeeping_interval=10s",
            # A container that Docker does not yet call running when cAdvisor notices it is looked for again only then.
            "--global_housekeeping_interval=10s",
            "--enable_metrics=cpu,memory,network",
        ],
        user="0",
        mounts=[
            # Not the whole root: Docker's socket is in it, and one may talk to a socket on a read-only mount.
            Mount(type="bind", source="/proc", target="/rootfs/proc", read_only=True),
            Mount(type="bind", source="/sys", target="/sys", read_only=True),
            # Which layer is a container's. Beside it are the data of all and, on a manager, the keys of the swarm.
            Mount(type="bind", source=LAYERS, target=f"/rootfs{LAYERS}", read_only=True),
            VOLUME,
        ],
    )


def elasticsearch_exporter(context: MonitoringContext, parts: MonitoringParts) -> Service:
    """Metrics of the database of a host, which joins the backend network when Nuvla is deployed there.

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
    """Probes of what users reach, from outside of it."""
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
        files=[
            File(
                name="main",
                path="/etc/blackbox_exporter/config.yml",
                content=assets.read("monitoring/files/blackbox.yml"),
            )
        ],
    )
