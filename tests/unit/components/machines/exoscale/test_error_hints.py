"""components/machines/exoscale/error_hints.py: a hint follows an error of Exoscale."""

from components.machines.error_hints import error_hint
from components.machines.exoscale.error_hints import HINTS as EXOSCALE_HINTS

# What Exoscale or its plugin says, and how the hint begins.
HINTS = [
    ("ListZones: http response: Forbidden: Invalid request signature", "Exoscale does not take the API key: give"),
    (
        'Post "https://api-ch-gva-2.exoscale.com/v2/ssh-key": invalid request: Invalid request signature',
        "Exoscale do",
    ),
    (
        "unable to change exoscale client zone: list zones: Forbidden: Invalid request signature",
        "Exoscale does not",
    ),
    (
        "CreateInstance: http response: Forbidden: Forbidden by role policy for compute",
        "Exoscale does not take the",
    ),
    (
        "DeleteInstance: http response: Forbidden: Operation delete-instance is forbidden - reason: manual "
        "instance protection is enabled",
        "Exoscale keeps machines that are protected",
    ),
    (
        "DeleteInstance: http response: Forbidden: Instance is protected",
        "Exoscale keeps machines that are protecte",
    ),
    (
        'find zone: "ch-abc-1" not found in ListZonesResponse: Not Found',
        "Exoscale has no such zone: set machines.z",
    ),
    (
        'Post "https://api-ch-abc-1.exoscale.com/v2/elastic-ip": giving up after 5 attempt(s): dial tcp: lookup '
        "api-ch-abc-1.exoscale.com on 192.0.2.53:53: no such host",
        "there is no api-ch-abc-1.exoscale.com: if Exoscale has no zone ch-abc-1, set machines.zone",
    ),
    ("dial tcp 203.0.113.7:443: i/o timeout", "Exoscale's API does not answer this computer"),
    (
        'Attribute zone value must be one of: ["ch-gva-2" "ch-dk-2"], got: "ch-abc-1"',
        "Exoscale has no such zone: set machines.zone",
    ),
    (
        "CreateInstance: http response: Not Found: template '5f4d2c1e in zone ch-gva-2' not found",
        "the zone has no template of that id: `make",
    ),
    ("unable to retrieve instance type: Not Found", "Exoscale has no such type of instances"),
    (
        "unable to parse attached instance ID: AttachBlockStorageVolumeToInstance: http response: Conflict: x",
        "Exoscale has not attached a volume to this machine, and no later update tries it again",
    ),
    ("unable to scale down the disk size, use size > 50", "disks of machines only grow: give disk_gib"),
    ("invalid request: an SSH key named 'nuvla-swarm-dev' exists already", "Exoscale has something of that name"),
    ("invalid request: security group 5b is in use by instance other", "something outside of this stack uses"),
    ("Instance quota exceeded", "a limit of the account is reached"),
    (
        "DeleteInstance: http response: Not Found: Instance not found",
        "Exoscale does not have something that the st",
    ),
    (
        'Delete "https://api-ch-gva-2.exoscale.com/v2/ssh-key/a": resource not found',
        "Exoscale does not have someth",
    ),
]


def test_exoscale_error_gets_a_hint() -> None:
    found = {error: error_hint([error], EXOSCALE_HINTS) or "" for error, _ in HINTS}
    assert {error: found[error] for error, start in HINTS if not found[error].startswith(start)} == {}


def test_unknown_exoscale_error_gets_no_hint() -> None:
    errors = ["API error: Service Unavailable", "context deadline exceeded", "urn:pulumi:protected::a", ""]
    assert [error for error in errors if error_hint([error], EXOSCALE_HINTS) is not None] == []
