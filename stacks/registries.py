"""Logins to the private registries of a stack, for its images and services."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

import pulumi
import pulumi_docker as docker

from components.engine.registries import PASSWORDS_KEY, registry_of
from components.service.registry_login import RegistryLogin, RegistryLoginArgs
from components.service.spec import StackSpec
from stacks.config.loader import Secrets
from stacks.config.settings import Settings


@dataclass(frozen=True)
class RegistryLogins:
    """Logins by registry; none in most stacks."""

    by_server: Mapping[str, RegistryLogin]

    def of(self, image: str) -> RegistryLogin | None:
        """Return the login to the registry of an image."""
        server = registry_of(image, self.by_server)
        return self.by_server[server] if server else None

    def with_logins(self, spec: StackSpec) -> StackSpec:
        """Return the services, each updated when a login changes."""
        if not self.by_server:
            return spec
        generations = pulumi.Output.all(*(login.generation for login in self.by_server.values())).apply("-".join)
        return replace(spec, services=[replace(service, login_generation=generations) for service in spec.services])

    def provider_args(self) -> list[docker.ProviderRegistryAuthArgs]:
        """Return the logins as the Docker provider takes them."""
        return [login.provider_args() for login in self.by_server.values()]


def registry_logins(settings: Settings, secrets: Secrets) -> RegistryLogins:
    """Make the logins of the settings."""
    registries = settings.engine.registries
    if not registries:
        return RegistryLogins({})
    passwords: pulumi.Output[dict[str, str]] = secrets[PASSWORDS_KEY].apply(json.loads)
    return RegistryLogins(
        {
            server: RegistryLogin(
                RegistryLoginArgs(
                    server=server,
                    username=registry.username,
                    password=pulumi.Output.secret(passwords[server]),
                )
            )
            for server, registry in sorted(registries.items())
        }
    )
