"""Alertmanager, which tells people of alerts."""

import json
from collections.abc import Sequence
from typing import Any

import pulumi

from components import assets
from components.monitoring.settings import USERS, MonitoringSettings, Smtp, data, pinned
from components.service.spec import File, HealthCheck, SecretFile, Service
from components.swarm.network import OverlayNetwork

PORT = 9093


def alertmanager(
    settings: MonitoringSettings,
    image: pulumi.Input[str],
    networks: Sequence[OverlayNetwork],
    smtp_password: pulumi.Output[str] | None,
    webhook_url: pulumi.Output[str] | None,
) -> Service:
    """Alertmanager with a webhook, mails, both or none: then alerts are seen in Prometheus alone.

    Source: Alertmanager documentation, "Configuration".
    """
    secrets = []
    if webhook_url is not None:
        secrets.append(SecretFile(name="alert-webhook-url", content=webhook_url))
    if smtp_password is not None and settings.email_to:
        secrets.append(SecretFile(name="smtp-password", content=smtp_password))
    webhooks = [{"url_file": "/run/secrets/alert-webhook-url", "send_resolved": True}] if settings.webhook else []
    mails = [_mail(settings.email_to, settings.smtp)] if settings.email_to and settings.smtp else []
    # JSON is YAML, and quotes whatever a user may have set.
    content = assets.render(
        "monitoring/files/alertmanager.yml",
        {"webhook_configs": json.dumps(webhooks), "email_configs": json.dumps(mails)},
    )
    return Service(
        name="alertmanager",
        image=image,
        networks=networks,
        memory_limit_mib=settings.alertmanager_memory_limit_mib,
        health=HealthCheck.http(f"http://127.0.0.1:{PORT}/-/healthy"),
        replicas=1,
        constraints=pinned(settings),
        args=[
            "--config.file=/etc/alertmanager/alertmanager.yml",
            "--storage.path=/alertmanager",
            "--cluster.listen-address=",  # a single one has nobody to gossip with
        ],
        user=USERS["alertmanager"],
        files=[File(name="main", path="/etc/alertmanager/alertmanager.yml", content=content)],
        secrets=secrets,
        mounts=[data(settings, "alertmanager", "/alertmanager")],
    )


def _mail(receivers: Sequence[str], smtp: Smtp) -> dict[str, Any]:
    mail: dict[str, Any] = {
        "to": ", ".join(receivers),
        "from": smtp.from_address,
        "smarthost": f"{smtp.host}:{smtp.port}",
        "send_resolved": True,
    }
    if smtp.username is not None:
        mail |= {"auth_username": smtp.username, "auth_password_file": "/run/secrets/smtp-password"}
    return mail
