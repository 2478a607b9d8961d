"""The service of Grafana, which shows metrics in dashboards."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from importlib import import_module

import pulumi

from components import assets
from components.monitoring import PATHS
from components.monitoring.context import MonitoringContext, MonitoringParts
from components.monitoring.own_files import by_stem
from components.monitoring.users import USERS
from components.service.spec import File, HealthCheck, SecretFile, Service
from components.traefik import published

PORT = 3000
PATH = PATHS["grafana"]
START = "/etc/grafana/start.sh"
DATA = "/var/lib/grafana"
DASHBOARDS = "/etc/grafana/dashboards"
OWN_DASHBOARDS = "/etc/grafana/own-dashboards"
PROVISIONING = "/etc/grafana/provisioning"


def grafana(context: MonitoringContext, parts: MonitoringParts) -> Service:
    """Return Grafana under /grafana, with its data source and dashboards provisioned from files.

    Each start sets the password of the generated login, because imported data contain another one.
    Source: Grafana documentation, "Configure Grafana", "Provisioning" and "Grafana CLI"; its image's /run.sh.
    """
    secrets = [SecretFile(name="grafana-admin-password", content=parts.grafana_login.password)]
    if parts.smtp_password is not None:
        secrets.append(SecretFile(name="smtp-password", content=parts.smtp_password))
    return Service(
        name="grafana",
        image=parts.images["grafana"],
        networks=[parts.web, parts.monitoring],
        memory_limit_mib=context.settings.grafana.memory_limit_mib,
        # Setting the password takes some seconds, at most 20, before the server starts.
        health=replace(HealthCheck.http(f"http://127.0.0.1:{PORT}/grafana/api/health"), start_period_s=50),
        replicas=1,
        constraints=context.placed_with_data(),
        command=["/bin/sh", START],
        env=_env(context, parts) | {"GF_SERVER_ROOT_URL": parts.grafana_url},
        user=USERS["grafana"],
        files=_files(context),
        secrets=secrets,
        mounts=[context.data_mount("grafana", DATA)],
        # Traefik does not publish Grafana's metrics: Prometheus collects them over the overlay network.
        labels=published.enabled()
        | published.http(
            "grafana", f"{published.path_rule(PATH)} && !PathPrefix(`{PATH}/metrics`)", PORT, [published.CONSOLES]
        ),
        stop_grace_s=45,  # Grafana gives open requests 30 s to end
    )


def _env(context: MonitoringContext, parts: MonitoringParts) -> dict[str, pulumi.Input[str]]:
    env: dict[str, pulumi.Input[str]] = {
        "GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES": "false",
        "GF_ANALYTICS_CHECK_FOR_UPDATES": "false",
        "GF_ANALYTICS_REPORTING_ENABLED": "false",
        "GF_PATHS_DATA": DATA,
        "GF_PATHS_PROVISIONING": PROVISIONING,
        "GF_SECURITY_ADMIN_PASSWORD": _secret("grafana-admin-password"),
        "GF_SECURITY_ADMIN_USER": parts.grafana_login.username,
        "GF_SECURITY_COOKIE_SECURE": "true",
        "GF_SERVER_SERVE_FROM_SUB_PATH": "true",
        "GF_USERS_ALLOW_SIGN_UP": "false",
    }
    smtp = context.settings.smtp
    if smtp is None:
        return env
    env |= {
        "GF_SMTP_ENABLED": "true",
        "GF_SMTP_HOST": f"{smtp.host}:{smtp.port}",
        "GF_SMTP_FROM_ADDRESS": smtp.from_address,
        "GF_SMTP_STARTTLS_POLICY": "MandatoryStartTLS" if smtp.require_tls else "NoStartTLS",
    }
    if smtp.from_name is not None:
        env["GF_SMTP_FROM_NAME"] = smtp.from_name
    if smtp.username is not None:
        env["GF_SMTP_USER"] = smtp.username
    if parts.smtp_password is not None:
        env["GF_SMTP_PASSWORD"] = _secret("smtp-password")
    return env


def _secret(name: str) -> str:
    """Return Grafana's reference to a secret file; with NAME__FILE, the image would copy it into the environment."""
    return f"$__file{{/run/secrets/{name}}}"


def _files(context: MonitoringContext) -> list[File]:
    source = assets.render(
        "monitoring/files/grafana/datasources/prometheus.yaml", {"scrape_interval": context.scrape_interval}
    )
    provider = assets.read("monitoring/files/grafana/provider.yaml")
    return [
        File.copy("monitoring/files/grafana_start.sh", "start", START),
        File(name="datasource", path=f"{PROVISIONING}/datasources/prometheus.yaml", content=source),
        File(name="provider", path=f"{PROVISIONING}/dashboards/provider.yaml", content=provider),
        *(
            File(
                name=f"dashboard-{name}",
                path=f"{DASHBOARDS}/{name}.json",
                content=_dashboard(module),
            )
            for name, module in context.dashboards
        ),
        *_own_dashboards(context.own.dashboards),
    ]


def _own_dashboards(texts: Mapping[str, str]) -> list[File]:
    """Return dashboards of the stack itself, which have a folder of their own in Grafana."""
    if not texts:
        return []
    provider = assets.read("monitoring/files/grafana/own_provider.yaml")
    return [
        File(name="own-provider", path=f"{PROVISIONING}/dashboards/own.yaml", content=provider),
        *(
            File(name=f"dashboard-own-{stem}", path=f"{OWN_DASHBOARDS}/{stem}.json", content=text)
            for stem, text in by_stem(texts).items()
        ),
    ]


@cache
def _dashboard(module: str) -> str:
    """Return the JSON of a dashboard, which is the same each time."""
    return str(import_module(module).dashboard())
