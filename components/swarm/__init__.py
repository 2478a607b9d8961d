"""The swarm of the machines, and its overlay networks."""

from components import ports
from components.manifest import Manifest, Monitored

MANIFEST = Manifest(
    ports=[ports.SWARM_DATA, ports.SWARM_GOSSIP, ports.SWARM_JOIN, ports.SWARM_EXPOSED],
    monitoring=Monitored(rules=["swarm"]),
)
