"""Dashboard "Services": CPU, memory and network of each service, both of Nuvla's applications and of the program."""

from grafana_foundation_sdk.builders.dashboard import Row
from grafana_foundation_sdk.models import units

from components.dashboards.base import Parts, base_dashboard, variable
from components.dashboards.encoding import encode
from components.dashboards.fields import CORES, NODES
from components.dashboards.graphs import count_graph, graph, legend, mirrored_graph
from components.dashboards.panels import stat, table

CHOSEN = '{service=~"$service", node=~"$node"}'


def dashboard() -> str:
    """Return the JSON of the dashboard."""
    return encode(
        base_dashboard(
            "nuvla-services",
            "Services",
            "What each service of the swarm uses: Nuvla's applications, and the program's own.",
            ["services"],
            _parts(),
            variables=[
                variable("service", "Service", 'label_values(container_start_time_seconds{service!=""}, service)')
            ],
        )
    )


def _parts() -> Parts:
    return [
        stat(
            "Services",
            "Services with a container on the selected machines.",
            units.Short,
            f"count(count by (service) (container_start_time_seconds{CHOSEN}))",
        ),
        stat(
            "Containers", "Containers of these services.", units.Short, f"count(container_start_time_seconds{CHOSEN})"
        ),
        stat(
            "CPU",
            "What these services use, in cores.",
            CORES,
            f"sum(rate(container_cpu_usage_seconds_total{CHOSEN}[$__rate_interval]))",
            sparkline=True,
        ).decimals(2),
        stat(
            "Memory",
            "What these services use, without caches that can be dropped.",
            units.BytesIEC,
            f"sum(container_memory_working_set_bytes{CHOSEN})",
            sparkline=True,
        ),
        stat(
            "Started",
            "Containers that were started on the selected machines in the last hour.",
            units.Short,
            'round(sum(increase(engine_daemon_container_actions_seconds_count{action="start", node=~"$node"}[1h])))',
        ),
        stat(
            "Health checks failed",
            "On the selected machines in the last hour. Services that start fail some.",
            units.Short,
            f"round(sum(increase(engine_daemon_health_checks_failed_total{NODES}[1h])))",
            thresholds={"green": None, "orange": 10},
        ),
        Row("CPU and memory"),
        graph(
            "CPU by service",
            "In cores, of all containers of a service.",
            CORES,
            {"{{service}}": f"sum by (service) (rate(container_cpu_usage_seconds_total{CHOSEN}[$__rate_interval]))"},
        )
        .legend(legend("mean", "max", "lastNotNull"))
        .height(9),
        graph(
            "Memory by service",
            "Of all containers of a service, without caches that can be dropped.",
            units.BytesIEC,
            {"{{service}}": f"sum by (service) (container_memory_working_set_bytes{CHOSEN})"},
        )
        .legend(legend("mean", "max", "lastNotNull"))
        .height(9),
        graph(
            "Memory near the limit",
            "Of the container of a service that is nearest to its limit. It is killed at 100 %.",
            units.PercentUnit,
            {
                "{{service}}": (
                    f"max by (service) (container_memory_working_set_bytes{CHOSEN} "
                    f"/ (container_spec_memory_limit_bytes{CHOSEN} > 0))"
                )
            },
            red_from=0.9,
        ),
        count_graph(
            "Containers by machine",
            "Containers of the selected services.",
            {"{{node}}": f"count by (node) (container_start_time_seconds{CHOSEN})"},
            stacked=True,
        ),
        Row("Network and restarts"),
        mirrored_graph(
            "Network by service",
            "Received above the line, sent below it.",
            units.BytesPerSecondSI,
            {
                "{{service}} received": (
                    f"sum by (service) (rate(container_network_receive_bytes_total{CHOSEN}[$__rate_interval]))"
                ),
                "{{service}} sent": (
                    f"sum by (service) (rate(container_network_transmit_bytes_total{CHOSEN}[$__rate_interval]))"
                ),
            },
        ),
        count_graph(
            "Containers ended",
            "In 15 minutes, of each service. An update ends some; many over a long time: it restarts again and again.",
            {
                "{{service}}": (
                    f"count by (service) (last_over_time(container_start_time_seconds{CHOSEN}[15m])) "
                    f"- count by (service) (container_start_time_seconds{CHOSEN})"
                )
            },
        ),
        Row("Containers"),
        table(
            "Containers",
            "Each container of the selected services.",
            [
                f"max by (service, node, name) (time() - container_start_time_seconds{CHOSEN})",
                f"max by (service, node, name) (container_memory_working_set_bytes{CHOSEN})",
                f"max by (service, node, name) (container_spec_memory_limit_bytes{CHOSEN})",
                f"sum by (service, node, name) (rate(container_cpu_usage_seconds_total{CHOSEN}[$__rate_interval]))",
            ],
            columns={
                "service": "Service",
                "node": "Machine",
                "name": "Container",
                "Value #A": "Age",
                "Value #B": "Memory",
                "Value #C": "Memory limit",
                "Value #D": "CPU cores",
            },
            column_units={"Age": units.Seconds, "Memory": units.BytesIEC, "Memory limit": units.BytesIEC},
            sort_by="Service",
        ).height(12),
    ]
