"""The machines of an infrastructure, wherever they come from."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from ipaddress import IPv4Network

import pulumi
import pulumi_docker as docker
import pulumiverse_exoscale as exoscale

from components.firewall.rules import Row, Source
from components.machines.cluster import Cluster, Key, Pool
from components.machines.existing.cluster import ExistingCluster, ExistingClusterArgs, HostArgs, HostPool
from components.machines.existing.settings import ExistingMachines
from components.machines.exoscale.cluster import ExoscaleCluster, ExoscaleClusterArgs
from components.machines.exoscale.instance import InstancePool
from components.machines.exoscale.settings import ExoscaleMachines, ExoscalePool
from components.machines.local.cluster import LocalCluster, LocalClusterArgs
from components.machines.local.settings import LocalMachines
from components.machines.owner import Owner
from components.machines.settings import CountedPool
from components.machines.volume import Moves, VolumeArgs, noted
from components.monitoring.settings import WITH_DATA
from stacks import adoption, hand_overs
from stacks.config.loader import Secrets
from stacks.config.settings import Settings
from stacks.prior_state import PriorState


def build(
    settings: Settings,
    secrets: Secrets,
    owner: Owner,
    prior: PriorState,
    *,
    rows: Sequence[Row],
    sources: Mapping[Source, Sequence[IPv4Network]],
) -> Cluster:
    """The machines and their data volumes; `rows` and `sources` are for those that a cloud's own firewall protects."""
    machines = settings.machines
    if machines.provider == "local":
        return _local(settings, machines, secrets, owner, prior)
    found = hand_overs.latest_moves(settings, volumes(settings), prior)
    moves = {name: noted(name, move) for name, move in found.items()}
    if machines.provider == "exoscale":
        cluster = _exoscale(settings, machines, secrets, owner, prior, rows=rows, sources=sources, moves=moves)
    else:
        cluster = _existing(settings, machines, secrets, owner, prior)
    cluster.volumes = {name: replace(one, moves=moves.get(name)) for name, one in cluster.volumes.items()}
    return cluster


def _local(settings: Settings, machines: LocalMachines, secrets: Secrets, owner: Owner, prior: PriorState) -> Cluster:
    wanted = volumes(settings)
    args = LocalClusterArgs(
        owner=owner,
        pools=_pools(machines.pools),
        subnet=machines.subnet,
        image=machines.image,
        privileged=machines.privileged,
        volumes=wanted,
        keep=settings.volumes.keep,
        adopt=adoption.due(wanted, prior),
        own_key=_own_key(secrets, machines.ssh.public_key),
        public_key=machines.ssh.public_key,
        losses=prior.losses(frozenset(machines.lost)),
    )
    # Nothing is asked of the engine before something is made there: a preview needs none.
    engine = docker.Provider("local-engine", disable_docker_daemon_check=True)
    return LocalCluster("cluster", args, pulumi.ResourceOptions(providers=[engine]))


def _exoscale(
    settings: Settings,
    machines: ExoscaleMachines,
    secrets: Secrets,
    owner: Owner,
    prior: PriorState,
    *,
    rows: Sequence[Row],
    sources: Mapping[Source, Sequence[IPv4Network]],
    moves: Mapping[str, Moves],
) -> Cluster:
    cloud = exoscale.Provider("exoscale", key=secrets.exoscale_api_key, secret=secrets.exoscale_api_secret)
    wanted = volumes(settings)
    due = adoption.due(wanted, prior)
    adoption.look(due, wanted, machines.zones(), cloud)
    args = ExoscaleClusterArgs(
        owner=owner,
        pools={name: _instances(machines, pool) for name, pool in machines.pools.items()},
        rows=rows,
        sources=sources,
        private_network=machines.private_network,
        elastic_ip=settings.entry if machines.elastic_ip else None,
        destroy_protected=machines.destroy_protected,
        protect=machines.protect,
        volumes=wanted,
        keep=settings.volumes.keep,
        adopt=due,
        own_key=_own_key(secrets, machines.ssh.public_key),
        public_key=machines.ssh.public_key,
        losses=prior.losses(frozenset(machines.lost)),
        givers=hand_overs.givers(settings, wanted, prior),
        hand_overs=hand_overs.all_of(settings, wanted, prior, moves),
    )
    return ExoscaleCluster("cluster", args, pulumi.ResourceOptions(providers=[cloud]))


def _instances(machines: ExoscaleMachines, pool: ExoscalePool) -> InstancePool:
    template = pool.template or machines.template
    return InstancePool(
        role=pool.role,
        count=pool.count,
        availability=pool.availability,
        labels=pool.labels,
        size=pool.size,
        disk_gib=pool.disk_gib,
        zone=pool.zone or machines.zone,
        template_id=template.id,
        template_name=template.name,
    )


def _existing(
    settings: Settings, machines: ExistingMachines, secrets: Secrets, owner: Owner, prior: PriorState
) -> Cluster:
    assert secrets.ssh_private_key is not None, "the configuration refuses to do without"
    args = ExistingClusterArgs(
        owner=owner,
        pools={
            name: HostPool(
                role=pool.role,
                availability=pool.availability,
                labels=pool.labels,
                hosts={
                    member: HostArgs(
                        address=str(host.address),
                        private_address=str(host.private_address or host.address),
                        port=host.port,
                        user=host.user,
                        host_key=host.host_key,
                        labels=host.labels,
                    )
                    for member, host in pool.hosts.items()
                },
            )
            for name, pool in machines.pools.items()
        },
        engine_version=settings.engine_version,
        ephemeral=(settings.firewall.ephemeral.first, settings.firewall.ephemeral.last),
        data_path=machines.data_path,
        volumes=volumes(settings),
        key=secrets.ssh_private_key,
        losses=prior.losses(frozenset(machines.lost)),
    )
    return ExistingCluster("cluster", args)


def _pools(pools: Mapping[str, CountedPool]) -> dict[str, Pool]:
    return {
        name: Pool(role=pool.role, count=pool.count, availability=pool.availability, labels=pool.labels)
        for name, pool in pools.items()
    }


def _own_key(secrets: Secrets, public_key: str | None) -> Key | None:
    if secrets.ssh_private_key is None or public_key is None:
        return None
    return Key(private=secrets.ssh_private_key, public=pulumi.Output.from_input(public_key))


def volumes(settings: Settings) -> dict[str, VolumeArgs]:
    """The data volumes of the kind, by name: those in use, and what would be lost if it went while its user is off.

    That is block storage, and every volume of local machines, which have to be made anew to get another one.
    """
    machines = {"nfs": settings.nfs_machine} if settings.kind == "target" else {}
    machines |= dict.fromkeys(WITH_DATA, settings.monitoring_machine)
    machines["traefik"] = settings.acme_machine
    if settings.kind == "host":
        for name in ("db", "streams"):
            labelled = settings.machines.labelled("type", f"worker-{name}")
            if labelled:
                machines[name] = labelled[0]
    off = dict.fromkeys(WITH_DATA, not settings.monitoring.enabled)
    off |= {"nfs": not settings.has_nfs, "traefik": settings.traefik.acme is None}
    found: dict[str, VolumeArgs] = {}
    for name, machine in machines.items():
        volume = getattr(settings.volumes, name)
        if off.get(name) and not volume.block and settings.machines.provider != "local":
            continue
        found[name] = VolumeArgs(
            machine=machine,
            block=volume.block,
            size_gib=volume.size_gib if volume.block else 0,
            id=volume.id,
            path=volume.path,
        )
    return found
