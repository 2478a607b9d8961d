"""Machines of every provider: Linux hosts that answer SSH."""

from components import ports
from components.manifest import Manifest, Monitored

MANIFEST = Manifest(
    ports=[ports.SSH],
    monitoring=Monitored(rules=["machines"], dashboard="machines"),
)
