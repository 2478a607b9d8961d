"""The users that monitoring's services run as.

Each service runs as a user of its own: node-exporter sees the processes of its machine, and may read what those of its
own user are given in secret. The numbers are ones that neither Debian nor systemd gives to anybody.
"""

USERS = {
    "node-exporter": "65521",
    "prometheus": "65522",
    "alertmanager": "65523",
    "blackbox": "65524",
    "elasticsearch-exporter": "65525",
    "grafana": "472",  # that of its image
}
NOBODY = "65534"  # who earlier versions ran as


def owner(service: str) -> str:
    """Return "<uid>:<gid>" of the files of a service."""
    return f"{USERS[service]}:{USERS[service]}"
