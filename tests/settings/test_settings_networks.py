"""Names of networks and machines, and room for networks and addresses: refused with one line, or as they should be."""

from ipaddress import IPv4Network
from random import Random
from typing import Any

from stacks import networks
from stacks.config.settings import Settings
from tests.settings.loading import refusals, taken
from tests.support.configs import HOST_KEY, changed, existing, exoscale, host, target

DOCKERS = ("bridge", "default", "docker_gwbridge", "host", "ingress", "none")
OURS = ("docker-api", "monitoring", "nuvla-swarm-web", "traefik-sharing")
SEEDS = range(40)


def test_network_names_of_docker_and_of_the_program_are_refused() -> None:
    wrong = {}
    for setting in ("swarm.public_network.name", "swarm.backend_network"):
        for name in (*DOCKERS, *OURS):
            lines = refusals(changed(host(), setting, name))
            if len(lines) != 1 or not lines[0].startswith(f'{setting}: "{name}" given; allowed: '):
                wrong[f"{setting}: {name}"] = lines
    assert wrong == {}


def random_name(random: Random) -> str:
    """Some name, more often than not near one that is refused."""
    known = [*DOCKERS, *OURS, "traefik-public", "nuvla-backend"]
    name = random.choice(known) if random.random() < 0.5 else random.choice("abh9_-") * random.randint(0, 32)
    if random.random() < 0.3:
        place = random.randrange(len(name) + 1)
        name = name[:place] + random.choice("a-_.A/ 7\n") + name[place:]
    return name


def test_network_names_are_refused_with_one_line_or_are_free() -> None:
    """Docker finds another network by a name that is taken, or takes it for something else than a name."""
    for seed in SEEDS:
        random = Random(seed)
        for _ in range(25):
            name = random_name(random)
            told = refusals(changed(host(), "swarm.public_network.name", name))
            assert len(told) <= 1, (seed, name, told)
            free = name not in (*DOCKERS, *OURS, "nuvla-backend")
            plain = bool(name) and name[0].isalpha() and name.lower() == name and name.replace("-", "").isalnum()
            assert bool(told) or (free and plain and name.isascii()), (seed, name)


def hosts(pools: dict[str, list[str]]) -> dict[str, Any]:
    """Existing machines of pools with hosts of these names; the first pool has the one manager."""
    document, number = existing(), 0
    made: dict[str, Any] = {}
    for pool, members in pools.items():
        made[pool] = {"role": "worker", "hosts": {}}
        for member in members:
            number += 1
            made[pool]["hosts"][member] = {"address": f"198.51.100.{number}", "host_key": HOST_KEY}
    made["boss"] = {"role": "manager", "hosts": {"0": {"address": "198.51.100.250", "host_key": HOST_KEY}}}
    return changed(document, "machines.pools", made)


def test_two_hosts_of_one_machine_name_are_refused() -> None:
    assert refusals(hosts({"worker": ["gpu-1"], "worker-gpu": ["1"]})) == [
        "machines.pools.worker-gpu: machine worker-gpu-1 given, as by pool `worker`; "
        "allowed: another name for the pool, or for the host in it"
    ]


def random_pools(random: Random) -> dict[str, list[str]]:
    """Some pools of hosts, of few different parts of names."""
    parts = ["a", "b", "1", "a-1", "gpu"]
    pools: dict[str, list[str]] = {}
    for _ in range(random.randint(1, 4)):
        pool = "-".join(["a", *(random.choice(parts) for _ in range(random.randint(0, 2)))])
        pools[pool] = ["-".join(random.choices(parts, k=random.randint(1, 2))) for _ in range(random.randint(1, 3))]
    return pools


def test_pools_are_refused_with_a_line_for_each_machine_name_that_is_taken() -> None:
    for seed in SEEDS:
        random = Random(seed)
        for _ in range(10):
            pools = random_pools(random)
            document = hosts(pools)
            machines = [
                f"{pool}-{host}" for pool, named in document["machines"]["pools"].items() for host in named["hosts"]
            ]
            told = refusals(document)
            assert len(told) == len(machines) - len(set(machines)), (seed, pools, told)
            assert all("given, as by pool" in line for line in told), told


def test_counted_machines_never_share_a_name() -> None:
    """Their last part is a number alone."""
    pools = {name: {"role": "worker", "count": 3} for name in ("a", "a-1", "a-1-1", "a-", "a--1")}
    document = changed(exoscale(), "machines.pools", {"boss": {"role": "manager"}} | pools)
    machines = taken(document).machines.names("manager", "worker")
    assert len(machines) == len(set(machines)) == 16


def test_default_ranges_hold_the_networks_and_addresses_of_a_thousand_deployments() -> None:
    for document in (target(), host()):
        settings = taken(document)
        assert networks.deployments(settings) >= 1000
        assert networks.total(settings) >= 1000 + 2 * len(networks.own(settings))


def test_default_ranges_hold_hundreds_of_machines() -> None:
    pools: dict[str, Any] = {f"p{number}": {"role": "worker", "count": 60} for number in range(3)}
    document = changed(exoscale(), "machines.pools", {"boss": {"role": "manager", "count": 3}} | pools)
    assert len(taken(document).machines.names("manager", "worker")) == 183


def test_network_that_is_too_small_for_the_machines_is_refused_with_what_is_needed() -> None:
    small = {"address_pools": ["10.201.0.0/20"], "subnet_prefix": 28}
    assert refusals(target(swarm=small)) == [
        "swarm.subnet_prefix: 28 given; allowed: at most 27, "
        "as with 3 machines network monitoring needs 21 addresses, and has 13"
    ]
    grown = {"address_pools": ["10.201.0.0/19"], "subnet_prefix": 27}
    assert taken(target(swarm=grown, workers=2))
    (line,) = refusals(target(swarm=grown, workers=8))
    assert line.startswith("swarm.subnet_prefix: 27 given; allowed: at most 26, as with 9 machines network monitoring")
    ingress = {"subnet_prefix": 28}  # networks of the program are larger than that, but not Docker's own
    (line,) = refusals(target(swarm=ingress, workers=13))
    assert line.endswith("as with 14 machines network ingress needs 14 addresses, and has 13")


def test_too_few_networks_are_refused_with_the_number_that_is_needed() -> None:
    assert refusals(target(swarm={"address_pools": ["10.201.0.0/24"]})) == [
        "swarm.address_pools: 10.201.0.0/24 given; allowed: room for 6 networks of /24 at least "
        "(ingress, traefik-public, nuvla-swarm-web, docker-api, monitoring, one of an application), "
        "and here is room for 1"
    ]
    assert taken(target(swarm={"address_pools": ["10.201.0.0/23", "10.202.0.0/23", "10.203.0.0/23"]}))


def test_address_pools_are_refused_or_hold_what_the_machines_need() -> None:
    for seed in SEEDS:
        random = Random(seed)
        for _ in range(10):
            length = random.randint(12, 24)
            prefix = random.randint(max(16, length), 28)
            workers = random.randint(0, 60)
            pool = IPv4Network(((172 << 24) | (16 << 20), length))
            document = target(workers=workers, swarm={"address_pools": [str(pool)], "subnet_prefix": prefix})
            told = refusals(document)
            case = (seed, str(pool), prefix, workers, told)
            assert len(told) <= 2, case
            assert all(line.startswith("swarm.") for line in told), case
            if not told:
                hold(taken(document), pool, prefix, workers, case)


def hold(settings: Settings, pool: IPv4Network, prefix: int, workers: int, case: object) -> None:
    """By an independent count: the gateway, an address for each machine and two for its tasks, and six others."""
    subnets = [subnet for name in networks.own(settings) if (subnet := networks.subnet(settings, name))]
    assert all(subnet.subnet_of(pool) for subnet in subnets), case
    assert len(set(subnets)) == len(subnets), case
    addresses = subnets[0].num_addresses if subnets else 2 ** (32 - prefix)
    assert addresses - 3 >= 3 * (workers + 1) + 6, case
    assert 2 ** (32 - prefix) - 3 >= workers + 1, case
    assert 2 ** (prefix - pool.prefixlen) >= 6, case


def test_ephemeral_range_of_a_host_leaves_the_ports_of_the_machines_out() -> None:
    for first in (1024, 2378):
        (line,) = refusals(changed(host(), "firewall.ephemeral.first", first))
        assert line.startswith(f"firewall.ephemeral: {first} to 60999 given; allowed: a range without ")
        assert "7946 (swarm)" in line
        assert "nfs" not in line
    for first in (9324, 32768):
        assert taken(changed(host(), "firewall.ephemeral.first", first))


def test_virtual_ip_is_an_address_that_no_local_machine_can_have() -> None:
    for address in ("10.77.0.0", "10.77.0.1", "10.77.0.64", "192.0.2.9"):
        assert refusals(changed(target(managers=3), "machines.virtual_ip", address)) == [
            f"machines.virtual_ip: {address} given; allowed: 10.77.0.2 to 10.77.0.63, which no machine has"
        ]


def test_virtual_ip_needs_managers_between_which_it_moves() -> None:
    assert refusals(changed(target(managers=1), "machines.virtual_ip", "10.77.0.9")) == [
        "machines.virtual_ip: 10.77.0.9 given beside one manager; allowed: with 3, 5 or 7 managers, between which it "
        "moves"
    ]


def test_virtual_ip_is_no_address_of_a_host_or_of_containers() -> None:
    hosts = {
        str(number): {"address": f"198.51.100.{number}", "host_key": f"{HOST_KEY}{number}"} for number in (1, 2, 3)
    }
    document = changed(existing(), "machines.pools.manager.hosts", hosts)
    assert refusals(changed(document, "machines.virtual_ip", "198.51.100.2")) == [
        "machines.virtual_ip: 198.51.100.2 given, that of manager-2; allowed: an address of no host"
    ]
    assert refusals(changed(document, "machines.virtual_ip", "10.200.0.9")) == [
        "engine.address_pools[0].base: 10.200.0.0/16 (the default); allowed: a network without machines.virtual_ip, "
        "10.200.0.9"
    ]
    assert refusals(changed(document, "machines.virtual_ip", "198.51.100.99")) == []


def test_machines_on_exoscale_have_no_virtual_ip() -> None:
    lines = refusals(changed(exoscale(), "machines.virtual_ip", "10.77.0.9"))
    assert [line.partition(":")[0] for line in lines] == ["machines.virtual_ip"]
