"""The files that configure Traefik."""

import json
from collections.abc import Iterator

from components import assets
from components.ports import HTTP, HTTPS, S3, TRAEFIK
from components.service.spec import File
from components.socket_proxy.stack import SOCKET
from components.traefik import published
from components.traefik.additions import dynamic_additions, static_additions, with_additions
from components.traefik.certificate_copy import PATH as OWN_CERTIFICATE
from components.traefik.context import TraefikContext
from components.traefik.settings import TraefikSettings

SELF_SIGNED = "/etc/traefik/certificate.pem"
SELF_SIGNED_KEY = "/run/secrets/certificate-key"


def configuration_files(settings: TraefikSettings, context: TraefikContext) -> Iterator[File]:
    """Yield the static and the dynamic configuration, and what is reserved for the program's services.

    A template may name each plain setting of the section.
    """
    values = settings.template_values() | {
        "web_port": str(HTTP.number),
        "websecure_port": str(HTTPS.number),
        "s3_port": str(S3.number),
        "traefik_port": str(TRAEFIK.number),
        "network": context.network,
        "docker": SOCKET,
        "access_log": _access_log(settings),
        "api": "api@internal" if settings.dashboard else "unavailable",
        "operators": json.dumps(list(context.operators)),
        "consoles": json.dumps(list(context.consoles)),
        "certificate_file": SELF_SIGNED if settings.certificate is None else OWN_CERTIFICATE,
        "key_file": SELF_SIGNED_KEY if settings.certificate is None else OWN_CERTIFICATE,
    }
    static = assets.render_known("traefik/files/traefik.yaml", values)
    static = with_additions(static, static_additions(settings, hands_over=context.hands_over))
    yield File(name="static", path="/etc/traefik/traefik.yaml", content=static)
    dynamic = assets.render_known("traefik/files/dynamic.yaml", values)
    dynamic = with_additions(dynamic, dynamic_additions(settings, hands_over=context.hands_over))
    yield _dynamic("dynamic", dynamic)
    if context.reserved:
        rule = json.dumps(" || ".join(context.reserved))
        yield _dynamic("reserved", assets.render("traefik/files/reserved.yaml", {"rule": rule}))
    for entry_point, host in published.s3_hosts(context.s3_name).items() if context.s3_port is not None else ():
        rule = json.dumps(f"HostSNI(`{host}`)")
        reserved = assets.render("traefik/files/reserved_s3.yaml", {"entry_point": entry_point, "rule": rule})
        yield _dynamic(f"reserved-{entry_point}", reserved)


def _access_log(settings: TraefikSettings) -> str:
    if not settings.access_log:
        return "null"
    return "{}" if settings.access_log_format == "common" else json.dumps({"format": settings.access_log_format})


def _dynamic(name: str, content: str) -> File:
    return File(name=name, path=f"/etc/traefik/dynamic/{name}.yaml", content=content)
