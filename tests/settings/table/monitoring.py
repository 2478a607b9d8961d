"""Rows of the settings of monitoring."""

from typing import Any

from tests.settings.bases import HOST, SMTP
from tests.settings.rows import GONE, NEW, Bad, Change, Row, Values, on, refused
from tests.settings.values import (
    DURATION,
    EMAIL,
    LINE,
    LIST,
    OBJECT,
    SIZE,
    TEXT,
    URL,
    machine,
    section,
    switch,
    whole,
)

PAGE = "the URL of a page"
FOLDER = "a folder below that of the program"
LABEL_NAME = "a label of Prometheus: letters, digits and underscores"
CLOCK = "a time of day"
SENDER = "text on one line, without braces"
ZONE = "a name of the IANA time zone database, such as Europe/Zurich"
RECEIVER = "'email', 'webhook', 'slack', 'teams' or 'pagerduty'"
ALERTMANAGER = ("monitoring", "alertmanager-config-main")
QUIET = {"start": "22:00", "end": "07:00"}
MUTE = "monitoring.alertmanager.mute_warnings"
MUTED = {MUTE: QUIET}
SLACK = {"slack_webhook_url": "https://slack.example.org/WORD"}
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


def login(name: str) -> Row:
    """The password of a login; the change is another one."""
    return Row(
        f"monitoring.{name}.login_generation",
        whole(1),
        Change(
            2,
            f"{name}-login",
            f"{name}-login-password",
            "+ generation: 2",
            '+ keepers.generation: "2"',
            together="logins",
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
    Row(
        "monitoring.files",
        Values(["examples/monitoring"], refused(FOLDER, "/etc", "../x", "a/../b", "./a", "a b", "", "~/x")),
        Change(
            "examples/monitoring",
            *PROMETHEUS,
            '+ files: "examples/monitoring"',
            'taskSpec.containerSpec.configs*: *"*/own-backup.yml"',
            mocked=('+ files: "examples/monitoring"', "+ taskSpec.containerSpec.configs[14]*"),
        ),
    ),
    Row(
        "monitoring.runbooks_url",
        Values(
            ["https://wiki.example.org", "https://wiki.example.org/ops/alerts.md"],
            refused(PAGE, "docs/alerts.md", "wiki.example.org", "https://me:word@wiki", "https://wiki/a#b"),
        ),
        Change(
            "https://wiki.example.org/alerts",
            "monitoring",
            "prometheus-config-rules-monitoring",
            '+ runbooks_url: "https://wiki.example.org/alerts"',
            '*runbook_url: * => "https://wiki.example.org/alerts#watchdog"',
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
    Row(
        "monitoring.prometheus.external_labels",
        Values(
            [{}, {"infrastructure": "prod", "_site": ""}],
            [
                Bad(["prod"], OBJECT),
                Bad({"a-b": "x"}, LABEL_NAME, ".a-b", "a-b"),
                Bad({"infrastructure": 1}, TEXT, ".infrastructure", 1),
            ],
        ),
        Change(
            {"infrastructure": "prod"},
            "monitoring",
            "prometheus-config-main",
            '+ external_labels.infrastructure: "prod"',
            '+ dataRaw.global.external_labels.infrastructure: "prod"',
        ),
    ),
    memory("prometheus", 128, 1024, "prometheus-service"),
    login("prometheus"),
    section("monitoring.grafana"),
    memory("grafana", 128, 512, "grafana-service"),
    login("grafana"),
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
    Row(
        "monitoring.alertmanager.repeat_interval",
        Values(["30m", "1d"], [*refused(DURATION, "12", "1 day"), Bad(12, TEXT)]),
        Change(
            "1d",
            *ALERTMANAGER,
            'repeat_interval: "12h" => "1d"',
            'dataRaw.route.repeat_interval: "12h" => "1d"',
        ),
    ),
    Row(
        "monitoring.alertmanager.severities",
        Values(
            [{}, {"pagerduty": "critical", "slack": "warning", "email": "warning"}],
            [
                Bad("slack", OBJECT),
                Bad({"slack": "info"}, "'critical' or 'warning'", ".slack", "info"),
                Bad({"sms": "critical"}, RECEIVER, ".sms", "sms"),
            ],
        ),
        Change(
            {"slack": "critical"},
            *ALERTMANAGER,
            '+ severities.slack: "critical"',
            '+ dataRaw.receivers[1].slack_configs[0].api_url_file: "/run/secrets/slack-webhook-url"',
            secrets=SLACK,
            together="slack",
            mocked=('+ severities.slack: "critical"', "- dataRaw.receivers[0].slack_configs*"),
        ),
    ),
    section(MUTE),
    Row(
        f"{MUTE}.start",
        Values(["00:00", "23:59"], refused(CLOCK, "24:00", "7:00", "22", "22:60")),
        Change(
            "21:00",
            *ALERTMANAGER,
            '+ mute_warnings.start: "21:00"',
            '+ dataRaw.time_intervals[0].time_intervals[0].times[0].start_time: "21:00"',
            also=MUTED,
            secrets=SLACK,
            together="slack",
            mocked=(
                'mute_warnings.start: "22:00" => "21:00"',
                'dataRaw.time_intervals[0].time_intervals[0].times[0].start_time: "22:00" => "21:00"',
            ),
        ),
        required=True,
    ),
    Row(
        f"{MUTE}.end",
        Values(["00:00", "23:59"], refused(CLOCK, "24:00", "7:00", "")),
        Change(
            "08:00",
            *ALERTMANAGER,
            '+ mute_warnings.end: "08:00"',
            '+ dataRaw.time_intervals[0].time_intervals[0].times[1].end_time: "08:00"',
            also=MUTED,
            secrets=SLACK,
            together="slack",
            mocked=(
                'mute_warnings.end: "07:00" => "08:00"',
                'dataRaw.time_intervals[0].time_intervals[0].times[1].end_time: "07:00" => "08:00"',
            ),
        ),
        required=True,
    ),
    Row(
        f"{MUTE}.time_zone",
        Values(["UTC", "Europe/Zurich", "America/New_York"], [*refused(ZONE, "Zurich", "CEST", ""), Bad(1, TEXT)]),
        Change(
            "Europe/Zurich",
            *ALERTMANAGER,
            '+ mute_warnings.time_zone: "Europe/Zurich"',
            '+ dataRaw.time_intervals[0].time_intervals[0].location: "Europe/Zurich"',
            also=MUTED,
            secrets=SLACK,
            together="slack",
            mocked=(
                'mute_warnings.time_zone: "UTC" => "Europe/Zurich"',
                'dataRaw.time_intervals[0].time_intervals[0].location: "UTC" => "Europe/Zurich"',
            ),
        ),
    ),
    Row(
        f"{MUTE}.weekends",
        switch(),
        Change(
            True,
            *ALERTMANAGER,
            "+ mute_warnings.weekends: true",
            '+ dataRaw.time_intervals[0].time_intervals[1]*"saturday"*',
            also=MUTED,
            secrets=SLACK,
            together="slack",
            mocked=(
                "mute_warnings.weekends: false => true",
                '+ dataRaw.time_intervals[0].time_intervals[1]*"saturday"*',
            ),
        ),
    ),
    Row(
        "monitoring.alertmanager.pagerduty_url",
        Values(
            ["https://events.eu.pagerduty.com/v2/enqueue", "http://10.0.0.1:8080"],
            refused(PAGE, "events.pagerduty.com", "https://me:word@host/x"),
        ),
        Change(
            "https://events.eu.pagerduty.com/v2/enqueue",
            *ALERTMANAGER,
            'pagerduty_url: "https://events.pagerduty.com/v2/enqueue" => "https://events.eu.pagerduty.com/v2/enqueue"',
            '+ dataRaw.receivers[0].pagerduty_configs[0].url: "https://events.eu.pagerduty.com/v2/enqueue"',
            secrets={"pagerduty_routing_key": "WORD"},
            together="pagerduty",
            mocked=(
                "pagerduty_url: *events.pagerduty.com* => *events.eu.pagerduty.com*",
                "*pagerduty_configs[0].url: *events.pagerduty.com* => *events.eu.pagerduty.com*",
            ),
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
        "monitoring.smtp.require_tls",
        switch(),
        Change(
            False,
            *GRAFANA,
            "smtp.require_tls: true => false",
            'taskSpec.containerSpec.env.GF_SMTP_STARTTLS_POLICY: "MandatoryStartTLS" => "NoStartTLS"',
            also=MAIL,
            together="relay",
        ),
    ),
    Row(
        "monitoring.smtp.from_name",
        Values(["Nuvla: swarm", "Été"], [*refused(SENDER, "", "a\nb", "{{ x }}"), Bad(1, TEXT)]),
        Change(
            "Swarm",
            *GRAFANA,
            '+ smtp.from_name: "Swarm"',
            '+ taskSpec.containerSpec.env.GF_SMTP_FROM_NAME: "Swarm"',
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
