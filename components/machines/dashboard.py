"""Dashboard "Machines": CPU, memory, disks and network of the machines of the swarm."""

from grafana_foundation_sdk.builders.dashboard import Row
from grafana_foundation_sdk.models import units

from components.dashboards.base import Parts, base_dashboard
from components.dashboards.encoding import encode
from components.dashboards.fields import CORES, FULL, GREEN_FROM_1, NODES, ORANGE_FROM_1, RED_FROM_1
from components.dashboards.graphs import graph, mirrored_graph, percent_graph
from components.dashboards.panels import stat, table

OUTSIDE = '{id="/", interface!~"lo|veth.*|docker.*|br-.*|vx-.*", node=~"$node"}'  # without traffic inside a machine
ON_DISK = '{fstype!~"tmpfs|ramfs", node=~"$node"}'
IDLE = '{mode="idle", node=~"$node"}'
DISK_SIZE = "(node_filesystem_size_bytes - node_filesystem_free_bytes + node_filesystem_avail_bytes)"  # as `df`


def dashboard() -> str:
    """Return the JSON of the dashboard."""
    return encode(
        base_dashboard(
            "nuvla-machines",
            "Machines",
            "CPU, memory, disks and network of the machines of the swarm.",
            ["machines"],
            _parts(),
        )
    )


def _parts() -> Parts:
    return [
        stat(
            "Machines up",
            "Machines whose Docker engine answers.",
            units.Short,
            'count(up{job="engine", node=~"$node"} == 1) or vector(0)',
            thresholds=GREEN_FROM_1,
        ),
        stat(
            "CPU busy",
            "Mean over the machines, of all their CPUs.",
            units.PercentUnit,
            f"1 - avg(rate(node_cpu_seconds_total{IDLE}[$__rate_interval]))",
            thresholds=FULL,
            sparkline=True,
        ).decimals(0),
        stat(
            "Memory used",
            "What applications cannot have any more, of all memory.",
            units.PercentUnit,
            f"1 - sum(node_memory_MemAvailable_bytes{NODES}) / sum(node_memory_MemTotal_bytes{NODES})",
            thresholds=FULL,
            sparkline=True,
        ).decimals(0),
        stat(
            "Fullest disk",
            "The fullest of all file systems.",
            units.PercentUnit,
            f"max(1 - node_filesystem_avail_bytes{ON_DISK} / {DISK_SIZE})",
            thresholds=FULL,
        ).decimals(0),
        stat(
            "Killed for memory",
            "Processes that the kernels killed in the last day, at the limit of their container or of the machine.",
            units.Short,
            f"round(sum(increase(node_vmstat_oom_kill{NODES}[1d])))",
            thresholds=ORANGE_FROM_1,
        ),
        stat(
            "Alerts",
            "Alerts that fire, without the watchdog that always does.",
            units.Short,
            'count(ALERTS{alertstate="firing", alertname!="Watchdog"}) or vector(0)',
            thresholds=RED_FROM_1,
        ),
        table(
            "Machines",
            "Each machine that the swarm knows, and what it has.",
            [
                'max by (node, role, availability) (up{job="engine", node=~"$node"})',
                f"max by (node, version, kernel) (engine_daemon_engine_info{NODES})",
                f"max by (node) (engine_daemon_engine_cpus_cpus{NODES})",
                f"max by (node) (engine_daemon_engine_memory_bytes{NODES})",
                f"max by (node) (time() - node_boot_time_seconds{NODES})",
            ],
            columns={
                "node": "Machine",
                "role": "Role",
                "availability": "Availability",
                "Value #A": "Engine answers",
                "Value #C": "CPUs",
                "Value #D": "Memory",
                "Value #E": "Up for",
                "version": "Docker",
                "kernel": "Kernel",
            },
            column_units={"Memory": units.BytesIEC, "Up for": units.Seconds, "Engine answers": units.BoolYesNo},
            sort_by="Machine",
        ).height(6),
        Row("CPU and memory"),
        percent_graph(
            "CPU busy",
            "Share of time that the CPUs of a machine do not idle.",
            {"{{node}}": f"1 - avg by (node) (rate(node_cpu_seconds_total{IDLE}[$__rate_interval]))"},
            red_from=0.85,
        ),
        percent_graph(
            "Memory used",
            "Share of a machine's memory that applications cannot have any more.",
            {"{{node}}": f"1 - node_memory_MemAvailable_bytes{NODES} / node_memory_MemTotal_bytes{NODES}"},
            red_from=0.9,
        ),
        graph(
            "Load for each CPU",
            "Processes that run or want to, over 5 minutes. Above 1 they wait for each other.",
            units.Short,
            {"{{node}}": f"node_load5{NODES} / on (node) count by (node) (node_cpu_seconds_total{IDLE})"},
            red_from=2,
        ),
        graph(
            "CPU by use",
            "What the CPUs of all selected machines do.",
            CORES,
            {
                "{{mode}}": (
                    'sum by (mode) (rate(node_cpu_seconds_total{mode!="idle", node=~"$node"}[$__rate_interval]))'
                )
            },
            stacked=True,
        ),
        Row("Disks"),
        percent_graph(
            "Disk space used",
            "Share of each file system. Alerts begin at 85 %.",
            {"{{node}} {{mountpoint}}": f"1 - node_filesystem_avail_bytes{ON_DISK} / {DISK_SIZE}"},
            red_from=0.85,
        ),
        percent_graph(
            "Files",
            "Share of the inodes of each file system that is in use.",
            {
                "{{node}} {{mountpoint}}": (
                    f"1 - node_filesystem_files_free{ON_DISK} / (node_filesystem_files{ON_DISK} > 0)"
                )
            },
        ),
        mirrored_graph(
            "Disk traffic",
            "Reads above the line, writes below it.",
            units.BytesPerSecondSI,
            {
                "{{node}} read": f"sum by (node) (rate(node_disk_read_bytes_total{NODES}[$__rate_interval]))",
                "{{node}} written": f"sum by (node) (rate(node_disk_written_bytes_total{NODES}[$__rate_interval]))",
            },
        ),
        percent_graph(
            "Disk busy",
            "Share of time that a disk has work to do.",
            {
                "{{node}} {{device}}": (
                    f"max by (node, device) (rate(node_disk_io_time_seconds_total{NODES}[$__rate_interval]))"
                )
            },
        ),
        Row("Network"),
        mirrored_graph(
            "Network traffic",
            "Received above the line, sent below it. Without the traffic inside the machine.",
            units.BytesPerSecondSI,
            {
                "{{node}} received": (
                    f"sum by (node) (rate(container_network_receive_bytes_total{OUTSIDE}[$__rate_interval]))"
                ),
                "{{node}} sent": (
                    f"sum by (node) (rate(container_network_transmit_bytes_total{OUTSIDE}[$__rate_interval]))"
                ),
            },
        ),
        graph(
            "Network errors",
            "Packets with errors, and packets dropped.",
            units.PacketsPerSecond,
            {
                "{{node}} errors": (
                    "sum by (node) "
                    f"(rate(container_network_receive_errors_total{OUTSIDE}[$__rate_interval]) "
                    f"+ rate(container_network_transmit_errors_total{OUTSIDE}[$__rate_interval]))"
                ),
                "{{node}} dropped": (
                    "sum by (node) "
                    f"(rate(container_network_receive_packets_dropped_total{OUTSIDE}[$__rate_interval]) "
                    f"+ rate(container_network_transmit_packets_dropped_total{OUTSIDE}[$__rate_interval]))"
                ),
            },
        ),
    ]
