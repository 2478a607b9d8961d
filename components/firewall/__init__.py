"""The firewalls of the machines, and the ports that services of the swarm cannot publish."""

from components.manifest import HostTraces, Manifest

MANIFEST = Manifest(
    host_traces=HostTraces(
        added=[
            "/etc/systemd/system/nuvla-swarm-firewall.service",
            "/etc/systemd/system/nuvla-swarm-firewall-guard.service",
            "/etc/systemd/system/nftables.service.d/nuvla-swarm.conf",
        ],
        folders=["/etc/systemd/system/nftables.service.d"],
        sysctls=["net.ipv4.ip_local_port_range", "net.ipv4.ip_local_reserved_ports"],
    ),
)
