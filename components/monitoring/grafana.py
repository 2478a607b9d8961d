"""Grafana, which shows metrics."""

from collections.abc import Sequence
from dataclasses import replace

import pulumi

from components import assets
from components.monitoring.dashboards import machines, nfs_s3, services, swarm, traefik
from components.monitoring.settings import USERS, MonitoringSettings, data, pinned
from components.service.login import Login
from components.service.spec import File, HealthCheck, SecretFile, Service
from components.swarm.network import OverlayNetwork
from components.traefik import published

PORT = 3000
PATH = "/grafana"
START = "/etc/grafana/start.sh"
DATA = "/var/lib/grafana"
PROVISIONING = "/etc/grafana/provisioning"
DASHBOARDS = {
    "machines": machines.dashboard,
    "services": services.dashboard,
    "traefik": traefik.dashboard,
    "swarm": swarm.dashboard,
    "nfs-s3": nfs_s3.dashboard,
}
WITH_S3 = {"nfs-s3"}  # the dashboards of which there is nothing to see without NFS and S3


def grafana(
    settings: MonitoringSettings,
    image: pulumi.Input[str],
    networks: Sequence[OverlayNetwork],
    login: Login,
    smtp_password: pulumi.Output[str] | None,
    *,
    url: pulumi.Input[str],
) -> Service:
    """Grafana under /grafana, its data source and dashboards provided by files; `url` is that of browsers.

    Each start makes `login` the one that opens it, also with data of before, which have another password in them.
    Source: Grafana documentation, "Configure Grafana", "Provisioning" and "Grafana CLI"; its image's /run.sh.
    """
    secrets = [SecretFile(name="grafana-admin-password", content=login.password)]
    if smtp_password is not None:
        secrets.append(SecretFile(name="smtp-password", content=smtp_password))
    return Service(
        name="grafana",
        image=image,
        networks=networks,
        memory_limit_mib=settings.grafana_memory_limit_mib,
        # The login takes some seconds before the server itself starts, and 20 at most.
        health=replace(HealthCheck.http(f"http://127.0.0.1:{PORT}/grafana/api/health"), start_period_s=50),
        replicas=1,
        constraints=pinned(settings),
        command=["/bin/sh", START],
        env=_env(settings, login, smtp_password is not None) | {"GF_SERVER_ROOT_URL": url},
        user=USERS["grafana"],
        files=_files(settings),
        secrets=secrets,
        mounts=[data(settings, "grafana", DATA)],
        # Its metrics are Prometheus' alone, which asks for them without Traefik.
        labels=published.enabled()
        | published.http(
            "grafana", f"{published.under(PATH)} && !PathPrefix(`{PATH}/metrics`)", PORT, [published.CONSOLES]
        ),
        stop_grace_s=45,  # it lets requests end for 30 s
    )


def _env(settings: MonitoringSettings, login: Login, has_smtp_password: bool) -> dict[str, pulumi.Input[str]]:
    env: dict[str, pulumi.Input[str]] = {
        "GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES": "false",
        "GF_ANALYTICS_CHECK_FOR_UPDATES": "false",
        "GF_ANALYTICS_REPORTING_ENABLED": "false",
        "GF_PATHS_DATA": DATA,
        "GF_PATHS_PROVISIONING": PROVISIONING,
        "GF_SECURITY_ADMIN_PASSWORD": _secret("grafana-admin-password"),
        "GF_SECURITY_ADMIN_USER": login.username,
        "GF_SECURITY_COOKIE_SECURE": "true",
        "GF_SERVER_SERVE_FROM_SUB_PATH": "true",
        "GF_USERS_ALLOW_SIGN_UP": "false",
    }
    smtp = settings.smtp
    if smtp is None:
        return env
    env |= {
        "GF_SMTP_ENABLED": "true",
        "GF_SMTP_HOST": f"{smtp.host}:{smtp.port}",
        "GF_SMTP_FROM_ADDRESS": smtp.from_address,
    }
    if smtp.username is not None:
        env["GF_SMTP_USER"] = smtp.username
        env["GF_SMTP_STARTTLS_POLICY"] = "MandatoryStartTLS"  # a password is sent encrypted, or not at all
    if has_smtp_password:
        env["GF_SMTP_PASSWORD"] = _secret("smtp-password")
    return env


def _secret(name: str) -> str:
    """How Grafana reads a value from a file: with NAME__FILE, its image would put it into the environment."""
    return f"$__file{{/run/secrets/{name}}}"


def _files(settings: MonitoringSettings) -> list[File]:
    source = assets.render(
        "monitoring/files/grafana/datasources/prometheus.yaml", {"scrape_interval": settings.scrape_interval}
    )
    provider = assets.read("monitoring/files/grafana/provider.yaml")
    left_out = set() if settings.nfs_machine is not None and settings.s3 else WITH_S3
    return [
        File(name="start", path=START, content=assets.read("monitoring/files/grafana_start.sh")),
        File(name="datasource", path=f"{PROVISIONING}/datasources/prometheus.yaml", content=source),
        File(name="provider", path=f"{PROVISIONING}/dashboards/provider.yaml", content=provider),
        *(
            File(
                name=f"dashboard-{name}",
                path=f"/etc/grafana/dashboards/{name}.json",
                content=dashboard(),
            )
            for name, dashboard in DASHBOARDS.items()
            if name not in left_out
        ),
    ]
