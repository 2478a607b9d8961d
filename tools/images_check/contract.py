"""The contract of each image: what the program needs of it. `contracts.yaml` has all of them."""

from functools import cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict

FILE = Path(__file__).with_name("contracts.yaml")


class _Part(BaseModel):
    """A part of a contract, without unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Metrics(_Part):
    """Metrics that rules and dashboards use, and the pages that the check asks for in a started container."""

    pages: list[str]  # URLs, asked for in this order; all may show metrics
    at_start: list[str] = []  # names on these pages
    later: list[str] = []  # names that appear only after events which the check does not cause


class Contract(_Part):
    """What the program needs of an image; each list is sorted."""

    users: list[str]  # "<uid>:<gid>" that the program sets, or "image" for the image's own
    capabilities: list[str] = []  # of the kernel; all others are dropped
    commands: dict[str, list[str]]  # programs in the image that the program starts -> their flags
    arguments: list[str] = []  # flags of the image's own entry point
    environment: list[str] = []  # names of variables
    reads: list[str] = []  # paths of files that the program puts into the container
    writes: list[str] = []  # folders that can be written to; all others cannot
    ports: list[int] = []  # on which the program asks for something
    keys: list[str] = []  # of the configuration in the files, or its directives
    labels: list[str] = []  # of services, which Traefik reads
    complaints: str = ""  # regular expression of lines that the image logs if it ignores a part of its configuration
    healthy_alone: bool = True  # whether its health check succeeds without other services
    metrics: Metrics | None = None


@cache
def contracts() -> dict[str, Contract]:
    """Return all contracts by the key of the setting `images.<key>`."""
    document = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return {key: Contract.model_validate(part) for key, part in document.items()}
