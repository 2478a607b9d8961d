"""Exoscale instances as machines."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pulumi
import pulumiverse_exoscale as exoscale

from components import assets
from components.machines.cluster import Key, Losses, Pool
from components.machines.exoscale.security_group import SecurityGroup
from components.machines.host_key import HostKey, with_host_key
from components.machines.machine import Machine
from components.machines.shell import BOOT_S

USER = "ubuntu"  # SSH user of Exoscale's Ubuntu templates
# For ignore_changes of a lost machine. Other changes need only Exoscale: its volumes and its elastic IP may still go to
# other machines, and its protection has to end before Exoscale deletes it.
IGNORED_WHEN_LOST = [
    *("name", "zone", "template_id", "type", "disk_size", "ssh_keys", "security_group_ids", "anti_affinity_group_ids"),
    *("network_interfaces", "labels"),
]
BOOT_TIMEOUT = f"{BOOT_S}s"  # of the creation, and of the first boot


@dataclass(frozen=True, kw_only=True)
class InstancePool(Pool):
    """Instances with the same settings, on different hypervisors."""

    size: str  # "<family>.<size>"
    disk_gib: int
    zone: str
    template_id: str
    template_name: str  # for people; the program uses the id


@dataclass(frozen=True, kw_only=True)
class PrivateAddress:
    """The address of a machine on a private network."""

    network_id: pulumi.Input[str]
    address: str  # ipv4
    prefix: int


@dataclass(frozen=True, kw_only=True)
class InstanceArgs:
    """The settings of one instance."""

    name: str  # on Exoscale; fixed, so that Pulumi deletes a replaced instance before the new one takes its volumes
    pool: InstancePool
    ssh_key: Key
    host_key: Key  # that it is created with
    replaced_host_key: HostKey | None  # the one in its place
    ssh_key_name: str  # of `ssh_key` on Exoscale
    depends_on: pulumi.Resource  # registers the SSH key on Exoscale
    group: SecurityGroup
    anti_affinity_group: exoscale.AntiAffinityGroup
    private: PrivateAddress | None
    elastic_ip: exoscale.ElasticIp | None
    volumes: Sequence[exoscale.BlockStorageVolume]
    labels: Mapping[str, pulumi.Input[str]]
    destroy_protected: bool
    losses: Losses
    ssh_hooks: pulumi.ResourceHookBinding  # of every command
    ready_hooks: pulumi.ResourceHookBinding  # of the command that waits for the boot


def instance(name: str, args: InstanceArgs, opts: pulumi.ResourceOptions) -> Machine:
    """Create an instance and wait until it has booted; `opts` are for the instance itself.

    Resources that use the generations of the machine wait for the boot; a preview knows the generations of an instance
    that exists.
    """
    pool, private, lost = args.pool, args.private, name in args.losses.names
    resource = exoscale.ComputeInstance(
        name,
        name=args.name,
        zone=pool.zone,
        template_id=pool.template_id,
        type=pool.size,
        disk_size=pool.disk_gib,
        # The name instead of the resource's output: a changed key must not replace machines with the former key.
        ssh_keys=[args.ssh_key_name],
        security_group_ids=[args.group.id],
        anti_affinity_group_ids=[args.anti_affinity_group.id],
        network_interfaces=[_interface(private)] if private else None,
        elastic_ip_ids=[args.elastic_ip.id] if args.elastic_ip else None,
        block_storage_volume_ids=[volume.id for volume in args.volumes] or None,
        user_data=_user_data(name, args.host_key),
        destroy_protected=args.destroy_protected,
        labels=args.labels,
        opts=pulumi.ResourceOptions.merge(
            opts,
            pulumi.ResourceOptions(
                depends_on=[args.depends_on],
                delete_before_replace=True,
                # Exoscale would store a changed text, but a machine runs it only on its first boot.
                ignore_changes=["user_data", *(IGNORED_WHEN_LOST if lost else [])],
                replacement_trigger=args.losses.recreations.get(name, 0),
                custom_timeouts=pulumi.CustomTimeouts(create=BOOT_TIMEOUT),
            ),
        ),
    )
    machine = Machine(
        name=name,
        role=pool.role,
        labels=dict(pool.labels),
        availability=pool.availability,
        public_address=resource.public_ip_address,
        private_address=private.address if private else resource.public_ip_address,
        user=USER,
        private_key=args.ssh_key.private,
        host_key=args.host_key.public,
        system_generation=resource.id,
        data_generation=resource.id,
        root=resource,
        disk=resource,
        **args.losses.of(name),
        hooks=args.ssh_hooks,
    )
    if args.replaced_host_key:
        # Before all other commands, so it is the first one to wait for the boot.
        machine = with_host_key(
            machine,
            args.replaced_host_key,
            pulumi.ResourceOptions(parent=opts.parent, depends_on=[args.group]),
            patience_s=BOOT_S,
            hooks=args.ready_hooks,
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
            hooks=args.ready_hooks,
            custom_timeouts=pulumi.CustomTimeouts(create=BOOT_TIMEOUT, update=BOOT_TIMEOUT),
        ),
        triggers=[resource.id],
        dial_error_limit=-1,
    )
    # The URN adds the dependency on `ready`; a preview knows it.
    generation = pulumi.Output.all(resource.id, ready.urn).apply(lambda values: str(values[0]))
    return replace(machine, system_generation=generation, data_generation=generation)


def _interface(private: PrivateAddress) -> exoscale.ComputeInstanceNetworkInterfaceArgs:
    return exoscale.ComputeInstanceNetworkInterfaceArgs(network_id=private.network_id, ip_address=private.address)


def _user_data(hostname: str, host_key: Key) -> pulumi.Output[str]:
    """Return the text of cloud-init, a secret: it holds the private half of the host key."""

    def rendered(keys: Sequence[str]) -> str:
        private, public = keys
        return assets.render(
            "machines/exoscale/files/cloud-init.yaml",
            {"hostname": json.dumps(hostname), "private_key": json.dumps(private), "public_key": json.dumps(public)},
        )

    return pulumi.Output.secret(pulumi.Output.all(host_key.private, host_key.public).apply(rendered))
