"""Machines: hosts that answer SSH, wherever they come from."""

from components import ports
from components.manifest import Manifest, Monitored

MANIFEST = Manifest(
    ports=[ports.SSH],
    monitoring=Monitored(rules=["machines"], dashboard="machines"),
)
