"""Rows of the settings of monitoring."""

from typing import Any

from tests.settings.bases import HOST, SMTP
from tests.settings.rows import GONE, NEW, Bad, Change, Row, Values, on, refused
from tests.settings.values import (
    DURATION,
    EMAIL,
    LINE,
    LIST,
    SIZE,
    TEXT,
    URL,
    machine,
    section,
    switch,
    whole,
)

SERVER_NAME = "a host name or an IPv4 address"
MAIL = {"monitoring.smtp": SMTP}
MEASURED = {"monitoring.elasticsearch.enabled": True}
PROMETHEUS = ("monitoring", "prometheus-service")
GRAFANA = ("monitoring", "grafana-service")
EXPORTER = ("monitoring", "elasticsearch-exporter-service")


def memory(name: str, least: int, default: int, service: str, **more: Any) -> Row:
    """The memory of a service; the change is one MiB more."""
    return Row(
        f"monitoring.{name}.memory_limit_mib",
        whole(least),
        Change(
            default + 1,
            "monitoring",
            service,
            f"{name}_memory_limit_mib: {default} => {default + 1}",
            f"taskSpec.resources.limits.memoryBytes: {default * 2**20} => {(default + 1) * 2**20}",
            **more,
        ),
    )


ROWS = [
    section("monitoring"),
    Row("monitoring.enabled", switch(), Change(False, *PROMETHEUS, GONE, GONE, together="off")),
    Row(
        "monitoring.machine",
        machine(),
        Change(
            "worker-1",
            *PROMETHEUS,
            'machine: "manager-1" => "worker-1"',
            'taskSpec.placement.constraints[0]: "node.labels.nuvla-swarm.machine==manager-1" => *worker-1"',
        ),
    ),
    section("monitoring.prometheus"),
    Row(
        "monitoring.prometheus.scrape_interval_s",
        whole(5, 60),
        Change(
            30,
            "monitoring",
            "prometheus-config-main",
            "scrape_interval_s: 15 => 30",
            'dataRaw.global.scrape_interval: "15s" => "30s"',
        ),
    ),
    Row(
        "monitoring.prometheus.retention_time",
        Values(["12h", "30d", "1y"], [*refused(DURATION, "15", "15 days", "-1d"), Bad(15, TEXT)]),
        Change(
            "30d",
            *PROMETHEUS,
            'retention_time: "15d" => "30d"',
            'taskSpec.containerSpec.args[*]: "*retention.time=15d" => "*retention.time=30d"',
        ),
    ),
    Row(
        "monitoring.prometheus.retention_size",
        Values(["512MB", "1TB"], [*refused(SIZE, "5", "5 GB", "0GB", "5g"), Bad(5, TEXT)]),
        Change(
            "6GB",
            *PROMETHEUS,
            'retention_size: "5GB" => "6GB"',
            'taskSpec.containerSpec.args[*]: "*retention.size=5GB" => "*retention.size=6GB"',
        ),
    ),
    memory("prometheus", 128, 1024, "prometheus-service"),
    section("monitoring.grafana"),
    memory("grafana", 128, 512, "grafana-service"),
    section("monitoring.alertmanager"),
    Row(
        "monitoring.alertmanager.email_to",
        Values(
            [[], ["a@example.org"], ["a.b+c@example.org", "d@localhost"]],
            [Bad("a@example.org", LIST), Bad(["a"], EMAIL, "[0]", "a")],
        ),
        Change(
            ["a@example.org"],
            "monitoring",
            "alertmanager-config-main",
            '*email_to[0]: *"a@example.org"',
            '+ dataRaw.receivers[0].email_configs[0].to: "a@example.org"',
            also=MAIL,
        ),
    ),
    memory("alertmanager", 32, 128, "alertmanager-service"),
    section("monitoring.exporters"),
    memory("exporters", 64, 256, "node-exporter-service"),
    section("monitoring.elasticsearch"),
    *on(
        HOST,
        Row(
            "monitoring.elasticsearch.enabled",
            switch(),
            Change(True, *EXPORTER, '+ elasticsearch_url: "http://es:9200"', NEW),
        ),
        Row(
            "monitoring.elasticsearch.url",
            Values(
                ["http://es:9200", "https://db.example.org"],
                [*refused(URL, "es:9200", "http://me:word@es"), Bad(1, TEXT)],
            ),
            Change(
                "http://db:9200",
                *EXPORTER,
                'elasticsearch_url: "http://es:9200" => "http://db:9200"',
                'taskSpec.containerSpec.args[*]: "--es.uri=http://es:9200" => "--es.uri=http://db:9200"',
                also=MEASURED,
            ),
        ),
        memory("elasticsearch", 32, 64, "elasticsearch-exporter-service", also=MEASURED),
    ),
    section("monitoring.smtp"),
    Row(
        "monitoring.smtp.host",
        Values(["mail.example.org", "10.0.0.1"], refused(SERVER_NAME, "a b", "", "a:25")),
        Change(
            "mx.example.org",
            *GRAFANA,
            'smtp.host: "mail.example.org" => "mx.example.org"',
            'taskSpec.containerSpec.env.GF_SMTP_HOST: "mail.example.org:*" => "mx.example.org:*"',
            also=MAIL,
        ),
        required=True,
    ),
    Row(
        "monitoring.smtp.port",
        whole(1, 65535),
        Change(
            25,
            *GRAFANA,
            "smtp.port: 587 => 25",
            'taskSpec.containerSpec.env.GF_SMTP_HOST: "*:587" => "*:25"',
            also=MAIL,
        ),
    ),
    Row(
        "monitoring.smtp.from_address",
        Values(["a@example.org"], refused(EMAIL, "a", "", "a@")),
        Change(
            "nuvla@example.org",
            *GRAFANA,
            'smtp.from_address: "swarm@example.org" => "nuvla@example.org"',
            'taskSpec.containerSpec.env.GF_SMTP_FROM_ADDRESS: "swarm@example.org" => "nuvla@example.org"',
            also=MAIL,
        ),
        required=True,
    ),
    Row(
        "monitoring.smtp.username",
        Values(["me", "me@example.org"], [Bad("a\nb", LINE), Bad(1, TEXT)]),
        Change(
            "you",
            *GRAFANA,
            '+ smtp.username: "you"',
            '+ taskSpec.containerSpec.env.GF_SMTP_USER: "you"',
            also={"monitoring.smtp": SMTP | {"username": "me"}},
            secrets={"smtp_password": "WORD"},
            mocked=('smtp.username: "me" => "you"', 'taskSpec.containerSpec.env.GF_SMTP_USER: "me" => "you"'),
        ),
    ),
]
