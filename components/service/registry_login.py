"""A login to a private registry, for the manager that asks it and for the machines that run its images."""

import json
import re
from base64 import b64encode, urlsafe_b64encode
from dataclasses import dataclass

import pulumi
import pulumi_docker as docker
import pulumi_random as random

GENERATION_LENGTH = 8
DOCKER_HUB = {"docker.io": "https://index.docker.io/v1/"}  # whose name in the files of Docker's client is another one


@dataclass(frozen=True, kw_only=True)
class RegistryLoginArgs:
    """A registry, and the login there."""

    server: str  # "registry.example.org:5000"
    username: str
    password: pulumi.Output[str]  # secret


class RegistryLogin(pulumi.ComponentResource):
    """A login to a registry, whose generation changes with the username or the password.

    Swarm hands the login that a service was last updated with to the machines that pull its image. The generation is a
    label of services, so that another password updates them without starting a container anew.
    Outputs: ``generation`` (str).
    """

    generation: pulumi.Output[str]

    def __init__(self, args: RegistryLoginArgs, opts: pulumi.ResourceOptions | None = None):
        name = f"registry-{re.sub('[^a-z0-9]+', '-', args.server)}"
        super().__init__("nuvla:service:RegistryLogin", name, {"server": args.server, "username": args.username}, opts)
        self._args = args
        self.username = args.username
        drawn = random.RandomString(
            f"{name}-generation",
            length=GENERATION_LENGTH,
            special=False,
            upper=False,
            keepers={"username": args.username, "password": args.password},
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.generation = drawn.result
        self.register_outputs({"generation": self.generation})

    def provider_args(self) -> docker.ProviderRegistryAuthArgs:
        """Return the login as the Docker provider takes it, which sends it with each service of the registry."""
        return docker.ProviderRegistryAuthArgs(
            address=self._args.server, username=self._args.username, password=self._args.password
        )

    def client_config(self) -> pulumi.Output[str]:
        """Return the config.json of Docker's client."""
        server = DOCKER_HUB.get(self._args.server, self._args.server)
        return self._args.password.apply(
            lambda password: json.dumps(
                {"auths": {server: {"auth": b64encode(f"{self._args.username}:{password}".encode()).decode()}}}
            )
        )

    def header(self) -> pulumi.Output[str]:
        """Return the header of a request to Docker's API that has the engine ask the registry."""
        login = {"username": self._args.username, "serveraddress": self._args.server}
        return self._args.password.apply(
            lambda password: (
                "X-Registry-Auth: " + urlsafe_b64encode(json.dumps({**login, "password": password}).encode()).decode()
            )
        )
