"""A service that has one of everything, but only the networks that it is given. To be called within `build`."""

from dataclasses import replace
from typing import Any

import pulumi

from components.service.spec import File, HealthCheck, Mount, Port, SecretFile, Service


def service(**changed: Any) -> Service:
    """The service `web`, with changes."""
    given = Service(
        name="web",
        image="web:1",
        networks=[],
        memory_limit_mib=512,
        health=HealthCheck(command=["check", "it"]),
        replicas=2,
        constraints=["node.labels.disk==ssd", "node.role==worker"],
        command=["run"],
        args=["--quick"],
        env={"MODE": "fast", "HOME": "/"},
        user="1000",
        files=[File(name="main", path="/etc/main.yaml", content="a: 1\n")],
        secrets=[SecretFile(name="word", content=pulumi.Output.secret("W"))],
        mounts=[Mount(source="data", target="/data")],
        ports=[Port(published=80, target=8000)],
        labels={"z": "1", "a": "2"},
    )
    return replace(given, **changed)
