"""Engines of the machines of a stack, and the certificates of their API."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import pulumi

from components.engine.certificates import Certificates, CertificatesArgs
from components.engine.changes import announcements
from components.engine.daemon_json import daemon_json
from components.engine.engine import Engine, EngineArgs
from components.engine.operators import Operators, OperatorsArgs
from components.generations import Generations
from components.machines.cluster import Cluster
from components.machines.machine import Machine
from components.machines.prior_state import EngineState, PriorState
from components.machines.turns import Build
from components.machines.upgrade import Upgrade, UpgradeArgs
from components.swarm.roll import Roll
from stacks import turns
from stacks.baseline import proxy_of
from stacks.config.settings import Settings


def certificates(
    settings: Settings,
    cluster: Cluster,
    preferred: Machine,  # manager that has the stable address, but for the time that another one stands in
    prior: PriorState,
) -> Certificates:
    """Make the CA of the infrastructure and its certificates."""
    servers: dict[str, list[pulumi.Input[str]]] = {
        machine.name: [machine.public_address, machine.private_address] for machine in cluster.managers()
    }
    if cluster.stable_address is not None:
        for name in servers if cluster.is_address_shared else [preferred.name]:
            servers[name].append(cluster.stable_address)
    return Certificates(
        "certificates",
        CertificatesArgs(
            generation=settings.engine.certificate_generation,
            former_generation=settings.engine.former_certificate_generation,
            unnumbered_generation=_authorities(settings, prior).unnumbered,
            server_generation=settings.engine.server_certificate_generation,
            program_generation=settings.engine.program_certificate_generation,
            operator_generation=settings.engine.operator_certificate_generation,
            nuvla_generation=settings.engine.nuvla_certificate_generation,
            former_nuvla_end=prior.nuvla_certificate_end,
            server_days=settings.engine.server_certificate_days,
            client_days=settings.engine.client_certificate_days,
            domain=settings.domain,
            servers=servers,
        ),
    )


def _authorities(settings: Settings, prior: PriorState) -> Generations:
    """Return the generations of the CA; names in the state stay those of the generation that has them."""
    current = settings.engine.certificate_generation
    return Generations(
        current=current,
        former=settings.engine.former_certificate_generation,
        unnumbered=prior.unnumbered_ca or current,
    )


def operators(settings: Settings, issued: Certificates, prior: PriorState) -> Operators | None:
    """Make the certificates of named operators; None if the settings name none."""
    engine = settings.engine
    if not engine.operators:
        return None
    return Operators(
        "operators",
        OperatorsArgs(
            names=engine.operators,
            generations=_authorities(settings, prior),
            days=engine.client_certificate_days,
            server_ca=issued.operator.ca,
            former_ends=prior.operator_ends,
        ),
    )


def engines(
    settings: Settings,
    cluster: Cluster,
    issued: Certificates,
    operator_cas: Mapping[str, pulumi.Output[str]],
    prior: PriorState,
    *,
    roll: Roll,
    builds: Mapping[str, Build],
    replaces: Callable[[str], bool],
) -> dict[str, Engine]:
    """Make the engine of each machine: all at once, but those of members of the swarm one after the other.

    `replaces` tells of a machine whether this update replaces it with its disk: its engine is a new one.
    """
    settings_of_all = settings.resolved_engine

    def engine(machine: Machine, is_member: bool = False, previous: Engine | None = None) -> Engine:
        former = prior.engines.get(machine.name)
        generation = former.generation if former else None
        after = [previous.as_before()] if previous else []
        # One that is away gets its tasks again when it answers; an update that waited for it would fail.
        has_tasks = is_member and not (machine.lost or machine.silent)
        return Engine(
            f"{machine.name}-engine",
            EngineArgs(
                machine=machine,
                settings=settings_of_all,
                proxy=proxy_of(settings, cluster, machine),
                certificate=issued.servers.get(machine.name),
                operator_cas=operator_cas if machine.name in issued.servers else {},
                after=after,
                is_replaced=former is None or former.version != settings_of_all.version,
                access=_access(settings, machine.name in issued.servers),
                build=builds.get(machine.name),
                upgrade=_upgrade(settings, cluster, machine, roll, after),
                hooks=roll.hooks(machine) if is_member else None,
                refilled=partial(roll.refilled, machine.name, generation) if has_tasks else None,
            ),
            cluster.child_lifecycle(),
        )

    order = turns.order(settings, prior)
    wanted = {
        name: EngineState(
            version=settings_of_all.version or "",
            daemon=daemon_json(settings_of_all, serves_api=name in issued.servers),
            access=_access(settings, name in issued.servers),
            build=builds.get(name),
            upgrade=settings.machines.system_upgrade,
        )
        for name in order
    }
    for line in announcements(prior.engines, wanted):
        pulumi.log.warn(line)  # `make up` asks its question below the warnings
    made: dict[str, Engine] = {}
    previous: Engine | None = None
    for name in order:
        machine = cluster.machines[name]
        if replaces(name):
            continue
        made[name] = previous = engine(machine, True, previous)
    return {name: made.get(name) or engine(machine) for name, machine in cluster.machines.items()}


def _access(settings: Settings, has_certificate: bool) -> dict[str, Any]:
    """Return what the certificates and the proxy of an engine are made of: it restarts for each change of that."""
    engine, proxy, address = settings.engine, settings.machines.proxy, settings.machines.virtual_address
    certificate = {
        "CA": [engine.certificate_generation, engine.former_certificate_generation],
        "server certificate": [engine.server_certificate_generation, engine.server_certificate_days],
        "operators": engine.operators,
        "virtual IP": str(address) if address else None,
    }
    return {
        **(certificate if has_certificate else {}),
        "proxy": [proxy.http, proxy.https, *proxy.no_proxy] if proxy.is_used else None,
    }


def _upgrade(
    settings: Settings, cluster: Cluster, machine: Machine, roll: Roll, after: list[pulumi.Output[pulumi.Resource]]
) -> Upgrade | None:
    """Upgrade the packages of a machine after those of the machine before; None if the settings ask for no upgrade."""
    day = settings.machines.system_upgrade
    if day is None:
        return None
    args = UpgradeArgs(machine=machine, day=day, after=after, hooks=roll.upgrade_hooks(machine), touched=roll.touched)
    return Upgrade(f"{machine.name}-upgrade", args, cluster.child_lifecycle())
