"""The HTTP proxy, the additional packages and the virtual IP of the machines of a stack."""

from collections.abc import Mapping

import pulumi

from components import catalog
from components.engine import PROXY_TRACES
from components.firewall.firewall import Firewall
from components.machines.cluster import Cluster
from components.machines.machine import Machine
from components.machines.packages import Packages, PackagesArgs
from components.machines.proxy import NO_PROXY, Proxy
from components.manifest import HostTraces
from components.virtual_ip import VIRTUAL_IP_TRACES
from components.virtual_ip.virtual_ip import VirtualIp, VirtualIpArgs
from stacks.config.settings import Settings


def host_traces(settings: Settings) -> HostTraces:
    """Return all files and settings that the program puts on a machine; those of a proxy or a virtual IP if used."""
    traces = catalog.host_traces() + (PROXY_TRACES if settings.machines.proxy.is_used else HostTraces())
    return traces + (VIRTUAL_IP_TRACES if settings.machines.virtual_address else HostTraces())


def install_packages(
    settings: Settings, cluster: Cluster, packages: Mapping[str, pulumi.Resource], firewall: Firewall
) -> None:
    """Install the packages of the settings on each machine, behind its firewall: they may start services."""
    for machine in cluster.machines.values() if settings.machines.packages else ():
        args = PackagesArgs(
            machine=machine,
            packages=settings.machines.packages,
            depends_on=[packages[machine.name], firewall.ready[machine.name]],
        )
        Packages(f"{machine.name}-packages", args, cluster.child_lifecycle())


def share_address(
    settings: Settings, cluster: Cluster, packages: Mapping[str, pulumi.Resource], firewall: Firewall
) -> None:
    """Let the managers share the virtual IP of the settings, behind their firewalls."""
    address = settings.machines.virtual_address
    if address is not None:
        args = VirtualIpArgs(
            address=str(address),
            managers=cluster.managers(),
            depends_on={name: [packages[name], ready] for name, ready in firewall.ready.items()},
        )
        VirtualIp("virtual-ip", args, cluster.child_lifecycle())


def proxy_of(settings: Settings, cluster: Cluster, machine: Machine) -> Proxy:
    """Return the proxy of a machine; the machine reaches itself, managers and containers without it."""
    proxy = settings.machines.proxy
    if not proxy.is_used:
        return NO_PROXY
    _, machine_network = settings.machines.machine_network() or ("", None)
    networks = [*([machine_network] if machine_network else []), *(pool for _, pool in settings.container_networks())]
    # Swarm's connections go through a proxy too, unless it leaves them out; workers accept none.
    reached = [machine, *cluster.managers()]
    return Proxy(
        http=proxy.http or "",
        https=proxy.https or "",
        excluded=[*map(str, networks), *proxy.no_proxy],
        addresses=[address for one in reached for address in (one.private_address, one.public_address)],
    )
