"""Dashboard "Swarm": nodes, tasks and services as the managers count them, and the engines of the machines."""

from grafana_foundation_sdk.builders.dashboard import Row
from grafana_foundation_sdk.models import units

from components.dashboards.base import Parts, base_dashboard
from components.dashboards.encoding import encode
from components.dashboards.fields import GREEN_FROM_1, NODES, RED_FROM_1
from components.dashboards.graphs import count_graph, graph
from components.dashboards.panels import stat, table

OF_LEADER = "and on (node) swarm_manager_leader == 1"  # selects the counts of the leader: every manager has its own


def dashboard() -> str:
    """Return the JSON of the dashboard."""
    return encode(
        base_dashboard(
            "nuvla-swarm",
            "Swarm",
            "The swarm as its managers count it, and the engines of its machines.",
            ["swarm"],
            _parts(),
        )
    )


def _parts() -> Parts:
    return [
        stat(
            "Leader",
            "Whether the swarm has a leader. Without one, the swarm cannot change or repair anything.",
            units.Short,
            "max(swarm_manager_leader) or vector(0)",
            thresholds=GREEN_FROM_1,
            texts=["none", "elected"],
        ),
        stat(
            "Managers up",
            "Managers whose engine answers. More than half of them are needed.",
            units.Short,
            'count(up{job="engine", role="manager"} == 1) or vector(0)',
            thresholds=GREEN_FROM_1,
        ),
        stat(
            "Machines ready",
            "As the leader sees them.",
            units.Short,
            f'sum(swarm_manager_nodes{{state="ready"}} {OF_LEADER})',
            thresholds=GREEN_FROM_1,
        ),
        stat(
            "Services",
            "Services of the swarm, Nuvla's applications among them.",
            units.Short,
            f"sum(swarm_manager_services_total {OF_LEADER})",
        ),
        stat(
            "Tasks running",
            "Containers of services.",
            units.Short,
            f'sum(swarm_manager_tasks_total{{state="running"}} {OF_LEADER})',
        ),
        stat(
            "Tasks waiting",
            "Containers that find no machine that fits.",
            units.Short,
            f'sum(swarm_manager_tasks_total{{state=~"new|pending"}} {OF_LEADER})',
            thresholds=RED_FROM_1,
        ),
        table(
            "Managers",
            "Which machine leads.",
            [
                'max by (node, availability) (up{job="engine", role="manager"})',
                'max by (node) (swarm_manager_leader and on (node) up{job="engine", role="manager"})',
            ],
            columns={
                "node": "Machine",
                "availability": "Availability",
                "Value #A": "Engine answers",
                "Value #B": "Leader",
            },
            column_units={"Engine answers": units.BoolYesNo, "Leader": units.BoolYesNo},
            sort_by="Machine",
        ).span(12),
        count_graph(
            "Machines by state",
            "As the leader sees them.",
            {"{{state}}": f"sum by (state) (swarm_manager_nodes {OF_LEADER})"},
            stacked=True,
        ),
        Row("Tasks"),
        count_graph(
            "Tasks by state",
            "Tasks that are on their way, run or failed. "
            "Of those that ended, swarm keeps the last five of each replica.",
            {
                "{{state}}": (
                    "sum by (state) (swarm_manager_tasks_total"
                    '{state=~"new|pending|assigned|preparing|starting|running|failed|rejected"} '
                    f"{OF_LEADER})"
                )
            },
            stacked=True,
        ),
        count_graph(
            "Things of the swarm",
            "What the leader's store holds.",
            {
                "networks": f"sum(swarm_manager_networks_total {OF_LEADER})",
                "configs": f"sum(swarm_manager_configs_total {OF_LEADER})",
                "secrets": f"sum(swarm_manager_secrets_total {OF_LEADER})",
                "services": f"sum(swarm_manager_services_total {OF_LEADER})",
            },
        ),
        Row("Engines"),
        count_graph(
            "Containers running",
            "Of all kinds, by machine.",
            {"{{node}}": 'sum by (node) (engine_daemon_container_states_containers{state="running", node=~"$node"})'},
            stacked=True,
        ),
        graph(
            "Containers started",
            "In 5 minutes, by machine. Many over a long time: something restarts again and again.",
            units.Short,
            {
                "{{node}}": (
                    'increase(engine_daemon_container_actions_seconds_count{action="start", node=~"$node"}[5m])'
                )
            },
        ),
        graph(
            "Health checks failed",
            "In 5 minutes, by machine.",
            units.Short,
            {"{{node}}": f"increase(engine_daemon_health_checks_failed_total{NODES}[5m])"},
        ),
        graph(
            "Raft transactions",
            "Changes of the swarm's state, by manager. Only the leader makes them.",
            units.OpsPerSecond,
            {"{{node}}": 'rate(swarm_raft_transaction_latency_seconds_count{role="manager"}[$__rate_interval])'},
        ),
    ]
