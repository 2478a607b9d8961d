"""The service of Alertmanager, which sends alerts by webhook and e-mail."""

import json
from collections.abc import Sequence
from typing import Any

from components import assets
from components.monitoring.context import MonitoringContext, MonitoringParts
from components.monitoring.settings import SmtpSettings
from components.monitoring.users import USERS
from components.service.spec import File, HealthCheck, SecretFile, Service

PORT = 9093


def alertmanager(context: MonitoringContext, parts: MonitoringParts) -> Service:
    """Return Alertmanager with a webhook, e-mails, both or neither; with neither, only Prometheus shows alerts.

    Source: Alertmanager documentation, "Configuration".
    """
    email_to, smtp = context.settings.alertmanager.email_to, context.settings.smtp
    secrets = []
    if parts.webhook_url is not None:
        secrets.append(SecretFile(name="alert-webhook-url", content=parts.webhook_url))
    if parts.smtp_password is not None and email_to:
        secrets.append(SecretFile(name="smtp-password", content=parts.smtp_password))
    webhooks = [{"url_file": "/run/secrets/alert-webhook-url", "send_resolved": True}] if context.webhook else []
    mails = [_mail(email_to, smtp)] if email_to and smtp else []
    # JSON is valid YAML, and quotes any text that a user sets.
    content = assets.render(
        "monitoring/files/alertmanager.yml",
        {"webhook_configs": json.dumps(webhooks), "email_configs": json.dumps(mails)},
    )
    return Service(
        name="alertmanager",
        image=parts.images["alertmanager"],
        networks=[parts.monitoring],
        memory_limit_mib=context.settings.alertmanager.memory_limit_mib,
        health=HealthCheck.http(f"http://127.0.0.1:{PORT}/-/healthy"),
        replicas=1,
        constraints=context.placed_with_data(),
        args=[
            "--config.file=/etc/alertmanager/alertmanager.yml",
            "--storage.path=/alertmanager",
            "--cluster.listen-address=",  # a single Alertmanager needs no gossip
        ],
        user=USERS["alertmanager"],
        files=[File(name="main", path="/etc/alertmanager/alertmanager.yml", content=content)],
        secrets=secrets,
        mounts=[context.data_mount("alertmanager", "/alertmanager")],
    )


def _mail(receivers: Sequence[str], smtp: SmtpSettings) -> dict[str, Any]:
    mail: dict[str, Any] = {
        "to": ", ".join(receivers),
        "from": smtp.from_address,
        "smarthost": f"{smtp.host}:{smtp.port}",
        "send_resolved": True,
    }
    if smtp.username is not None:
        mail |= {"auth_username": smtp.username, "auth_password_file": "/run/secrets/smtp-password"}
    return mail
