"""What Traefik learns of the labels of a service, written a second time: see answers.lua and docs/applications.md."""

import re
from collections.abc import Mapping
from typing import Any

PREFIX = "nuvla-swarm-"
OWN = {"grafana", "prometheus", "s3", "traefik-issuer"}
ENTRY_POINTS = {"web", "websecure"}
KINDS = {"routers", "services", "middlewares"}
DIGITS = 18  # of the highest priority of an application
ONLY = {
    "loadbalancer.server.port": "[0-9]+",
    "loadbalancer.server.scheme": "https?|h2c",
    "loadbalancer.healthcheck.path": "/([^/].*)?",
    "loadbalancer.healthcheck.method": "(?!)",  # none
    "loadbalancer.healthcheck.followredirects": "(?!)",  # none but that which the proxy adds
}
REFUSED = {
    "routers": r"tls\.options$",
    "services": r"loadbalancer\.(servers?\.url|servers\[)",
    "middlewares": r"plugin|forwardauth|ratelimit\.redis|.*\.usersfile$",
}
SMALL = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")  # and nothing else


def answered_services(services: list[dict[str, Any]], s3_name: str) -> list[dict[str, Any]]:
    """What stands for a list of services."""
    return [_service(service, s3_name) for service in services]


def answered_tasks(tasks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What stands for a list of tasks."""
    return [{name: _template(value) if name == "Spec" else value for name, value in task.items()} for task in tasks]


def _service(service: dict[str, Any], s3_name: str) -> dict[str, Any]:
    kept = {name: value for name, value in service.items() if name != "PreviousSpec"}
    spec = dict(kept["Spec"])
    if "TaskTemplate" in spec:
        spec["TaskTemplate"] = _template(spec["TaskTemplate"])
    if spec.get("Labels") is not None:
        spec["Labels"] = passed(spec["Name"], spec["Labels"], s3_name)
    return kept | {"Spec": spec}


def _template(template: dict[str, Any]) -> dict[str, Any]:
    container = template.get("ContainerSpec")
    if container is None:
        return template
    return template | {"ContainerSpec": {name: container[name] for name in container if name in ("Image", "Labels")}}


def passed(service: str, labels: Mapping[str, str], s3_name: str) -> dict[str, str]:
    """The labels of a service that are passed on, with their values."""
    kept, checks, publishes, refused = {}, {}, False, False
    named = service not in OWN and f"{'-'.join(re.findall('[a-z0-9]+', service.translate(SMALL)))}-".startswith(PREFIX)
    for label, text in labels.items():
        parts = label.translate(SMALL).split(".")
        if service not in OWN and label in ("com.docker.compose.project", "com.docker.compose.service"):
            continue
        if parts[0] != "traefik" or len(parts) == 1 or (service in OWN and _is_ours(parts)):
            kept[label] = text
            continue
        publishes |= parts[1] == "http" and len(parts) > 2
        learnt = _learnt(parts, text, s3_name)
        if learnt is None:
            refused = True
            continue
        kept[label] = learnt
        if parts[1:3] + parts[4:6] == ["http", "services", "loadbalancer", "healthcheck"] and len(parts) > 6:
            checks[".".join([*label.split(".")[:6], "followredirects"])] = "false"
    if named or (refused and not publishes):
        kept = {label: text for label, text in kept.items() if label.translate(SMALL) != "traefik.enable"}
    return kept | checks


def _is_ours(parts: list[str]) -> bool:
    kinds = parts[1:3]
    return len(parts) > 3 and all(re.fullmatch("[a-z]+", kind) for kind in kinds) and parts[3].startswith(PREFIX)


def _learnt(parts: list[str], text: str, s3_name: str) -> str | None:
    if not _is_clear(parts) or parts[1] in ("tcp", "udp", "tls"):
        return None
    if parts[1] != "http":
        return text
    if len(parts) < 5 or parts[4:] == [""] or not all(re.fullmatch(r"[\w-]+", part) for part in parts[2:4]):
        return None
    if parts[2] not in KINDS or parts[3].startswith(PREFIX):
        return None
    return _of_an_application(parts[2], ".".join(parts[4:]), text, s3_name)


def _of_an_application(kind: str, option: str, text: str, s3_name: str) -> str | None:
    if option in ("service", "errors.service"):
        return _service_of_an_application(text)
    if kind == "routers":
        return _of_a_router(option, text, s3_name)
    if kind == "services" and option in ONLY:
        return text if re.fullmatch(ONLY[option], text, re.DOTALL) else None
    return None if kind in REFUSED and re.match(REFUSED[kind], option) else text


def _is_clear(parts: list[str]) -> bool:
    return all(re.fullmatch(r"([a-z0-9_-]+(\[[0-9]+\])?)?", part) for part in parts)


def _of_a_router(option: str, text: str, s3_name: str) -> str | None:
    if option == "entrypoints":
        return (
            ",".join(name for name in re.split("[, \t\n\v\f\r]+", text) if name.translate(SMALL) in ENTRY_POINTS)
            or "refused"
        )
    if option == "priority":
        digits = text.removeprefix("+").lstrip("0")
        return text if len(digits) <= DIGITS else "9" * DIGITS
    if option == "rule" and s3_name:
        read = text.replace("\r", "").translate(SMALL)
        hidden = re.search(r'"[^\\]*\\.*"', text, re.DOTALL) or ("host" in read and not text.isascii())
        return None if hidden or s3_name in read else text
    return None if re.match(REFUSED["routers"], option) else text


def _service_of_an_application(text: str) -> str:
    service, _, provider = text.partition("@")
    ours = service.translate(SMALL).startswith(PREFIX)
    return text if provider in ("", "swarm") and not ours else "refused@nobody"
