"""The service of Alertmanager, which sends alerts to their receivers."""

from components.monitoring import receivers
from components.monitoring.context import MonitoringContext, MonitoringParts
from components.monitoring.users import USERS
from components.service.spec import File, HealthCheck, SecretFile, Service

PORT = 9093


def alertmanager(context: MonitoringContext, parts: MonitoringParts) -> Service:
    """Return Alertmanager with the receivers that the stack has; with none, only Prometheus and Grafana show alerts."""
    settings = context.settings.alertmanager
    secrets = [
        SecretFile(name=receivers.SECRET_RECEIVERS[name].file, content=content)
        for name, content in parts.receiver_secrets.items()
    ]
    if parts.smtp_password is not None and settings.email_to:
        secrets.append(SecretFile(name="smtp-password", content=parts.smtp_password))
    content = receivers.configuration(settings, context.settings.smtp, context.receivers)
    return Service(
        name="alertmanager",
        image=parts.images["alertmanager"],
        networks=[parts.monitoring],
        memory_limit_mib=settings.memory_limit_mib,
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
