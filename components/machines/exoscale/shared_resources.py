"""Resources on Exoscale that the instances of a cluster share: SSH key, firewall, networks, anti-affinity groups."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network

import pulumi
import pulumiverse_exoscale as exoscale

from components.machines import pool_addresses
from components.machines.exoscale.instance import InstancePool, PrivateAddress
from components.machines.exoscale.security_group import SecurityGroup, SecurityGroupArgs
from components.ports import PortRule, TrafficSource

# Source: Exoscale documentation, "Anti-Affinity Groups".
MAX_ANTI_AFFINITY_GROUP_SIZE = 8


@dataclass(frozen=True, kw_only=True)
class SharedResourcesArgs:
    """The settings of the shared resources."""

    infrastructure: str  # name on Exoscale of resources without labels, which people read in the portal
    labels: Mapping[str, pulumi.Input[str]]
    public_key: pulumi.Output[str]  # of the SSH key
    pools: Mapping[str, InstancePool]
    zones: Mapping[str, str]  # by machine
    rows: Sequence[PortRule]
    sources: Mapping[TrafficSource, Sequence[IPv4Network]]
    private_network: IPv4Network | None
    elastic_ip: str | None  # name of the machine that has it
    protect: bool  # whether Pulumi protects the elastic IP
    hooks: pulumi.ResourceHookBinding  # of all resources


class SharedResources:
    """An SSH key, a security group, anti-affinity groups, and a private network and an elastic IP if configured."""

    def __init__(self, name: str, args: SharedResourcesArgs, parent: pulumi.Resource):
        self._args = args
        self._opts = pulumi.ResourceOptions(parent=parent, hooks=args.hooks, protect=False)
        self.ssh_key = exoscale.SshKey(
            f"{name}-ssh-key", name=args.infrastructure, public_key=args.public_key, opts=self._opts
        )
        self.security_group = SecurityGroup(
            f"{name}-security",
            SecurityGroupArgs(name=args.infrastructure, rows=args.rows, sources=args.sources, hooks=args.hooks),
            pulumi.ResourceOptions(parent=parent),
        )
        network = args.private_network
        self._private_network = self._create_private_network(f"{name}-private", network) if network else None
        self.elastic_ip = self._create_elastic_ip(f"{name}-address", args.elastic_ip) if args.elastic_ip else None
        self._groups = {pool: self._create_groups(pool, settings.count) for pool, settings in args.pools.items()}

    def anti_affinity_group(self, pool: str, ordinal: int) -> exoscale.AntiAffinityGroup:
        """Return the anti-affinity group of machine `<pool>-<ordinal>`."""
        return self._groups[pool][(ordinal - 1) // MAX_ANTI_AFFINITY_GROUP_SIZE]

    def private_address(self, pool: str, ordinal: int) -> PrivateAddress | None:
        """Return the lease of machine `<pool>-<ordinal>` on the private network, if there is one."""
        network = self._args.private_network
        if self._private_network is None or network is None:
            return None
        address = str(pool_addresses.address(network, pool, ordinal))
        return PrivateAddress(network_id=self._private_network.id, address=address, prefix=network.prefixlen)

    def _create_private_network(self, name: str, network: IPv4Network) -> exoscale.PrivateNetwork:
        """Create a managed network: Exoscale leases each machine its fixed address, and DHCP uses the first block."""
        return exoscale.PrivateNetwork(
            name,
            zone=next(iter(self._args.zones.values())),
            start_ip=str(network[2]),
            end_ip=str(network[pool_addresses.BLOCK_SIZE - 2]),
            netmask=str(network.netmask),
            labels=self._args.labels,
            opts=self._opts,
        )

    def _create_elastic_ip(self, name: str, machine: str) -> exoscale.ElasticIp:
        protection = pulumi.ResourceOptions(protect=self._args.protect)
        return exoscale.ElasticIp(
            name,
            zone=self._args.zones[machine],
            labels=self._args.labels,
            opts=pulumi.ResourceOptions.merge(self._opts, protection),
        )

    def _create_groups(self, pool: str, machines: int) -> list[exoscale.AntiAffinityGroup]:
        groups = -(-machines // MAX_ANTI_AFFINITY_GROUP_SIZE)
        return [
            exoscale.AntiAffinityGroup(
                f"{pool}-apart-{number}", name=f"{self._args.infrastructure}-{pool}-{number}", opts=self._opts
            )
            for number in range(1, 1 + groups)
        ]
