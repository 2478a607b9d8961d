"""Dashboard "NFS and S3": the disk of a target's shared files, and their use over NFS and S3."""

from grafana_foundation_sdk.builders.dashboard import Row
from grafana_foundation_sdk.models import units

from components.dashboards.base import Parts, base_dashboard
from components.dashboards.encoding import encode
from components.dashboards.fields import CORES, ERRORS, FULL, GREEN_FROM_1
from components.dashboards.graphs import graph, mirrored_graph, percent_graph
from components.dashboards.panels import stat

NFS_ROOT = '{mountpoint="/nfs-root", node=~"$node"}'


def dashboard() -> str:
    """Return the JSON of the dashboard."""
    return encode(
        base_dashboard(
            "nuvla-nfs-s3",
            "NFS and S3",
            "The files of the target: their disk, and the two ways to them.",
            ["nfs", "s3"],
            _parts(),
        )
    )


def _parts() -> Parts:
    return [
        stat(
            "NFS",
            "Whether the NFS server accepts connections.",
            units.Short,
            'min(probe_success{job="nfs"})',
            thresholds=GREEN_FROM_1,
            texts=["down", "answers"],
        ),
        stat(
            "S3",
            "Whether the health page of S3 answers through Traefik.",
            units.Short,
            'min(probe_success{job="s3"})',
            thresholds=GREEN_FROM_1,
            texts=["down", "answers"],
        ),
        stat(
            "Disk used",
            "Share of the disk of /nfs-root.",
            units.PercentUnit,
            f"max(1 - node_filesystem_avail_bytes{NFS_ROOT} "
            "/ (node_filesystem_size_bytes - node_filesystem_free_bytes + node_filesystem_avail_bytes))",
            thresholds=FULL,
        ).decimals(0),
        stat("Disk free", "What files can still take.", units.BytesIEC, f"min(node_filesystem_avail_bytes{NFS_ROOT})"),
        stat(
            "S3 requests",
            "Requests of users and of the health probe.",
            units.RequestsPerSecond,
            "sum(rate(s3_requests_total[$__rate_interval]))",
            sparkline=True,
        ).decimals(2),
        stat(
            "S3 errors",
            "Share of the answers that are 5xx, over the last hour.",
            units.PercentUnit,
            '(sum(increase(s3_requests_total{code=~"5.."}[1h])) or vector(0)) '
            "/ (sum(increase(s3_requests_total[1h])) > 0) or vector(0)",
            thresholds=ERRORS,
        ).decimals(1),
        Row("Disk of /nfs-root"),
        graph(
            "Space",
            "What files take, and what they can still take.",
            units.BytesIEC,
            {
                "{{node}} used": f"node_filesystem_size_bytes{NFS_ROOT} - node_filesystem_free_bytes{NFS_ROOT}",
                "{{node}} free": f"node_filesystem_avail_bytes{NFS_ROOT}",
            },
            stacked=True,
        ),
        mirrored_graph(
            "Disk traffic",
            "Of all disks of the machine that has /nfs-root. Read above the line, written below it.",
            units.BytesPerSecondSI,
            {
                "{{node}} read": (
                    'sum by (node) (rate(node_disk_read_bytes_total{node=~"$node"}[$__rate_interval]) '
                    'and on (node) node_filesystem_size_bytes{mountpoint="/nfs-root"})'
                ),
                "{{node}} written": (
                    'sum by (node) (rate(node_disk_written_bytes_total{node=~"$node"}[$__rate_interval]) '
                    'and on (node) node_filesystem_size_bytes{mountpoint="/nfs-root"})'
                ),
            },
        ),
        Row("Availability"),
        percent_graph(
            "Answers to probes",
            "Share of the probes of the last 5 minutes that were answered.",
            {"NFS": 'avg_over_time(probe_success{job="nfs"}[5m])', "S3": 'avg_over_time(probe_success{job="s3"}[5m])'},
        ),
        graph(
            "Time of a probe",
            "From the machine of Prometheus.",
            units.Seconds,
            {"NFS": 'probe_duration_seconds{job="nfs"}', "S3": 'probe_duration_seconds{job="s3"}'},
        ),
        Row("S3"),
        graph(
            "Requests by method",
            "Of users and of the health probe.",
            units.RequestsPerSecond,
            {"{{method}}": "sum by (method) (rate(s3_requests_total[$__rate_interval]))"},
        ),
        graph(
            "Answers by status",
            "4xx are mostly wrong keys, or objects that do not exist.",
            units.RequestsPerSecond,
            {"{{code}}": "sum by (code) (rate(s3_requests_total[$__rate_interval]))"},
            stacked=True,
        ),
        mirrored_graph(
            "Traffic",
            "Put above the line, got below it.",
            units.BytesPerSecondSI,
            {
                "put": "sum(rate(s3_request_bytes_total[$__rate_interval]))",
                "got": "sum(rate(s3_response_bytes_total[$__rate_interval]))",
            },
        ),
        graph(
            "Time of an answer",
            "Half of the answers, and 95 % of them, come within this time.",
            units.Seconds,
            {
                "half": (
                    "histogram_quantile(0.5, sum by (le) (rate(s3_request_duration_seconds_bucket[$__rate_interval])))"
                ),
                "95 %": (
                    "histogram_quantile(0.95, sum by (le) (rate(s3_request_duration_seconds_bucket[$__rate_interval])))"
                ),
            },
        ),
        graph(
            "CPU of S3",
            "In cores.",
            CORES,
            {
                "{{node}}": (
                    "sum by (node) "
                    '(rate(container_cpu_usage_seconds_total{service="s3", node=~"$node"}[$__rate_interval]))'
                )
            },
        ),
        graph(
            "Memory of S3",
            "Without caches that can be dropped.",
            units.BytesIEC,
            {"{{node}}": 'sum by (node) (container_memory_working_set_bytes{service="s3", node=~"$node"})'},
        ),
    ]
