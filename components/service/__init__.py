"""Services of the swarm: their descriptions, and the resources that the program makes of them."""

from components.manifest import Manifest, Monitored

MANIFEST = Manifest(monitoring=Monitored(rules=["services"], dashboard="services"))
