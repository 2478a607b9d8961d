"""User ids of monitoring's services.

Each service has a different user: node-exporter sees the processes of its machine, and could read the secrets of
processes of its own user. Neither Debian nor systemd assigns these numbers.
"""

USERS = {
    "node-exporter": "65521",
    "prometheus": "65522",
    "alertmanager": "65523",
    "blackbox": "65524",
    "elasticsearch-exporter": "65525",
    "grafana": "472",  # the user of its image
}
NOBODY = "65534"  # the user of earlier versions


def owner(service: str) -> str:
    """Return the owner of a service's files, "<uid>:<gid>"."""
    return f"{USERS[service]}:{USERS[service]}"
