"""The service of Prometheus, which collects and stores metrics and evaluates alerts."""

import json
from collections.abc import Mapping
from datetime import datetime

import pulumi

from components import assets
from components.monitoring import PATHS
from components.monitoring.context import MonitoringContext, MonitoringParts
from components.monitoring.own_files import by_stem
from components.monitoring.users import USERS
from components.service.spec import File, HealthCheck, SecretFile, Service
from components.traefik import published

PORT = 9090
PATH = PATHS["prometheus"]
RUNBOOKS_PATH = f"{PATH}/user/alerts.html"  # Prometheus serves static files below /user
RUNBOOKS_PAGE = "docs/alerts.md"  # what rules link to; their copies on machines link to an address
ASSETS = "/etc/prometheus/assets"


def prometheus(context: MonitoringContext, parts: MonitoringParts) -> Service:
    """Return Prometheus under /prometheus, with the rules and scrape jobs that manifests declare.

    Source: Prometheus documentation, "Configuration" and "Storage".
    """
    settings = context.settings.prometheus
    url = f"https://{context.domain}/prometheus" if context.domain else "/prometheus"
    return Service(
        name="prometheus",
        image=parts.images["prometheus"],
        networks=[parts.web, parts.monitoring, parts.docker],
        memory_limit_mib=settings.memory_limit_mib,
        health=HealthCheck.http(f"http://127.0.0.1:{PORT}/prometheus/-/healthy"),
        replicas=1,
        constraints=context.placed_with_data(),
        args=[
            "--config.file=/etc/prometheus/prometheus.yml",
            "--storage.tsdb.path=/prometheus",
            f"--storage.tsdb.retention.time={settings.retention_time}",
            f"--storage.tsdb.retention.size={settings.retention_size}",
            f"--web.external-url={url}",
            "--web.route-prefix=/prometheus",
            *([] if context.settings.runbooks_url else [f"--web.user-assets={ASSETS}"]),
        ],
        user=USERS["prometheus"],
        files=[
            *configuration_files(context, parts.traefik_login.username, parts.runbooks_url),
            _certificate_ends(parts.certificate_ends),
        ],
        mounts=[context.data_mount("prometheus", "/prometheus")],
        secrets=[
            SecretFile(name="traefik-metrics-password", content=parts.traefik_login.password),
            *([SecretFile(name="scrape-password", content=parts.scrape_password)] if parts.scrape_password else []),
        ],
        labels=published.enabled()
        | published.http("prometheus", published.path_rule(PATH), PORT, [published.CONSOLES, *published.LOGIN]),
        stop_grace_s=60,  # Prometheus writes its memory to disk
    )


def _certificate_ends(ends: Mapping[str, pulumi.Output[str]]) -> File:
    """Return recording rules with the end of each client certificate as a metric; JSON is valid YAML."""

    def render(texts: Mapping[str, str]) -> str:
        rules = [
            {
                "record": "nuvla_swarm_certificate_end_seconds",
                "expr": f"vector({int(datetime.fromisoformat(end).timestamp())})",
                "labels": {"holder": holder},
            }
            for holder, end in sorted(texts.items())
        ]
        return assets.render("monitoring/files/certificate_ends.yml", {"rules": json.dumps(rules)})

    return File(
        name="certificate-ends",
        path="/etc/prometheus/rules/certificate-ends.yml",
        content=pulumi.Output.all(**ends).apply(render),
    )


def configuration_files(context: MonitoringContext, traefik_user: str, runbooks_url: pulumi.Input[str]) -> list[File]:
    """Return configuration, scrape jobs and rules of the program and of the stack, and the page of the runbooks."""
    values = context.template_values() | {
        "scrape_interval": context.scrape_interval,
        "evaluation_interval": context.scrape_interval,
        "external_labels": json.dumps(context.settings.prometheus.external_labels),
        "traefik_user": traefik_user,
    }
    main = assets.render_known("monitoring/files/prometheus.yml", values)
    scrapes = [
        File(
            name=f"scrape-{name}",
            path=f"/etc/prometheus/scrape.d/{name}.yml",
            content=assets.render_known(path, values),
        )
        for name, path in context.scrapes
    ]
    rules = [
        File(
            name=f"rules-{name}",
            path=f"/etc/prometheus/rules/{name}.yml",
            content=_with_links(assets.read(path), runbooks_url),
        )
        for name, path in context.rules
    ]
    return [
        File(name="main", path="/etc/prometheus/prometheus.yml", content=main),
        *scrapes,
        *rules,
        *_own_files(context),
        *_runbooks(context),
    ]


def _with_links(rules: str, url: pulumi.Input[str]) -> pulumi.Input[str]:
    """Return rules whose alerts link to an address, since nobody sees this checkout in a mail."""
    if isinstance(url, str):  # a preview shows its lines
        return rules.replace(f"{RUNBOOKS_PAGE}#", f"{url}#")
    return pulumi.Output.concat(url).apply(lambda known: rules.replace(f"{RUNBOOKS_PAGE}#", f"{known}#"))


def _own_files(context: MonitoringContext) -> list[File]:
    """Return rules and scrape jobs of the stack itself, beside those of the program."""
    folders = {"rules": ("rules", context.own.rules), "scrape": ("scrape.d", context.own.scrape)}
    return [
        File(name=f"{kind}-own-{stem}", path=f"/etc/prometheus/{folder}/own-{stem}.yml", content=text)
        for kind, (folder, texts) in folders.items()
        for stem, text in by_stem(texts).items()
    ]


def _runbooks(context: MonitoringContext) -> list[File]:
    """Return the page that alerts link to, unless the settings name another one."""
    if context.settings.runbooks_url:
        return []
    page = assets.read("monitoring/files/alerts.html")
    return [File(name="runbooks", path=f"{ASSETS}/alerts.html", content=page)]
