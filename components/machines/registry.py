"""The registry of providers, which settings, documents and tools read. A new provider is listed here alone."""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Union

from components.machines.settings import Machines

if TYPE_CHECKING:
    from components.machines.provider import Provider

FOLDERS = ("local", "exoscale", "existing")  # of this package; each has the name of a `machines.provider`

MODELS: dict[str, type[Machines[Any]]] = {
    folder: import_module(f"components.machines.{folder}.settings").MACHINES for folder in FOLDERS
}

if TYPE_CHECKING:
    AnyMachines = Machines[Any]
else:
    AnyMachines = Union[tuple(MODELS.values())]  # noqa: UP007 - a union of a computed list has no other form


def provider_of(machines: Machines[Any]) -> "Provider[Any]":
    """Return the provider of these machines, without loading the SDKs of other providers."""
    provider: Provider[Any] = import_module(f"components.machines.{machines.provider}.provider").PROVIDER
    return provider
