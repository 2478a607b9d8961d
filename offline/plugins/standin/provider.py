"""A stand-in as a whole: its name, version and resource types."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from standin.resource import Resource
from standin.schema import Property
from standin.values import Values


@dataclass(frozen=True, kw_only=True)
class Provider:
    """One plugin."""

    name: str
    version: str
    resources: tuple[Resource, ...]
    config: Mapping[str, Property] = field(default_factory=dict)
    configure: Callable[[Values], None] = lambda _: None  # refuses a configuration that the provider cannot work with
    functions: Mapping[str, Callable[[Values], Values]] = field(default_factory=dict)  # by token

    def resource(self, token: str) -> Resource:
        """The resource type; a KeyError is answered as an error that names the token."""
        return next(resource for resource in self.resources if resource.schema.token == token)


def version_of(folder: Path) -> str:
    """The released version that the stand-in of this folder answers for."""
    return (folder / "VERSION").read_text().strip()
