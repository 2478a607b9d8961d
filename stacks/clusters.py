"""The machines of an infrastructure, wherever they come from."""

from collections.abc import Mapping, Sequence
from ipaddress import IPv4Network

import pulumi
import pulumi_docker as docker
import pulumiverse_exoscale as exoscale

from components.firewall.rules import Row, Source
from components.machines.cluster import Cluster, Key, Pool
from components.machines.existing import ExistingCluster, ExistingClusterArgs, HostArgs, HostPool
from components.machines.exoscale import ExoscaleCluster, ExoscaleClusterArgs
from components.machines.exoscale_instance import InstancePool
from components.machines.local import LocalCluster, LocalClusterArgs
from components.machines.volume import VolumeArgs
from components.monitoring.settings import WITH_DATA
from stacks import guard, state
from stacks.configuration import Secrets
from stacks.sections.existing import ExistingMachines
from stacks.sections.exoscale import ExoscaleMachines, ExoscalePool
from stacks.sections.machines import CountedPool, LocalMachines
from stacks.settings import Settings


def build(
    settings: Settings, secrets: Secrets, rows: Sequence[Row], sources: Mapping[Source, Sequence[IPv4Network]]
) -> Cluster:
    """The machines and their data volumes; `rows` and `sources` are for those that a cloud's own firewall protects."""
    machines = settings.machines
    if machines.provider == "local":
        return _local(settings, machines, secrets)
    if machines.provider == "exoscale":
        return _exoscale(settings, machines, secrets, rows, sources)
    return _existing(settings, machines, secrets)


def _local(settings: Settings, machines: LocalMachines, secrets: Secrets) -> Cluster:
    wanted = volumes(settings)
    due, mistakes = guard.adopted(wanted, state.resources() if any(v.id for v in wanted.values()) else [])
    guard.refuse(mistakes)
    args = LocalClusterArgs(
        pools=_pools(machines.pools),
        subnet=machines.subnet,
        image=machines.image,
        privileged=machines.privileged,
        volumes=wanted,
        keep=settings.volumes.keep,
        adopt=due,
        own_key=_own_key(secrets, machines.ssh.public_key),
        public_key=machines.ssh.public_key,
    )
    # Nothing is asked of the engine before something is made there: a preview needs none.
    engine = docker.Provider("local-engine", disable_docker_daemon_check=True)
    return LocalCluster("cluster", args, pulumi.ResourceOptions(providers=[engine]))


def _exoscale(
    settings: Settings,
    machines: ExoscaleMachines,
    secrets: Secrets,
    rows: Sequence[Row],
    sources: Mapping[Source, Sequence[IPv4Network]],
) -> Cluster:
    entry = settings.swarm.entry or machines.names("manager")[0]
    cloud = exoscale.Provider("exoscale", key=secrets.exoscale_api_key, secret=secrets.exoscale_api_secret)
    wanted = volumes(settings)
    args = ExoscaleClusterArgs(
        pools={name: _instances(machines, pool) for name, pool in machines.pools.items()},
        rows=rows,
        sources=sources,
        private_network=machines.private_network,
        elastic_ip=entry if machines.elastic_ip else None,
        destroy_protected=machines.destroy_protected,
        protect=machines.protect,
        volumes=wanted,
        keep=settings.volumes.keep,
        adopt=_guarded(machines, wanted, cloud),
        own_key=_own_key(secrets, machines.ssh.public_key),
        public_key=machines.ssh.public_key,
    )
    return ExoscaleCluster("cluster", args, pulumi.ResourceOptions(providers=[cloud]))


def _guarded(machines: ExoscaleMachines, wanted: Mapping[str, VolumeArgs], cloud: exoscale.Provider) -> list[str]:
    """The volumes that are to be imported now, if nothing would be lost that the state has."""
    known = state.resources()
    zones = {
        f"{name}-{member}": pool.zone or machines.zone
        for name, pool in machines.pools.items()
        for member in pool.members()
    }
    stays = [*zones, *(f"{name}{state.VOLUME_SUFFIX}" for name, volume in wanted.items() if volume.block)]
    stays += ["cluster-address"] if machines.elastic_ip else []
    due, mistakes = guard.adopted(wanted, known)
    mistakes += [*guard.placed(wanted, zones, known), *guard.lost(stays, known)]
    for name in due:
        mistakes += guard.unfit(name, wanted[name], zones[wanted[name].machine], cloud)
    guard.refuse(mistakes)
    return due


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


def _existing(settings: Settings, machines: ExistingMachines, secrets: Secrets) -> Cluster:
    assert secrets.ssh_private_key is not None, "the configuration refuses to do without"
    args = ExistingClusterArgs(
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
                        lost=host.lost,
                    )
                    for member, host in pool.hosts.items()
                },
            )
            for name, pool in machines.pools.items()
        },
        engine_version=settings.engine_version,
        data_path=machines.data_path,
        volumes=volumes(settings),
        key=secrets.ssh_private_key,
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
    """The data volumes that the kind uses, by name; on local machines all that it could use.

    A local machine has to be made anew to get another one, which nobody expects of a service that is switched on.
    """
    machines: dict[str, str] = {}
    reserved = settings.machines.provider == "local"
    if settings.has_nfs or (reserved and settings.kind == "target"):
        machines["nfs"] = settings.nfs_machine
    if settings.monitoring.enabled or reserved:
        machines |= dict.fromkeys(WITH_DATA, settings.monitoring_machine)
    if settings.traefik.acme is not None or reserved:
        machines["traefik"] = settings.acme_machine
    if settings.kind == "host":
        for name in ("db", "streams"):
            labelled = settings.machines.labelled("type", f"worker-{name}")
            if labelled:
                machines[name] = labelled[0]
    found: dict[str, VolumeArgs] = {}
    for name, machine in machines.items():
        volume = getattr(settings.volumes, name)
        found[name] = VolumeArgs(
            machine=machine,
            block=volume.block,
            size_gib=volume.size_gib if volume.block else 0,
            id=volume.id,
            path=volume.path,
        )
    return found
