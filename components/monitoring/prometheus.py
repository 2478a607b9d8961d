"""Prometheus, which collects metrics and judges them."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime

import pulumi

from components import assets
from components.monitoring.settings import USERS, MonitoringSettings, data, pinned
from components.service.login import Login
from components.service.spec import File, HealthCheck, SecretFile, Service
from components.swarm.network import OverlayNetwork
from components.traefik import published

PORT = 9090
PATH = "/prometheus"
RULES = ["machines", "swarm", "services", "traefik", "certificates", "monitoring"]


def prometheus(
    settings: MonitoringSettings,
    image: pulumi.Input[str],
    networks: Sequence[OverlayNetwork],
    certificate_ends: Mapping[str, pulumi.Output[str]],
    traefik_login: Login,
) -> Service:
    """Prometheus 3 under /prometheus, with the rules and probes of what the infrastructure has.

    `traefik_login` opens the metrics of Traefik.

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
        files=[*_files(settings, traefik_login.username), _ends(certificate_ends)],
        mounts=[data(settings, "prometheus", "/prometheus")],
        secrets=[SecretFile(name="traefik-metrics-password", content=traefik_login.password)],
        labels=published.enabled()
        | published.http("prometheus", published.under(PATH), PORT, [published.CONSOLES, *published.LOGIN]),
        stop_grace_s=60,  # it writes what it has in memory
    )


def _ends(ends: Mapping[str, pulumi.Output[str]]) -> File:
    """A metric of each end: JSON is YAML."""

    def render(known: Mapping[str, str]) -> str:
        rules = [
            {
                "record": "nuvla_swarm_certificate_end_seconds",
                "expr": f"vector({int(datetime.fromisoformat(end).timestamp())})",
                "labels": {"holder": holder},
            }
            for holder, end in sorted(known.items())
        ]
        return assets.render("monitoring/files/certificate_ends.yml", {"rules": json.dumps(rules)})

    return File(
        name="certificate-ends",
        path="/etc/prometheus/rules/certificate-ends.yml",
        content=pulumi.Output.all(**ends).apply(render),
    )


def _files(settings: MonitoringSettings, traefik_user: str) -> list[File]:
    main = assets.render(
        "monitoring/files/prometheus.yml",
        {
            "scrape_interval": settings.scrape_interval,
            "evaluation_interval": settings.scrape_interval,
            "traefik_user": traefik_user,
        },
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
