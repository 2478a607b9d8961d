"""Prometheus, which collects metrics and judges them."""

from collections.abc import Sequence

import pulumi

from components import assets
from components.monitoring.settings import USERS, MonitoringSettings, data, pinned, published
from components.service.spec import File, HealthCheck, Service
from components.swarm.network import OverlayNetwork

PORT = 9090
RULES = ["machines", "swarm", "services", "traefik", "certificates", "monitoring"]


def prometheus(settings: MonitoringSettings, image: pulumi.Input[str], networks: Sequence[OverlayNetwork]) -> Service:
    """Prometheus 3 under /prometheus, with the rules and probes of what the infrastructure has.

    Source: Prometheus documentation, "Configuration" and "Storage".
    """
    url = f"https://{settings.domain}/prometheus" if settings.domain else "/prometheus"
    return Service(
        name="prometheus",
        image=image,
        networks=networks,
        memory_limit_mib=settings.prometheus_memory_limit_mib,
        health=HealthCheck.http(f"http://127.0.0.1:{PORT}/prometheus/-/healthy"),
        replicas=1,
        constraints=pinned(settings),
        args=[
            "--config.file=/etc/prometheus/prometheus.yml",
            "--storage.tsdb.path=/prometheus",
            f"--storage.tsdb.retention.time={settings.retention_time}",
            f"--storage.tsdb.retention.size={settings.retention_size}",
            f"--web.external-url={url}",
            "--web.route-prefix=/prometheus",
        ],
        user=USERS["prometheus"],
        files=_files(settings),
        mounts=[data(settings, "prometheus", "/prometheus")],
        labels=published("prometheus", PORT, "prometheus-login@file"),
        stop_grace_s=60,  # it writes what it has in memory
    )


def _files(settings: MonitoringSettings) -> list[File]:
    main = assets.render(
        "monitoring/files/prometheus.yml",
        {"scrape_interval": settings.scrape_interval, "evaluation_interval": settings.scrape_interval},
    )
    files = [File(name="main", path="/etc/prometheus/prometheus.yml", content=main)]
    rules = list(RULES)
    if settings.nfs_machine is not None:
        probes = assets.render("monitoring/files/scrape/nfs.yml", {"nfs_machine": settings.nfs_machine})
        files.append(File(name="scrape-nfs", path="/etc/prometheus/scrape.d/nfs.yml", content=probes))
        rules.append("nfs")
    if settings.s3:
        probes = assets.read("monitoring/files/scrape/s3.yml")
        files.append(File(name="scrape-s3", path="/etc/prometheus/scrape.d/s3.yml", content=probes))
        rules.append("s3")
    if settings.elasticsearch_url is not None:
        probes = assets.read("monitoring/files/scrape/elasticsearch.yml")
        files.append(
            File(name="scrape-elasticsearch", path="/etc/prometheus/scrape.d/elasticsearch.yml", content=probes)
        )
        rules.append("elasticsearch")
    return files + [
        File(
            name=f"rules-{name}",
            path=f"/etc/prometheus/rules/{name}.yml",
            content=assets.read(f"monitoring/files/rules/{name}.yml"),
        )
        for name in rules
    ]
