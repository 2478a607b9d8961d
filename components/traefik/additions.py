"""Parts of Traefik's configuration that only some settings add."""

from collections.abc import Mapping
from typing import Any

import yaml

from components.traefik import ALIVE_PATH
from components.traefik.settings import TraefikSettings

HTTP_ENTRY_POINTS = ("web", "websecure")  # S3 gets its requests as they are, so only the PROXY protocol is for it
ALL_ENTRY_POINTS = (*HTTP_ENTRY_POINTS, "s3")
HAND_OVER_S = 5  # for which Traefik serves on after it was asked to stop, until no address leads to it
BEFORE_REDIRECTIONS = 9223372036854774807  # the priority of the redirection to 443, and one
TLS_OPTIONS = ("default", "nuvla-swarm-http-1")


def with_additions(text: str, additions: Mapping[str, Any]) -> str:
    """Return a YAML document with further keys; without any, the same text, so that Traefik keeps its file."""
    if not additions:
        return text
    return yaml.safe_dump(_merged(yaml.safe_load(text), additions), sort_keys=False)


def static_additions(settings: TraefikSettings, *, hands_over: bool) -> dict[str, Any]:
    """Return what the static configuration has beside the template. Source: Traefik documentation, "EntryPoints"."""
    entry_points: dict[str, Any] = {}
    if settings.trusted_proxies:
        trusted = {"trustedIPs": [str(network) for network in settings.trusted_proxies]}
        entry_points = {name: {"forwardedHeaders": trusted, "proxyProtocol": trusted} for name in HTTP_ENTRY_POINTS}
        entry_points["s3"] = {"proxyProtocol": trusted}
    if settings.hsts_max_age_s is not None:
        secure = entry_points.setdefault("websecure", {})
        secure["http"] = {"middlewares": ["retry@file", "compress@file", "hsts@file"]}
    for name in ALL_ENTRY_POINTS if hands_over else ():
        life_cycle = {"requestAcceptGraceTimeout": f"{HAND_OVER_S}s"}
        entry_points.setdefault(name, {})["transport"] = {"lifeCycle": life_cycle}
    return {"entryPoints": entry_points} if entry_points else {}


def dynamic_additions(settings: TraefikSettings, *, hands_over: bool) -> dict[str, Any]:
    """Return what the dynamic configuration has beside the template. Source: Traefik documentation, "TLS", "Ping"."""
    additions: dict[str, Any] = {}
    if settings.min_tls == "1.3":
        additions["tls"] = {"options": {name: {"minVersion": "VersionTLS13"} for name in TLS_OPTIONS}}
    if settings.hsts_max_age_s is not None:
        headers = {"headers": {"stsSeconds": settings.hsts_max_age_s}}
        additions["http"] = {"middlewares": {"hsts": headers}}
    if hands_over:
        alive = {"entryPoints": ["web"], "rule": f"Path(`{ALIVE_PATH}`)", "service": "ping@internal"}
        additions.setdefault("http", {})["routers"] = {"alive": {**alive, "priority": BEFORE_REDIRECTIONS}}
    return additions


def _merged(document: Mapping[str, Any], additions: Mapping[str, Any]) -> dict[str, Any]:
    """Return the document with the additions, which replace lists and plain values."""
    result = dict(document)
    for key, value in additions.items():
        before = result.get(key)
        result[key] = _merged(before, value) if isinstance(before, Mapping) and isinstance(value, Mapping) else value
    return result
