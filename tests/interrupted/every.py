"""All scenarios that there are."""

from typing import Final

from tests.interrupted.address import ADDRESS
from tests.interrupted.engine import ENGINE
from tests.interrupted.firewall import FIREWALL
from tests.interrupted.machines import MACHINES
from tests.interrupted.services import SERVICES
from tests.interrupted.storage import STORAGE
from tests.interrupted.swarm import SWARM

EVERY: Final = [*ENGINE, *MACHINES, *FIREWALL, *SERVICES, *SWARM, *STORAGE, *ADDRESS]
