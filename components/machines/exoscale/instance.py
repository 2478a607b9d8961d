"""One machine on Exoscale."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pulumi
import pulumiverse_exoscale as exoscale

from components import assets
from components.machines.cluster import Key, Losses, Pool
from components.machines.exoscale.security_group import SecurityGroup
from components.machines.machine import Machine

USER = "ubuntu"  # of Exoscale's templates of Ubuntu
# What stays as it is of a machine that is lost: its volumes and its elastic IP go to others, which asks Exoscale alone.
IGNORED_WHEN_LOST = [
    *("name", "zone", "template_id", "type", "disk_size", "ssh_keys", "security_group_ids", "anti_affinity_group_ids"),
    *("network_interfaces", "destroy_protected", "labels"),
]
PATIENCE = "10m"  # until it is made, or has booted


@dataclass(frozen=True, kw_only=True)
class InstancePool(Pool):
    """Instances that are alike, on different hypervisors."""

    size: str  # "<family>.<size>"
    disk_gib: int
    zone: str
    template_id: str
    template_name: str  # for people


@dataclass(frozen=True, kw_only=True)
class PrivateAddress:
    """Where a machine is on a private network."""

    network_id: pulumi.Input[str]
    address: str  # ipv4
    prefix: int


@dataclass(frozen=True, kw_only=True)
class InstanceArgs:
    """What one instance is made of."""

    name: str  # on Exoscale; a fixed one, so that a replaced instance is gone before the new one wants its volumes
    pool: InstancePool
    login: Key
    host_key: Key
    ssh_key: str  # name of `login` on Exoscale
    ssh_key_is_there: pulumi.Resource
    group: SecurityGroup
    apart: exoscale.AntiAffinityGroup
    private: PrivateAddress | None
    elastic_ip: exoscale.ElasticIp | None
    volumes: Sequence[exoscale.BlockStorageVolume]
    labels: Mapping[str, pulumi.Input[str]]
    destroy_protected: bool
    losses: Losses


def instance(name: str, args: InstanceArgs, opts: pulumi.ResourceOptions) -> Machine:
    """A machine; `opts` are for the instance itself.

    Whatever depends on the ids of the machine waits until it has booted, and a preview knows them all the same.
    """
    pool, private, lost = args.pool, args.private, name in args.losses.names
    made = exoscale.ComputeInstance(
        name,
        name=args.name,
        zone=pool.zone,
        template_id=pool.template_id,
        type=pool.size,
        disk_size=pool.disk_gib,
        # By its name and not by the resource: a changed key must not replace the machines that have the former one.
        ssh_keys=[args.ssh_key],
        security_group_ids=[args.group.id],
        anti_affinity_group_ids=[args.apart.id],
        network_interfaces=[_interface(private)] if private else None,
        elastic_ip_ids=[args.elastic_ip.id] if args.elastic_ip else None,
        block_storage_volume_ids=[volume.id for volume in args.volumes] or None,
        user_data=_user_data(name, args.host_key),
        destroy_protected=args.destroy_protected,
        labels=args.labels,
        opts=pulumi.ResourceOptions.merge(
            opts,
            pulumi.ResourceOptions(
                depends_on=[args.ssh_key_is_there],
                delete_before_replace=True,
                # Exoscale would store another text, but the machine would not run it.
                ignore_changes=["user_data", *(IGNORED_WHEN_LOST if lost else [])],
                replacement_trigger=args.losses.recreations.get(name, 0),
                custom_timeouts=pulumi.CustomTimeouts(create=PATIENCE),
            ),
        ),
    )
    machine = Machine(
        name=name,
        role=pool.role,
        labels=dict(pool.labels),
        availability=pool.availability,
        public_address=made.public_ip_address,
        private_address=private.address if private else made.public_ip_address,
        user=USER,
        private_key=args.login.private,
        host_key=args.host_key.public,
        system_generation=made.id,
        data_generation=made.id,
        root=made,
        disk=made,
        lost=lost,
        commands=args.losses.commands,
    )
    ready = machine.command(
        f"{name}-ready",
        "machines/exoscale/scripts/ready.sh",
        {
            "PRIVATE_ADDRESS": f"{private.address}/{private.prefix}" if private else "",
            "ELASTIC_IP": args.elastic_ip.ip_address if args.elastic_ip else "",
        },
        pulumi.ResourceOptions(
            parent=opts.parent,
            depends_on=[args.group],
            custom_timeouts=pulumi.CustomTimeouts(create=PATIENCE, update=PATIENCE),
        ),
        triggers=[made.id],
        dial_error_limit=-1,
    )
    identity = pulumi.Output.all(made.id, ready.urn).apply(lambda known: str(known[0]))  # a preview knows the urn
    return replace(machine, system_generation=identity, data_generation=identity)


def _interface(private: PrivateAddress) -> exoscale.ComputeInstanceNetworkInterfaceArgs:
    return exoscale.ComputeInstanceNetworkInterfaceArgs(network_id=private.network_id, ip_address=private.address)


def _user_data(hostname: str, host_key: Key) -> pulumi.Output[str]:
    """The text of cloud-init; a secret, as it holds the private half of the host key."""

    def rendered(keys: Sequence[str]) -> str:
        private, public = keys
        return assets.render(
            "machines/exoscale/files/cloud-init.yaml",
            {"hostname": json.dumps(hostname), "private_key": json.dumps(private), "public_key": json.dumps(public)},
        )

    return pulumi.Output.secret(pulumi.Output.all(host_key.private, host_key.public).apply(rendered))
