"""The virtual IP: an address of the infrastructure that keepalived holds on a manager whose Traefik answers."""

from components.manifest import HostTraces, Manifest, Monitored

UNIT = "nuvla-swarm-address.service"
# Only with a virtual IP, so that other hosts see no change.
VIRTUAL_IP_TRACES = HostTraces(
    added=[f"/etc/systemd/system/{UNIT}", f"/etc/systemd/system/docker.service.wants/{UNIT}"],
    folders=["/etc/systemd/system/docker.service.wants"],
)
MANIFEST = Manifest(feature="virtual_ip", monitoring=Monitored(rules=["virtual_ip"]))
