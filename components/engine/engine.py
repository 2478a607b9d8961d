"""The Docker engine of a machine."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import pulumi

from components.assets import read
from components.engine.certificates import Certificate
from components.engine.daemon_json import daemon_json, merge_daemon_json
from components.engine.settings import EngineSettings, RepositorySettings
from components.machines.machine import APT_FUNCTIONS, Machine
from components.machines.proxy import NO_PROXY, Proxy
from components.machines.turns import Build
from components.machines.upgrade import Upgrade

INSTALL_TIMEOUT = "10m"  # a cloud's machine may still boot, then the script installs packages


@dataclass(frozen=True, kw_only=True)
class EngineArgs:
    """The settings of an engine."""

    machine: Machine
    settings: EngineSettings  # resolved
    proxy: Proxy = NO_PROXY
    certificate: Certificate | None = None  # server certificate of the API on 2376; None: no API, as on workers
    operator_cas: Mapping[str, pulumi.Output[str]] = field(default_factory=dict)  # operator -> CA of clients, PEM
    after: Sequence[pulumi.Input[pulumi.Resource]] = ()  # comes before the engine restarts, or is replaced
    hooks: pulumi.ResourceHookBinding | None = None  # of the command that restarts the engine
    refilled: Callable[[pulumi.Output[str]], pulumi.Output[str]] | None = (
        None  # generation -> itself, when all is as before
    )
    access: Mapping[str, Any] = field(default_factory=dict)  # what certificates and proxy are made of, in plain values
    build: Build | None = None  # of the machine
    upgrade: Upgrade | None = None  # of the machine's packages, after which the engine is as before
    is_replaced: bool = False  # whether another version than that of the last update is wanted


class Engine(pulumi.ComponentResource):
    """A Docker engine of an exact version, with the API on 2376 where a certificate is given.

    The program keeps the settings of a former daemon.json that it does not set itself. Destroying the component leaves
    the engine in place: the engine goes with its machine, or when the program restores an existing host.
    Outputs: ``version`` (str), as the engine reports it; ``generation`` (str), the version with the start time of the
    engine, known when its machine has tasks as before; ``wanted`` (dict), ``version`` (str) of the settings,
    ``daemon`` (dict), what the program has in daemon.json, ``access`` (dict), what its certificates and its proxy are
    made of, and ``build`` (dict) of the machine. The attribute ``packages`` is the command that installs the packages,
    ``ready`` the command after which the engine runs with its settings.
    Errors: the update fails if the machine does not answer, its system is not supported, or the package source does
    not have the version.
    """

    version: pulumi.Output[str]
    generation: pulumi.Output[str]  # changes when the engine restarts with other settings

    def __init__(self, name: str, args: EngineArgs, opts: pulumi.ResourceOptions | None = None):
        daemon = daemon_json(args.settings, serves_api=args.certificate is not None)
        source, version = args.settings.source or "", args.settings.version or ""
        props: dict[str, Any] = {"source": source, "version": version, "daemon": daemon}
        if args.settings.containerd_version is not None:
            props["containerd_version"] = args.settings.containerd_version
        repository = args.settings.repository
        if repository != RepositorySettings():
            props["repository"] = repository.model_dump()
        if args.operator_cas:
            props["operators"] = list(args.operator_cas)
        if args.proxy.is_used:
            props["proxy"] = args.proxy.props()
        super().__init__("nuvla:engine:Engine", name, props, opts)
        machine = args.machine
        upgrade = args.upgrade
        upgraded = [upgrade.ended()] if upgrade else []
        earlier = [*args.after, *upgraded]
        self.packages = machine.command(
            f"{name}-install",
            "engine/scripts/install.sh",
            {
                "SOURCE": source,
                "VERSION": version,
                "CONTAINERD_VERSION": args.settings.containerd_version or "",
                "REPOSITORY": repository.url,
                "KEY_FINGERPRINT": repository.key_fingerprint,
                **args.proxy.parameters(),
            },
            pulumi.ResourceOptions(
                parent=self,
                # All that follows on a machine waits for its restart.
                depends_on=earlier if args.is_replaced else upgraded,
                custom_timeouts=pulumi.CustomTimeouts(create=INSTALL_TIMEOUT, update=INSTALL_TIMEOUT),
            ),
            libraries=[APT_FUNCTIONS],
            triggers=[machine.system_generation],
            dial_error_limit=-1,
        )
        certificate = args.certificate
        content = pulumi.Output.from_input(machine.daemon_json or "").apply(
            lambda former: json.dumps(merge_daemon_json(former, daemon, machine.name), indent=2)
        )
        self.ready = machine.command(
            f"{name}-configure",
            "engine/scripts/configure.sh",
            {
                "VERSION": version,
                "DAEMON_JSON": content,
                "TLS_CA": _client_cas(certificate, args.operator_cas) if certificate else "",
                "TLS_CERT": certificate.cert if certificate else "",
                "TLS_KEY": certificate.key if certificate else "",
                "TLS_END": certificate.end if certificate else "",
                "HELPER": read("engine/files/sole_manager.sh"),
                "MACHINE": machine.name,
                **args.proxy.parameters(),
            },
            pulumi.ResourceOptions(parent=self, depends_on=[self.packages, *earlier], hooks=args.hooks),
            triggers=[machine.system_generation, *([upgrade.start] if upgrade else [])],
        )
        self.version = self.ready.stdout.apply(lambda text: text.partition("\n")[0])
        self.generation = args.refilled(self.ready.stdout) if args.refilled else self.ready.stdout
        wanted: dict[str, Any] = {"version": version, "daemon": daemon, "access": dict(args.access)}
        if args.build:
            wanted["build"] = asdict(args.build)
        self.register_outputs({"version": self.version, "wanted": wanted, "generation": self.generation})

    def as_before(self) -> pulumi.Output[pulumi.Resource]:
        """Return the last resource of the engine, known when its machine has tasks as before."""

        async def last() -> pulumi.Resource:
            await self.generation.future()
            return self.ready

        return pulumi.Output.from_input(last())


def _client_cas(certificate: Certificate, operator_cas: Mapping[str, pulumi.Output[str]]) -> pulumi.Output[str]:
    """Return all CAs whose clients the engine accepts, PEM."""
    if not operator_cas:
        return certificate.ca
    return pulumi.Output.all(certificate.ca, *operator_cas.values()).apply(lambda cas: "".join(map(str, cas)))
