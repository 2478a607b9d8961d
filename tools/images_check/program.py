"""The containers that the program starts of each image, from runs of the program with a fake of Pulumi's engine."""

import re
from base64 import b64decode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from cryptography import x509

from components import catalog
from components.traefik.certificate_copy import MOUNT as OWN_CERTIFICATES
from components.traefik.certificate_copy import PATH as OWN_CERTIFICATE
from tests.support.configs import host, target
from tests.support.fake_pulumi import FakePulumi
from tests.support.pulumi_run import run_program
from tests.support.self_signed import self_signed

PASSWORD = "images-check"  # noqa: S105  # of the users that the trials make
PASSWORD_HASH = "$2b$04$cs8NIvHsUzXhgJvcv4JIoeHU/AZIQW9ExgNWlzRsEzzb/4hYzd32W"  # noqa: S105  # its bcrypt hash
OWN_VARIABLES = "NUVLA_SWARM_"  # of the program alone: no image reads them
CHECK_ARGUMENTS = 8  # of a health check before its command: CMD, shell, -c, script, name, start, pause, timeout

SMTP = {"host": "mail.invalid", "from_address": "swarm@mail.invalid", "from_name": "Swarm", "username": "swarm"}
MUTE = {"start": "22:00", "end": "07:30", "weekends": True}
MONITORING = {
    "smtp": SMTP,
    "alertmanager": {"email_to": ["you@mail.invalid"], "mute_warnings": MUTE},
    "prometheus": {"external_labels": {"site": "here"}},
}
RECEIVERS = {
    **dict.fromkeys(("alert_webhook_url", "slack_webhook_url", "teams_webhook_url"), "https://receiver.invalid/"),
    "pagerduty_routing_key": "0" * 32,
    "smtp_password": PASSWORD,
}
DOMAIN = "swarm.invalid"
ACME = {"email": "you@mail.invalid", "server": "https://acme.invalid/directory"}
DNS = {"provider": "httpreq", "resolvers": ["192.0.2.53:53"]}


@dataclass(frozen=True, kw_only=True)
class Mounted:
    """A folder of the machine, or a volume, in a container."""

    source: str
    target: str
    bind: bool  # a path of the machine
    read_only: bool


@dataclass(frozen=True, kw_only=True)
class Start:
    """A container as the swarm starts it: all that its image has to cope with."""

    key: str  # of the setting `images.<key>`
    service: str
    command: Sequence[str]  # instead of the image's entry point, if any
    arguments: Sequence[str]
    environment: Mapping[str, str]
    user: str | None  # "<uid>:<gid>"; None: the image's
    capabilities: Sequence[str]
    files: Mapping[str, str] = field(repr=False)  # path -> text
    secrets: Mapping[str, str] = field(repr=False)  # path -> text
    mounts: Sequence[Mounted]
    temporary: Sequence[str]  # folders in memory
    health_script: str = field(repr=False)
    health: Sequence[str]  # command of the health check
    labels: Mapping[str, str] = field(repr=False)  # of the service, which Traefik reads
    ports: Sequence[int]


@cache
def starts() -> tuple[Start, ...]:
    """Return each different container of settings that use all that the program does with images."""
    found: dict[tuple[Any, ...], Start] = {}
    for engine in _runs():
        for start in _starts(engine):
            found.setdefault((start.key, start.command, start.service, tuple(start.files), start.arguments), start)
    return tuple(found.values())


def starts_of(key: str) -> list[Start]:
    """Return the containers of an image."""
    return [start for start in starts() if start.key == key]


def _runs() -> Iterator[FakePulumi]:
    certificate, key = self_signed(x509.DNSName(DOMAIN))
    own = {"certificate": certificate, "min_tls": "1.3", "hsts_max_age_s": 3600}
    proxied = {"access_log": True, "access_log_format": "json", "trusted_proxies": ["10.66.0.0/24"]}
    elasticsearch = {"monitoring": {"elasticsearch": {"enabled": True}}}
    yield run_program(target(domain=DOMAIN, monitoring=MONITORING, traefik=proxied), secrets=RECEIVERS).engine
    yield run_program(target(managers=3, domain=DOMAIN, traefik={"acme": {**ACME, "server_ca": certificate}})).engine
    with_dns = {"acme": {**ACME, "dns_challenge": DNS, "domains": [{"main": "*.swarm.invalid"}]}}
    credentials = {"traefik_dns_credentials": '{"HTTPREQ_ENDPOINT": "http://192.0.2.54", "HTTPREQ_PASSWORD": "x"}'}
    yield run_program(target(domain=DOMAIN, traefik=with_dns), secrets=credentials).engine
    yield run_program(
        host(domain=DOMAIN, traefik=own, **elasticsearch), secrets={"traefik_certificate_key": key}
    ).engine


def _starts(engine: FakePulumi) -> Iterator[Start]:
    by_id = {outputs["id"]: name for name, outputs in engine.outputs.items() if "id" in outputs}
    keys = {f"STDOUT:{key.replace('_', '-')}-image-pull": key for key in catalog.images()}
    for name, kind in engine.types.items():
        if kind != "docker:index/service:Service":
            continue
        service = engine.inputs(name)
        if service["mode"] == {"replicated": {"replicas": 0}}:  # it only holds ports, and never starts
            continue
        container = service["taskSpec"]["containerSpec"]
        mounts = container.get("mounts", [])
        tests = container["healthcheck"]["tests"]
        yield Start(
            key=keys[container["image"]],
            service=service["name"],
            command=tuple(container.get("commands") or ()),
            arguments=tuple(container.get("args") or ()),
            environment={k: _real(v) for k, v in (container.get("env") or {}).items() if OWN_VARIABLES not in k},
            user=container.get("user"),
            capabilities=tuple(container.get("capAdds") or ()),
            files={
                config["fileName"]: _real(engine.inputs(by_id[config["configId"]])["dataRaw"])
                for config in container.get("configs", [])
            }
            | _written_by_others(mounts),
            secrets={
                f"/run/secrets/{secret['fileName']}": _real(
                    b64decode(engine.inputs(by_id[secret["secretId"]])["data"]).decode()
                )
                for secret in container.get("secrets", [])
            },
            mounts=[
                Mounted(
                    source=mount["source"],
                    target=mount["target"],
                    bind=mount["type"] == "bind",
                    read_only=mount["readOnly"],
                )
                for mount in mounts
                if mount["type"] != "tmpfs"
            ],
            temporary=tuple(mount["target"] for mount in mounts if mount["type"] == "tmpfs"),
            health_script=tests[3],
            health=tuple(tests[CHECK_ARGUMENTS:]),
            labels={label["label"]: label["value"] for label in service.get("labels", [])},
            ports=tuple(int(port["targetPort"]) for port in service["endpointSpec"].get("ports", [])),
        )


def _written_by_others(mounts: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return the files that another service writes into a container's volumes: Traefik's own certificate."""
    targets = [mount["target"] for mount in mounts]
    return {OWN_CERTIFICATE: "".join(_certificate())} if OWN_CERTIFICATES.target in targets else {}


@cache
def _certificate() -> tuple[str, str]:
    return self_signed(x509.DNSName(DOMAIN))


def _real(text: str) -> str:
    """Return a text with real keys, certificates and hashes in place of those of the fake engine."""
    certificate, key = _certificate()
    text = re.sub(r"SELF-SIGNED-PEM:[a-z0-9-]+", certificate, text)
    text = re.sub(r"PRIVATE-KEY-PEM:[a-z0-9-]+", key, text)
    return re.sub(r"BCRYPT:[a-z0-9-]+", PASSWORD_HASH, text)
