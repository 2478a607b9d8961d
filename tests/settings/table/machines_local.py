"""Rows of the settings of local machines alone."""

from tests.settings.rows import NEW, Bad, Change, Row, Values, refused
from tests.settings.values import DIGEST, IMAGE, NETWORK, TEXT, WHOLE, switch, whole

PUBLIC_KEY = "a public SSH key"

ROWS = [
    Row(
        "machines.subnet",
        Values(
            ["10.0.0.0/16", "192.168.7.0/24"],
            [
                *refused("a network from /16 to /24", "10.0.0.0/15", "10.0.0.0/25"),
                *refused(NETWORK, "10.0.0.1/16", "10.0.0.0/33", "nonsense", "fd00::/16"),
            ],
            also={"firewall.management": ["10.0.0.1/32", "192.168.7.1/32", "10.77.0.1/32"]},
        ),
        Change(
            "10.78.0.0/16",
            "cluster",
            "cluster-network",
            'subnet: "10.77.0.0/16" => "10.78.0.0/16"',
            'ipamConfigs[0].subnet: "10.77.0.0/16" => "10.78.0.0/16"',
            also={"firewall.management": ["10.77.0.1/32", "10.78.0.1/32"]},
            refused="10.78.0.0/16 given; the machines of the swarm know each other by their addresses; "
            "allowed: 10.82.0.0/16, or another stack",
        ),
    ),
    Row(
        "machines.virtual_ip",
        Values(
            ["10.77.0.2", "10.77.0.63"],
            refused("an IPv4 address", "host", "10.77.0.256", "10.77.0.9/16", "fd00::9"),
            also={"machines.pools.manager.count": 3},
        ),
        Change(
            "10.77.0.9",
            "virtual-ip",
            "virtual-ip-manager-1",
            NEW,
            NEW,
            also={"machines.pools.manager.count": 3},
            not_previewed="the machines of that stack are in another subnet",
            together="virtual",
        ),
    ),
    Row(
        "machines.image",
        Values(
            ["a:1", f"a@{DIGEST}", "registry.example.org:5000/a/b:1.2-c"],
            [*refused(IMAGE, "a", "a@sha256:0", "a:1 b"), Bad(1, TEXT)],
        ),
        Change(
            "nuvla-swarm/machine:new",
            "cluster",
            "worker-1",
            'image: * => "nuvla-swarm/machine:new"',
            'image: * => "nuvla-swarm/machine:new"',
            together="machines",
        ),
    ),
    Row(
        "machines.privileged",
        switch(),
        Change(
            False,
            "cluster",
            "worker-1",
            "privileged: * => *",
            "*privileged: *",
            together="machines",
            otherwise=True,
        ),
    ),
    Row(
        "machines.ssh.public_key",
        Values(
            ["ssh-ed25519 AAAA", "ssh-rsa AAAA me@here"],
            [*refused(PUBLIC_KEY, "AAAA", "ssh-ed25519"), Bad(1, TEXT)],
        ),
        Change(
            "ssh-ed25519 BBBB",
            "cluster",
            "worker-1",
            '+ public_key: "ssh-ed25519 BBBB"',
            "uploads: [secret] => [secret]",
            also={"machines.ssh.public_key": "ssh-ed25519 AAAA"},
            secrets={"ssh_private_key": "KEY"},
            mocked=('public_key: "ssh-ed25519 AAAA" => "ssh-ed25519 BBBB"', "uploads: [secret] => [secret]"),
            together="ranges",
        ),
    ),
    Row(
        "machines.ssh.key_generation",
        whole(1),
        Change(
            2,
            "cluster",
            "cluster-login-key2",
            "+ login_key.generation: 2",
            NEW,
            refused="2 given; the program logs in with the key of generation 1, which opens all machines; that of 2 "
            "does not open manager-1, worker-1 yet; allowed: 1, or former_key_generation: 1 beside it, until "
            "`make up` has succeeded",
        ),
    ),
    Row(
        "machines.ssh.host_key_generation",
        whole(1),
        Change(2, "cluster", "worker-1-host-key2", "+ host_key_generation: 2", NEW, together="host-key"),
    ),
    Row(
        "machines.ssh.former_key_generation",
        Values(
            [1, 2, None],
            [Bad(3, "1 to 2, or none"), Bad(0, "at least 1"), Bad("1", WHOLE)],
            also={"machines.ssh.key_generation": 3},
        ),
        Change(
            1,
            "login-key",
            "worker-1-login-key2-proof",
            NEW,
            NEW,
            also={"machines.ssh.key_generation": 2},
            together="login-key",
        ),
    ),
]
