"""The files that configure Traefik."""

import json
from collections.abc import Iterator

from components import assets
from components.ports import HTTP, HTTPS, S3, TRAEFIK
from components.service.spec import File
from components.socket_proxy.stack import SOCKET
from components.traefik import published
from components.traefik.context import TraefikContext
from components.traefik.settings import TraefikSettings


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
        "access_log": "{}" if settings.access_log else "null",
        "operators": json.dumps(list(context.operators)),
        "consoles": json.dumps(list(context.consoles)),
    }
    static = assets.render_known("traefik/files/traefik.yaml", values)
    yield File(name="static", path="/etc/traefik/traefik.yaml", content=static)
    dynamic = assets.render_known("traefik/files/dynamic.yaml", values)
    yield File(name="dynamic", path="/etc/traefik/dynamic/dynamic.yaml", content=dynamic)
    if context.reserved:
        rule = json.dumps(" || ".join(context.reserved))
        yield _dynamic("reserved", assets.render("traefik/files/reserved.yaml", {"rule": rule}))
    for entry_point, host in published.s3_hosts(context.s3_name).items() if context.s3_port is not None else ():
        rule = json.dumps(f"HostSNI(`{host}`)")
        reserved = assets.render("traefik/files/reserved_s3.yaml", {"entry_point": entry_point, "rule": rule})
        yield _dynamic(f"reserved-{entry_point}", reserved)


def _dynamic(name: str, content: str) -> File:
    return File(name=name, path=f"/etc/traefik/dynamic/{name}.yaml", content=content)
