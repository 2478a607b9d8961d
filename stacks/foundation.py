"""Machines of a stack, each with an engine, a firewall and data folders: the foundation of its swarm."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pulumi

from components import catalog
from components.engine.certificates import Certificate, Certificates
from components.engine.engine import Engine
from components.firewall.firewall import Firewall, FirewallArgs
from components.machines.cluster import Cluster
from components.machines.machine import Machine
from components.machines.owner import Owner, this_infrastructure
from components.machines.prior_state import PriorState
from components.machines.provider import ClusterInputs, StackPlan
from components.machines.registry import provider_of
from components.machines.turns import Turns
from components.machines.volume import Moves, record_moves
from components.ports import PortRule
from components.storage.data_folder import DataFolder, DataFolderArgs
from stacks import api_manager as api_managers
from stacks import engines, logins, turns
from stacks.baseline import host_traces, install_packages, share_address
from stacks.config.loader import Secrets
from stacks.config.settings import Settings
from stacks.plan import plan
from stacks.volumes import latest_moves


@dataclass(frozen=True, kw_only=True)
class Foundation:
    """Machines that can form a swarm."""

    owner: Owner
    cluster: Cluster
    api_manager: Machine  # the program sends its requests to the Docker API of this manager
    address: pulumi.Input[str]  # public ipv4 of the infrastructure: a stable one, or that of the preferred API manager
    certificates: Certificates
    operators: Mapping[str, Certificate]  # client certificates of named operators
    engines: Mapping[str, Engine]
    packages: Mapping[str, pulumi.Resource]  # machine -> packages of its engine; install other packages after these
    firewall: Firewall
    rows: Sequence[PortRule]  # open ports of the program and their sources, on every provider
    volumes: Mapping[str, DataFolder]
    turns: Turns

    def addresses(self) -> list[pulumi.Input[str]]:
        """Return all public addresses of the managers, and the stable one if there is any."""
        addresses = [machine.public_address for machine in self.cluster.managers()]
        return addresses if self.cluster.stable_address is None else [*addresses, self.cluster.stable_address]

    def operator_ends(self) -> dict[str, pulumi.Output[str]]:
        """Return the ends of the certificates of named operators, as `operators.<name>`."""
        return {f"operators.{name}": certificate.end for name, certificate in self.operators.items()}


def deploy(settings: Settings, secrets: Secrets, rows: Sequence[PortRule], prior: PriorState) -> Foundation:
    """Make machines with engine, firewall and data folders; Pulumi deletes all of that with the machines."""
    stack_plan = plan(settings, prior)
    builds = turns.builds(settings, stack_plan)
    owner = this_infrastructure(settings.kind)
    # Applications publish the ports of the additional rows, so these are not among the rows that are reserved.
    open_rows = [*rows, *settings.firewall.extra_rows()]
    inputs = ClusterInputs(
        plan=stack_plan,
        owner=owner,
        prior=prior,
        secrets=secrets,
        rows=open_rows,
        ephemeral=settings.firewall.ephemeral.span,
        engine_version=settings.resolved_engine.version or "",
        kernel_nfs_server=settings.kernel_nfs_server,
        retain_volumes=settings.volumes.retain_on_destroy,
        moves=_moves(settings, stack_plan, prior),
        host_traces=host_traces(settings),
        turns=turns.turns(settings, builds, prior),
    )
    cluster = _cluster(settings, inputs)
    api_manager = cluster.machines[stack_plan.api_manager]
    preferred = cluster.machines[api_managers.preferred(settings)]  # an address stays where it is while one is away
    address = preferred.public_address if cluster.stable_address is None else cluster.stable_address
    certificates = engines.certificates(settings, cluster, preferred, prior)
    operators = engines.operators(settings, certificates, prior)
    roll = turns.roll(settings, cluster, prior)
    inputs.turns.begin(roll)
    engine_of = engines.engines(
        settings,
        cluster,
        certificates,
        operators.cas if operators else {},
        prior,
        roll=roll,
        builds=builds,
        replaces=inputs.turns.replaces,
    )
    _end_turns(inputs.turns, engine_of)
    packages = {name: engine.packages for name, engine in engine_of.items()}
    logins.deploy(settings, cluster, packages)
    firewall = _firewall(settings, open_rows, stack_plan, cluster, packages)
    install_packages(settings, cluster, packages, firewall)
    share_address(settings, cluster, packages, firewall)
    return Foundation(
        owner=owner,
        cluster=cluster,
        api_manager=api_manager,
        address=address,
        certificates=certificates,
        operators=operators.certificates if operators else {},
        engines=engine_of,
        packages=packages,
        firewall=firewall,
        rows=rows,
        volumes=_volumes(settings, cluster, packages),
        turns=inputs.turns,
    )


def _end_turns(taken: Turns, engine_of: Mapping[str, Engine]) -> None:
    """End the turns of the machines that keep their disks; the others are not back before they have joined again."""
    for name, engine in engine_of.items():
        if not taken.replaces(name):
            taken.end(name, engine.ready, engine.generation)


def _cluster(settings: Settings, inputs: ClusterInputs) -> Cluster:
    cluster = provider_of(settings.machines).cluster(settings.machines, inputs)
    cluster.volumes = {name: replace(volume, moves=inputs.moves.get(name)) for name, volume in cluster.volumes.items()}
    machines = settings.machines
    if machines.virtual_address is not None:
        cluster.share_address(machines.virtual_address)
    cluster.machines |= {
        name: replace(
            cluster.machines[name], availability=machines.availability_of(name), labels=machines.labels_of(name)
        )
        for name in machines.overrides
    }
    return cluster


def _moves(settings: Settings, stack_plan: StackPlan, prior: PriorState) -> dict[str, Moves]:
    # Where volumes are resources, a machine that gets another volume is replaced: no volume moves.
    moves = {} if settings.machines.volumes_are_resources else latest_moves(stack_plan.volumes, prior)
    return {name: record_moves(name, move) for name, move in moves.items()}


def _firewall(
    settings: Settings,
    rows: Sequence[PortRule],
    stack_plan: StackPlan,
    cluster: Cluster,
    packages: Mapping[str, pulumi.Resource],
) -> Firewall:
    args = FirewallArgs(
        mode=settings.machines.firewall_mode,
        rows=rows,
        sources=stack_plan.sources,
        containers=[network for _, network in stack_plan.container_networks],
        ephemeral=settings.firewall.ephemeral.span,
        machines=cluster.machines,
        depends_on=packages,
        vrrp=settings.machines.vrrp_sources(),
    )
    return Firewall("firewall", args, cluster.child_lifecycle())


def _volumes(settings: Settings, cluster: Cluster, packages: Mapping[str, pulumi.Resource]) -> dict[str, DataFolder]:
    stored, retain = catalog.data(), settings.volumes.retain_on_destroy
    return {
        name: DataFolder(
            f"{name}-data",
            DataFolderArgs(
                volume=volume,
                machine=cluster.machines[volume.machine],
                owner=stored[name].owner,
                former_owner=stored[name].former_owner,
                depends_on=packages[volume.machine],
                retain=retain,
            ),
            # A retained device is unmounted before its machine is destroyed.
            None if retain and volume.device is not None else cluster.child_lifecycle(),
        )
        for name, volume in cluster.volumes.items()
    }
