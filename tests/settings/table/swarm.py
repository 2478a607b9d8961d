"""Rows of the settings of the swarm."""

from tests.settings.bases import API_MANAGER, HOST
from tests.settings.rows import Bad, Change, Row, Values, refused
from tests.settings.values import LIST, NAME, NETWORK, TEXT, section, switch, whole

INIT = ("swarm", "swarm-init")
OTHER_NAME = 'name: "nuvla-backend" => "backend"'
PUBLIC_NETWORK = ("public-network", "public-network-network")

ROWS = [
    section("swarm"),
    Row(
        API_MANAGER,
        Values(["manager-1"], [*refused("one of manager-1", "worker-1", "manager-2"), Bad(1, TEXT)]),
        Change(
            "manager-2",
            *INIT,
            'entry: "manager-1" => "manager-2"',
            'update: "bash -s -- continue # manager-1-disk-*" => "bash -s -- continue # manager-2-disk-*"',
            also={"machines.pools.manager.count": 3},
            not_previewed="an update works through the one manager there is until others have joined",
        ),
        formerly=["swarm.entry"],
    ),
    Row(
        "swarm.address_pools",
        Values(
            [["10.8.0.0/16"], ["10.8.0.0/16", "10.9.0.0/16"]],
            [Bad([], "a list of at least 1"), Bad("10.8.0.0/16", LIST), Bad(["10.8.0.0/16", "x"], NETWORK, "[1]", "x")],
        ),
        Change(
            ["10.211.0.0/16"],
            *INIT,
            'address_pools[0]: "10.224.0.0/12" => "10.211.0.0/16"',
            "+ stdin: export ADDRESS_POOLS=10.211.0.0/16",
            refused="10.211.0.0/16 given; a swarm keeps its first ranges; allowed: 10.224.0.0/12, or another stack",
        ),
    ),
    Row(
        "swarm.subnet_prefix",
        whole(16, 28),
        Change(
            25,
            *INIT,
            "subnet_prefix: 24 => 25",
            "+ stdin: export SUBNET_PREFIX=25",
            refused="25 given; a swarm keeps its first ranges; allowed: 24, or another stack",
        ),
    ),
    Row(
        "swarm.token_generation",
        whole(1),
        Change(
            2,
            "swarm-tokens",
            "swarm-tokens-rotated",
            "+ generation: 2",
            'update: "*" => "* # generation-2"',
            together="tokens",
        ),
    ),
    section("swarm.public_network"),
    Row(
        "swarm.public_network.name",
        Values(["a", "a" * 31], refused(NAME, "A", "a" * 32, "", "a_b")),
        Change("front", *PUBLIC_NETWORK, 'name: "traefik-public" => "front"', 'name: "traefik-public" => "front"'),
    ),
    Row(
        "swarm.public_network.attachable",
        switch(),
        Change(True, *PUBLIC_NETWORK, "attachable: false => true", "attachable: false => true"),
    ),
    Row(
        "swarm.backend_network",
        Values(["a", "nuvla-backend"], [*refused(NAME, "A", ""), Bad(1, TEXT)], base=HOST),
        Change("backend", "backend-network", "backend-network-network", OTHER_NAME, OTHER_NAME, base=HOST),
    ),
]
