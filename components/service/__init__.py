"""Services of the swarm: descriptions of them, and the resources that these become."""

from components.manifest import Manifest, Monitored

MANIFEST = Manifest(monitoring=Monitored(rules=["services"], dashboard="services"))
