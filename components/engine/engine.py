"""The Docker engine of one machine."""

import json
from dataclasses import dataclass
from typing import Any

import pulumi

from components.engine.certificates import Certificate
from components.engine.daemon_json import daemon_json, merge_daemon_json
from components.engine.settings import EngineSettings
from components.machines.machine import APT_FUNCTIONS, Machine

INSTALL_TIMEOUT = "10m"  # a cloud's machine boots, then packages are installed
# Of the key that signs docker.com's packages. Source: Docker documentation, "Install Docker Engine on Debian".
KEY_FINGERPRINT = "9DC858229FC7DD38854AE2D88D81803C0EBFCD88"


@dataclass(frozen=True, kw_only=True)
class EngineArgs:
    """What one engine is made of."""

    machine: Machine
    settings: EngineSettings  # resolved
    certificate: Certificate | None = None  # of the API on 2376; workers have none
    depends_on: pulumi.Resource | None = None  # engine that must be up again before this one may restart


class Engine(pulumi.ComponentResource):
    """A running Docker engine of an exact version, with the API on 2376 where a certificate is given.

    What an engine had in its daemon.json before is kept beside the program's own settings. Destroying it leaves the
    engine where it is: it goes with its machine, or when its machine leaves.
    Outputs: ``version`` (str) as the engine reports it. ``running`` (str) is that, and since when it runs as it is set.
    Errors: the update fails when the machine does not answer, its system is not supported, or the version is not to
    be had from its packages.
    """

    version: pulumi.Output[str]
    generation: pulumi.Output[str]

    def __init__(self, name: str, args: EngineArgs, opts: pulumi.ResourceOptions | None = None):
        daemon = daemon_json(args.settings, serves_api=args.certificate is not None)
        source, version = args.settings.source or "", args.settings.version or ""
        props: dict[str, Any] = {"source": source, "version": version, "daemon": daemon}
        if args.settings.containerd_version is not None:
            props["containerd_version"] = args.settings.containerd_version
        super().__init__("nuvla:engine:Engine", name, props, opts)
        machine = args.machine
        self.packages = machine.command(
            f"{name}-install",
            "engine/scripts/install.sh",
            {
                "SOURCE": source,
                "VERSION": version,
                "CONTAINERD_VERSION": args.settings.containerd_version or "",
                "KEY_FINGERPRINT": KEY_FINGERPRINT,
            },
            pulumi.ResourceOptions(
                parent=self, custom_timeouts=pulumi.CustomTimeouts(create=INSTALL_TIMEOUT, update=INSTALL_TIMEOUT)
            ),
            libraries=[APT_FUNCTIONS],
            triggers=[machine.system_generation],
            dial_error_limit=-1,
        )
        certificate = args.certificate
        content = pulumi.Output.from_input(machine.daemon_json or "").apply(
            lambda theirs: json.dumps(merge_daemon_json(theirs, daemon, machine.name), indent=2)
        )
        self.ready = machine.command(
            f"{name}-configure",
            "engine/scripts/configure.sh",
            {
                "DAEMON_JSON": content,
                "TLS_CA": certificate.ca if certificate else "",
                "TLS_CERT": certificate.cert if certificate else "",
                "TLS_KEY": certificate.key if certificate else "",
                "TLS_END": certificate.end if certificate else "",
                "MACHINE": machine.name,
            },
            pulumi.ResourceOptions(
                parent=self, depends_on=[self.packages, *([args.depends_on] if args.depends_on else [])]
            ),
            triggers=[machine.system_generation],
        )
        self.version = self.ready.stdout.apply(lambda text: text.partition("\n")[0])
        self.generation = self.ready.stdout
        self.register_outputs({"version": self.version})
