"""Steps of a walk that change settings: for what an infrastructure can become, and for what it must not."""

from typing import Any

from tests.e2e.networks import DEFAULT_POOL, ELSEWHERE
from tests.e2e.walk import APP, Expected, NotNowError, Step, Walk
from tests.settings.bases import TARGET
from tests.settings.table import CHANGES

# Of everything that has another value in the tables of the settings, what these machines can have.
SECTIONS = (
    *("traefik.log_level", "traefik.access_log", "traefik.memory", "traefik.self_signed_days"),
    *("engine.log", "engine.address_pools", "engine.certificate", "engine.server", "engine.client"),
    *("firewall.nuvla", "firewall.ephemeral", "firewall.expose_swarm_port_to_nuvla"),
    *("monitoring.prometheus", "monitoring.grafana", "monitoring.alertmanager.memory", "monitoring.exporters"),
    *("nfs.access", "s3.port", "s3.memory", "volumes.retain_on_destroy"),
)


def another_value(walk: Walk) -> Expected:
    """Any setting gets its other value, or the one of before."""
    change = walk.chance.choice(
        [
            one
            for one in CHANGES
            if one.base is TARGET and not one.also and not one.secrets and one.setting.startswith(SECTIONS)
        ]
    )
    document = walk.settings()
    section, *steps = change.path.split(".")
    place = document.setdefault(section, {})
    for step in steps[:-1]:
        place = place.setdefault(step, {})
    if place.get(steps[-1]) == change.value:
        del place[steps[-1]]
        value: Any = "its default"
    else:
        place[steps[-1]] = value = change.value
    walk.made.set(section, document[section])
    return Expected(f"{change.path} is {value}")


def switched(walk: Walk) -> Expected:
    """A service is switched on or off."""
    name = walk.chance.choice(["monitoring", "nfs", "s3"])
    on = not walk.get(f"{name}.enabled", True)
    if name == "s3" and on and not walk.get("nfs.enabled", True):
        raise NotNowError
    if name == "nfs" and not on and walk.get("s3.enabled", True):
        raise NotNowError
    walk.made.set(f"{name}.enabled", on)
    return Expected(f"{name}.enabled is {on}")


def labels(walk: Walk) -> Expected:
    """A pool gets other labels."""
    pool = walk.chance.choice(sorted(walk.pools()))
    value = {f"disk-{walk.chance.randrange(3)}": walk.chance.choice(["ssd", "spinning"])}
    walk.made.set(f"machines.pools.{pool}.labels", value)
    return Expected(f"labels of {pool} are {value}")


def availability(walk: Walk) -> Expected:
    """Workers are left, or used again, but those with data; the managers are there for the application."""
    with_data = {str(walk.get(path)).rpartition("-")[0] for path in ("nfs.machine", "monitoring.machine")}
    pools = [name for name, pool in walk.pools().items() if pool["role"] == "worker" and name not in with_data]
    if not pools:
        raise NotNowError
    pool = walk.chance.choice(sorted(pools))
    now = walk.pools()[pool].get("availability", "active")
    other = walk.chance.choice([one for one in ("active", "pause", "drain") if one != now])
    walk.made.set(f"machines.pools.{pool}.availability", other)
    return Expected(f"{pool} is {other}")


def sources(walk: Walk) -> Expected:
    """More users, or operators, are let in."""
    who = walk.chance.choice(["management", "users"])
    here = walk.get("firewall.management")[-1]
    more = [f"192.0.2.{walk.chance.randrange(0, 250, 8)}/29"] if walk.chance.random() < 0.7 else []
    walk.made.set(f"firewall.{who}", [*more, here])
    return Expected(f"firewall.{who} is {[*more, here]}")


def operators_label(walk: Walk) -> Expected:
    """An operator labels a node: it stays."""
    machine = walk.chance.choice(walk.machines())
    walk.labels[machine] = walk.chance.choice(["red", "green"])
    walk.docker("node", "update", "--label-add", f"walk={walk.labels[machine]}", walk.hostname.format(machine))
    return Expected(f"{machine} is labelled by hand")


def _set(path: str, value: Any, words: str) -> Step:
    def step(walk: Walk) -> Expected:
        walk.made.set(path, value)
        return Expected(f"{path} is {value}, which is refused", words)

    return step


def other_entry_of_before(walk: Walk) -> Expected:
    """Managers under another name, so that nobody whom the swarm knows would be left."""
    pools = walk.pools()
    managers = next(name for name, pool in pools.items() if pool["role"] == "manager" and walk.entry.startswith(name))
    walk.made.set("machines.pools", {"boss" if name == managers else name: pool for name, pool in pools.items()})
    for path in ("swarm.api_manager", "monitoring.machine", "nfs.machine"):
        walk.made.set(path, str(walk.get(path)).replace(f"{managers}-", "boss-"))
    return Expected(f"the pool {managers} is renamed", r"swarm\.api_manager: .*not in the swarm|the host .* but is")


def unnamed_entry(walk: Walk) -> Expected:
    """A second pool of managers, and nobody says which manager is the entry."""
    pools = walk.pools()
    document = walk.settings()
    if "hosts" in next(iter(pools.values())):
        raise NotNowError
    walk.made.set("machines.pools", {"another": {"role": "manager", "count": 2}, **pools})
    walk.made.set("swarm", {key: value for key, value in document["swarm"].items() if key != "api_manager"})
    return Expected("a pool of managers, without an entry", r"swarm\.api_manager: not given")


def no_such_machine(walk: Walk) -> Expected:
    """Somebody who is not there shall be the entry, have files, or be lost."""
    path, value = walk.chance.choice(
        [
            ("swarm.api_manager", "nobody-1"),
            ("nfs.machine", "nobody-1"),
            ("monitoring.machine", "nobody-1"),
            ("machines.lost", ["nobody-1"]),
        ]
    )
    walk.made.set(path, value)
    return Expected(f"{path} is {value}", 'nobody-1"? given')


VALID: list[Step] = [
    another_value,
    another_value,
    another_value,
    switched,
    labels,
    availability,
    sources,
    operators_label,
]


def refused() -> list[Step]:
    """What no infrastructure can become, wherever its machines are."""
    in_use = f"traefik-public: would have to be removed, but is in use by service {APP}"
    own_label = {"role": "worker", "labels": {"nuvla-swarm.given": "x"}}
    return [
        other_entry_of_before,
        unnamed_entry,
        no_such_machine,
        _set("swarm.address_pools", [ELSEWHERE], r"swarm\.address_pools: "),
        _set("swarm.public_network.name", "front", in_use),
        _set("swarm.public_network.name", "ingress", r"swarm\.public_network\.name: "),
        _set("swarm.public_network.attachable", True, in_use),
        _set("swarm.subnet_prefix", 29, r"swarm\.(subnet_prefix|address_pools): "),
        _set("traefik.log_level", "LOUD", r"traefik\.log_level: "),
        _set("engine.address_pools", [{"base": DEFAULT_POOL}], r"(engine|swarm)\.address_pools\[0\]"),
        _set("nfs.nowhere", 1, r"nfs\.nowhere: "),
        _set("machines.pools.another", own_label, r"machines\.pools\.another"),
    ]
