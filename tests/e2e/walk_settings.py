"""Steps of a walk that change settings: valid changes, and changes that the program refuses."""

from typing import Any

from tests.e2e.networks import PART_OF_OVERLAY_POOL, UNUSED_SUBNET
from tests.e2e.random_walk import APP, Expected, Step, StepNotPossibleError, Walk
from tests.settings.bases import TARGET
from tests.settings.table import CHANGES

# Settings with another value in tests/settings/table that these machines support.
CHANGED_SETTINGS = (
    *("traefik.log_level", "traefik.access_log", "traefik.memory", "traefik.self_signed_days"),
    *("engine.log", "engine.address_pools", "engine.certificate", "engine.server", "engine.client"),
    *("firewall.nuvla", "firewall.ephemeral", "firewall.expose_swarm_port_to_nuvla"),
    *("monitoring.prometheus", "monitoring.grafana", "monitoring.alertmanager.memory", "monitoring.exporters"),
    *("nfs.access", "s3.port", "s3.memory", "volumes.retain_on_destroy"),
)


def change_setting(walk: Walk) -> Expected:
    """Set a setting to its other value, or back to its default."""
    change = walk.rng.choice(
        [
            candidate
            for candidate in CHANGES
            if candidate.base is TARGET
            and not candidate.also
            and not candidate.secrets
            and candidate.setting.startswith(CHANGED_SETTINGS)
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
    walk.stack.set(section, document[section])
    return Expected(f"{change.path} is {value}")


def switch_service(walk: Walk) -> Expected:
    """Enable or disable a service."""
    name = walk.rng.choice(["monitoring", "nfs", "s3"])
    on = not walk.get(f"{name}.enabled", True)
    if name == "s3" and on and not walk.get("nfs.enabled", True):
        raise StepNotPossibleError
    if name == "nfs" and not on and walk.get("s3.enabled", True):
        raise StepNotPossibleError
    walk.stack.set(f"{name}.enabled", on)
    return Expected(f"{name}.enabled is {on}")


def change_pool_labels(walk: Walk) -> Expected:
    """Change the labels of a pool."""
    pool = walk.rng.choice(sorted(walk.pools()))
    value = {f"disk-{walk.rng.randrange(3)}": walk.rng.choice(["ssd", "spinning"])}
    walk.stack.set(f"machines.pools.{pool}.labels", value)
    return Expected(f"labels of {pool} are {value}")


def change_availability(walk: Walk) -> Expected:
    """Change the availability of workers without data; managers stay active, as the application needs them."""
    with_data = {str(walk.get(path)).rpartition("-")[0] for path in ("nfs.machine", "monitoring.machine")}
    pools = [name for name, pool in walk.pools().items() if pool["role"] == "worker" and name not in with_data]
    if not pools:
        raise StepNotPossibleError
    pool = walk.rng.choice(sorted(pools))
    now = walk.pools()[pool].get("availability", "active")
    other = walk.rng.choice([value for value in ("active", "pause", "drain") if value != now])
    walk.stack.set(f"machines.pools.{pool}.availability", other)
    return Expected(f"{pool} is {other}")


def change_firewall_sources(walk: Walk) -> Expected:
    """Change the networks of users or operators in the firewall."""
    group = walk.rng.choice(["management", "users"])
    this_computer = walk.get("firewall.management")[-1]
    network = [f"192.0.2.{walk.rng.randrange(0, 250, 8)}/29"] if walk.rng.random() < 0.7 else []
    walk.stack.set(f"firewall.{group}", [*network, this_computer])
    return Expected(f"firewall.{group} is {[*network, this_computer]}")


def label_node_by_hand(walk: Walk) -> Expected:
    """Label a node as its operator; the label has to stay."""
    machine = walk.rng.choice(walk.machines())
    walk.labels[machine] = walk.rng.choice(["red", "green"])
    walk.docker("node", "update", "--label-add", f"walk={walk.labels[machine]}", walk.hostname.format(machine))
    return Expected(f"{machine} is labelled by hand")


def _refused_value(path: str, value: Any, error: str) -> Step:
    def step(walk: Walk) -> Expected:
        walk.stack.set(path, value)
        return Expected(f"{path} is {value}, which is refused", error)

    return step


def rename_manager_pool(walk: Walk) -> Expected:
    """Rename the pool of managers, so that the settings name no manager of the swarm."""
    pools = walk.pools()
    managers = next(
        name for name, pool in pools.items() if pool["role"] == "manager" and walk.api_manager.startswith(name)
    )
    walk.stack.set("machines.pools", {"boss" if name == managers else name: pool for name, pool in pools.items()})
    for path in ("swarm.api_manager", "monitoring.machine", "nfs.machine"):
        walk.stack.set(path, str(walk.get(path)).replace(f"{managers}-", "boss-"))
    return Expected(f"the pool {managers} is renamed", r"swarm\.api_manager: .*not in the swarm|the host .* but is")


def add_manager_pool(walk: Walk) -> Expected:
    """Add a second pool of managers, and leave the API manager out of the settings."""
    pools = walk.pools()
    document = walk.settings()
    if "hosts" in next(iter(pools.values())):
        raise StepNotPossibleError
    walk.stack.set("machines.pools", {"another": {"role": "manager", "count": 2}, **pools})
    walk.stack.set("swarm", {key: value for key, value in document["swarm"].items() if key != "api_manager"})
    return Expected("a pool of managers, without an API manager", r"swarm\.api_manager: not given")


def name_unknown_machine(walk: Walk) -> Expected:
    """Name an unknown machine as API manager, as machine with data, or as lost."""
    path, value = walk.rng.choice(
        [
            ("swarm.api_manager", "nobody-1"),
            ("nfs.machine", "nobody-1"),
            ("monitoring.machine", "nobody-1"),
            ("machines.lost", ["nobody-1"]),
        ]
    )
    walk.stack.set(path, value)
    return Expected(f"{path} is {value}", 'nobody-1"? given')


VALID_STEPS: list[Step] = [
    change_setting,
    change_setting,
    change_setting,
    switch_service,
    change_pool_labels,
    change_availability,
    change_firewall_sources,
    label_node_by_hand,
]


def refused_steps() -> list[Step]:
    """Return the steps that the program refuses for machines of any provider."""
    in_use = f"traefik-public: would have to be removed, but is in use by service {APP}"
    own_label = {"role": "worker", "labels": {"nuvla-swarm.given": "x"}}
    return [
        rename_manager_pool,
        add_manager_pool,
        name_unknown_machine,
        _refused_value("swarm.address_pools", [UNUSED_SUBNET], r"swarm\.address_pools: "),
        _refused_value("swarm.public_network.name", "front", in_use),
        _refused_value("swarm.public_network.name", "ingress", r"swarm\.public_network\.name: "),
        _refused_value("swarm.public_network.attachable", True, in_use),
        _refused_value("swarm.subnet_prefix", 29, r"swarm\.(subnet_prefix|address_pools): "),
        _refused_value("traefik.log_level", "LOUD", r"traefik\.log_level: "),
        _refused_value("engine.address_pools", [{"base": PART_OF_OVERLAY_POOL}], r"(engine|swarm)\.address_pools\[0\]"),
        _refused_value("nfs.nowhere", 1, r"nfs\.nowhere: "),
        _refused_value("machines.pools.another", own_label, r"machines\.pools\.another"),
    ]
