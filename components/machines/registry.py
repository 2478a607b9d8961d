"""The providers of machines: settings, documents and tools read them here, and a new one is listed here alone."""

from typing import TYPE_CHECKING, Any, Union

from components.machines.existing.provider import PROVIDER as EXISTING
from components.machines.exoscale.provider import PROVIDER as EXOSCALE
from components.machines.local.provider import PROVIDER as LOCAL
from components.machines.provider import Provider
from components.machines.settings import Machines

PROVIDERS: dict[str, Provider[Any]] = {provider.name: provider for provider in (LOCAL, EXOSCALE, EXISTING)}

if TYPE_CHECKING:
    AnyMachines = Machines[Any]
else:
    AnyMachines = Union[tuple(provider.settings for provider in PROVIDERS.values())]  # noqa: UP007 - not known before


def provider_of(machines: Machines[Any]) -> Provider[Any]:
    """Return the provider of these machines."""
    return PROVIDERS[machines.provider]
