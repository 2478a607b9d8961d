"""The providers of machines: settings, documents and tools read them here, and a new one is listed here alone."""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Union

from components.machines.settings import Machines

if TYPE_CHECKING:
    from components.machines.provider import Provider

FOLDERS = ("local", "exoscale", "existing")  # of this package, each named as `machines.provider`

MODELS: dict[str, type[Machines[Any]]] = {
    folder: import_module(f"components.machines.{folder}.settings").MACHINES for folder in FOLDERS
}

if TYPE_CHECKING:
    AnyMachines = Machines[Any]
else:
    AnyMachines = Union[tuple(MODELS.values())]  # noqa: UP007 - the type checker knows no such list


def provider_of(machines: Machines[Any]) -> "Provider[Any]":
    """Return the provider of these machines; the SDKs of the others are not loaded."""
    provider: Provider[Any] = import_module(f"components.machines.{machines.provider}.provider").PROVIDER
    return provider
