"""Engines of the machines of a stack, and the certificates of their API."""

from collections.abc import Mapping

import pulumi

from components.engine.certificates import Certificates, CertificatesArgs
from components.engine.engine import Engine, EngineArgs
from components.engine.operators import Operators, OperatorsArgs
from components.machines.cluster import Cluster
from components.machines.machine import Machine
from components.machines.prior_state import PriorState
from stacks.baseline import proxy_of
from stacks.config.settings import Settings


def certificates(
    settings: Settings, managers: list[Machine], api_manager: Machine, address: pulumi.Input[str], prior: PriorState
) -> Certificates:
    """Make the CA of the infrastructure and its certificates."""
    servers: dict[str, list[pulumi.Input[str]]] = {
        machine.name: [machine.public_address, machine.private_address] for machine in managers
    }
    if address is not api_manager.public_address:
        servers[api_manager.name].append(address)
    return Certificates(
        "certificates",
        CertificatesArgs(
            generation=settings.engine.certificate_generation,
            operator_generation=settings.engine.operator_certificate_generation,
            nuvla_generation=settings.engine.nuvla_certificate_generation,
            former_nuvla_end=prior.nuvla_certificate_end,
            server_days=settings.engine.server_certificate_days,
            client_days=settings.engine.client_certificate_days,
            domain=settings.domain,
            servers=servers,
        ),
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
            generation=engine.certificate_generation,
            days=engine.client_certificate_days,
            server_ca=issued.program.ca,
            former_ends=prior.operator_ends,
        ),
    )


def engines(
    settings: Settings,
    cluster: Cluster,
    issued: Certificates,
    operator_cas: Mapping[str, pulumi.Output[str]],
    prior: PriorState,
) -> dict[str, Engine]:
    """Make the engine of each machine."""
    made: dict[str, Engine] = {}
    previous_manager: Engine | None = None
    for machine in cluster.machines.values():
        # A former manager votes in the quorum until the program demotes it, which happens later in the update. Engines
        # of voters are configured one after the other, because a restart of two could cost the quorum.
        votes = machine.role == "manager" or machine.name in prior.managers
        engine = Engine(
            f"{machine.name}-engine",
            EngineArgs(
                machine=machine,
                settings=settings.resolved_engine,
                proxy=proxy_of(settings, cluster, machine),
                certificate=issued.servers.get(machine.name),
                operator_cas=operator_cas if machine.name in issued.servers else {},
                depends_on=previous_manager.ready if previous_manager and votes else None,
            ),
            cluster.child_lifecycle(),
        )
        made[machine.name] = engine
        if votes:
            previous_manager = engine
    return made
