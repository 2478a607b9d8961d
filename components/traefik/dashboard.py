"""Dashboard "Traefik": requests from outside, by entry point and by service."""

from grafana_foundation_sdk.builders.dashboard import Row
from grafana_foundation_sdk.models import units

from components.dashboards.base import Parts, base_dashboard
from components.dashboards.encoding import encode
from components.dashboards.fields import CORES, ERRORS, GREEN_FROM_1, NODES
from components.dashboards.graphs import graph, mirrored_graph
from components.dashboards.panels import stat, table

PUBLISHED = '{service!="unavailable@file", node=~"$node"}'


def dashboard() -> str:
    """Return the JSON of the dashboard."""
    return encode(
        base_dashboard(
            "nuvla-traefik", "Traefik", "Requests from outside, by entry point and by service.", ["traefik"], _parts()
        )
    )


def _parts() -> Parts:
    return [
        stat(
            "Traefik up",
            "Traefiks that answer. Each manager has one.",
            units.Short,
            'count(up{job="traefik", node=~"$node"} == 1) or vector(0)',
            thresholds=GREEN_FROM_1,
        ),
        stat(
            "Requests",
            "Requests of all entry points.",
            units.RequestsPerSecond,
            f"sum(rate(traefik_entrypoint_requests_total{NODES}[$__rate_interval])) or vector(0)",
            sparkline=True,
        ).decimals(2),
        stat(
            "Errors",
            "Share of the answers of services that are 5xx, over the last hour.",
            units.PercentUnit,
            "(sum(increase(traefik_service_requests_total"
            '{code=~"5..", service!="unavailable@file", node=~"$node"}[1h])) or vector(0)) '
            '/ (sum(increase(traefik_service_requests_total{node=~"$node"}[1h])) > 0) or vector(0)',
            thresholds=ERRORS,
        ).decimals(1),
        stat(
            "Open connections",
            "Connections of clients, of all entry points.",
            units.Short,
            f"sum(traefik_open_connections{NODES}) or vector(0)",
            sparkline=True,
        ),
        stat(
            "Certificate",
            "Time until the first certificate ends.",
            units.Seconds,
            'min(probe_ssl_earliest_cert_expiry{job="traefik-probe", node=~"$node"}) - time()',
            thresholds={"red": None, "orange": 259200, "green": 1209600},
        ),
        stat(
            "Reloads",
            "Changes of the configuration in the last hour: new or removed services.",
            units.Short,
            f"round(sum(increase(traefik_config_reloads_total{NODES}[1h])))",
        ),
        Row("Requests"),
        graph(
            "Requests by entry point",
            "Port 80, port 443 and the ports of the operators and of S3.",
            units.RequestsPerSecond,
            {
                "{{entrypoint}}": (
                    f"sum by (entrypoint) (rate(traefik_entrypoint_requests_total{NODES}[$__rate_interval]))"
                )
            },
        ),
        graph(
            "Requests by service",
            "Without what no service has published.",
            units.RequestsPerSecond,
            {"{{service}}": f"sum by (service) (rate(traefik_service_requests_total{PUBLISHED}[$__rate_interval]))"},
        ),
        graph(
            "Answers by status",
            "Of all services, without what no service has published.",
            units.RequestsPerSecond,
            {"{{code}}": f"sum by (code) (rate(traefik_service_requests_total{PUBLISHED}[$__rate_interval]))"},
            stacked=True,
        ),
        graph(
            "Time of an answer",
            "95 % of the answers of a service come within this time.",
            units.Seconds,
            {
                "{{service}}": (
                    "histogram_quantile(0.95, sum by (le, service) "
                    f"(rate(traefik_service_request_duration_seconds_bucket{PUBLISHED}[$__rate_interval])))"
                )
            },
        ),
        Row("Traffic"),
        mirrored_graph(
            "Traffic by service",
            "Requests above the line, answers below it.",
            units.BytesPerSecondSI,
            {
                "{{service}} requests": (
                    f"sum by (service) (rate(traefik_service_requests_bytes_total{NODES}[$__rate_interval]))"
                ),
                "{{service}} answers": (
                    f"sum by (service) (rate(traefik_service_responses_bytes_total{NODES}[$__rate_interval]))"
                ),
            },
        ),
        graph(
            "Open connections",
            "Of clients, by entry point.",
            units.Short,
            {"{{entrypoint}}": f"sum by (entrypoint) (traefik_open_connections{NODES})"},
        ),
        Row("Traefik itself"),
        graph(
            "CPU",
            "In cores.",
            CORES,
            {"{{node}}": 'rate(process_cpu_seconds_total{job="traefik", node=~"$node"}[$__rate_interval])'},
        ).span(8),
        graph(
            "Memory",
            "Resident memory of the process.",
            units.BytesIEC,
            {"{{node}}": 'process_resident_memory_bytes{job="traefik", node=~"$node"}'},
        ).span(8),
        table(
            "Certificates",
            "Certificates that Traefik holds, and how long each is valid.",
            [f"min by (cn, sans) (traefik_tls_certs_not_after{NODES} - time())"],
            columns={"cn": "Name", "sans": "Other names", "Value": "Valid for"},
            column_units={"Valid for": units.Seconds},
            sort_by="Valid for",
        ).span(8),
    ]
