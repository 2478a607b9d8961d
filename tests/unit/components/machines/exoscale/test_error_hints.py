"""components/machines/exoscale/error_hints.py: a hint follows an error of Exoscale."""

from components.machines.error_hints import error_hint
from components.machines.exoscale.error_hints import HINTS as EXOSCALE_HINTS
from components.machines.exoscale.error_hints import SSH_HINTS
from tests.support.checkout import CHECKOUT

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
        "Exoscale does not delete protected machines",
    ),
    (
        "DeleteInstance: http response: Forbidden: Instance is protected",
        "Exoscale does not delete protected machi",
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
    (
        'Get "https://api-ch-gva-2.exoscale.com/v2/zone": proxyconnect tcp: dial tcp 192.0.2.9:3128: connect: '
        "connection refused",
        "the proxy of HTTPS_PROXY lets no request through to Exoscale's API (proxyconnect tcp: dial tcp "
        "192.0.2.9:3128: connect: connection refused): correct HTTPS_PROXY, or add .exoscale.com to NO_PROXY",
    ),
    (
        'Post "https://api-ch-gva-2.exoscale.com/v2/instance": giving up after 5 attempt(s): proxyconnect tcp: '
        "dial tcp: lookup proxy.example.org: no such host",
        "the proxy of HTTPS_PROXY lets no request through to Exoscale's API (proxyconnect tcp: dial tcp: lookup proxy.",
    ),
    (
        'Get "https://api-ch-gva-2.exoscale.com/v2/zone": proxyconnect tcp: tls: first record does not look like a TLS '
        "handshake",
        "the proxy of HTTPS_PROXY lets no request through to Exoscale's API (proxyconnect tcp: tls: first record",
    ),
    (
        'Get "https://api-ch-gva-2.exoscale.com/v2/zone": Proxy Authentication Required',
        "the proxy of HTTPS_PROXY lets no request through to Exoscale's API (Proxy Authentication Required)",
    ),
    (
        '* Get "https://api-ch-gva-2.exoscale.com/v2/zone": Forbidden\n\n',
        "the proxy of HTTPS_PROXY lets no request through to Exoscale's API (Forbidden)",
    ),
    ("dial tcp 203.0.113.7:443: i/o timeout", "Exoscale's API does not answer: check the network of this computer"),
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
    (
        "invalid request: security group 5b is in use by instance other",
        "Exoscale still uses what is to be removed: run this again",
    ),
    ("Instance quota exceeded", "a limit of the account is reached (Instance quota exceeded): raise it"),
    (
        'Post "https://api-ch-gva-2.exoscale.com/v2/instance": invalid request: Limit of 20 instances reached',
        "a limit of the account is reached (Limit of 20 instances reached): raise it in the portal",
    ),
    (
        "CreateInstance: http response: Forbidden: Quota of 5 block storage volumes is used up",
        "a limit of the account is reached (Quota of 5 block storage volumes is used up): raise it",
    ),
    (
        "Maximum number of resources of type 'public_ip' for account 'ops' has been exceeded",
        "a limit of the account is reached (Maximum number of resources of type 'public_ip' for account 'ops' has ",
    ),
    ("ListZones: http response: Too Many Requests: rate limit exceeded", "Exoscale's API refuses more requests"),
    ("CreateInstance: http response: Payment Required: no credits", "the Exoscale organization has no credit"),
    ("ListZones: http response: Too Many Requests: slow down", "Exoscale's API refuses more requests for now"),
    ("UpdateInstance: http response: Conflict: busy", "Exoscale is still busy with an earlier operation on this"),
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


def test_each_exoscale_hint_has_an_error_in_this_test() -> None:
    found = {(error_hint([error], EXOSCALE_HINTS) or "").partition("(")[0] for error, _ in HINTS}
    texts = {text.partition("(")[0] for _, text in EXOSCALE_HINTS}
    assert len(found) == len(texts)


def test_name_that_is_taken_may_be_of_a_state_that_is_elsewhere() -> None:
    for error in ("an SSH key named 'nuvla-swarm-dev' exists already", "security-group name already exists"):
        hint = error_hint([error], EXOSCALE_HINTS) or ""
        assert (
            "of another checkout with a stack of the same name (run `make down` there, or choose another name" in hint
        )
        assert "; of this stack, whose state is lost or elsewhere (PULUMI_BACKEND_URL; docs/02-exoscale.md)" in hint
    assert (CHECKOUT / "docs/02-exoscale.md").is_file()


def test_unknown_exoscale_error_gets_no_hint() -> None:
    errors = ["API error: Service Unavailable", "context deadline exceeded", "urn:pulumi:protected::a", ""]
    assert [error for error in errors if error_hint([error], EXOSCALE_HINTS) is not None] == []


SSH_ERRORS = [
    ("dial unix /tmp/ssh-1/agent.2: connect: no such file or directory", "SSH_AUTH_SOCK is /tmp/ssh-1/agent.2, and no"),
    (
        "after 10 failed attempts: dial tcp 194.0.2.1:22: i/o timeout",
        "a machine does not answer SSH: is this computer's",
    ),
    ("context deadline exceeded", "a machine does not answer SSH: is this computer's public address"),
    (
        "ssh: handshake failed: ssh: unable to authenticate, attempted methods [none publickey]",
        "a machine does not let",
    ),
    (
        "ssh: handshake failed: ssh: host key mismatch",
        "a machine shows another host key than the one that this program",
    ),
]


def test_ssh_error_gets_a_hint_and_that_of_a_script_gets_none() -> None:
    found = {error: error_hint([error], SSH_HINTS) or "" for error, _ in SSH_ERRORS}
    assert {error: found[error] for error, start in SSH_ERRORS if not found[error].startswith(start)} == {}
    assert error_hint(["manager-1: is not ready after 60 s"], SSH_HINTS) is None
