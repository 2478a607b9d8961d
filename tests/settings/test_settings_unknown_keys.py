"""The line of an unknown key names the key, the provider or the section that the user may have meant."""

import re
from collections.abc import Iterator
from typing import Any

import pulumi
import pytest

from components.machines.registry import MODELS
from docs.settings_table import settings
from stacks.config.locations import models_in
from tests.settings.loading import refusals
from tests.settings.rows import concrete
from tests.settings.table import ROWS
from tests.support.configs import changed, existing, exoscale, target

SHORTEST_KEY = 5  # of which one letter may be wrong
SETTINGS = {setting.path.rpartition(".")[2] for setting in settings()}
UNKNOWN = [
    (target(), "traefik.acces_log", "did you mean access_log?"),
    (target(), "firewal", "did you mean firewall?"),
    (target(), "machines.pools.worker.size", "size is for machines.provider: exoscale"),
    (target(), "machines.pools.worker.hosts", "hosts is for machines.provider: existing"),
    (exoscale(), "machines.subnet", "subnet is for machines.provider: local"),
    (existing(), "machines.pools.worker.count", "count is for machines.provider: local or machines.provider: exoscale"),
    (target(), "machines.protect", "pulumi_protect is for machines.provider: exoscale"),
    (target(), "machines.pools.worker.disk", "did you mean disk_gib, which is for machines.provider: exoscale?"),
    (existing(), "machines.privat_network", "did you mean private_network, which is for machines.provider: exoscale?"),
    (exoscale(), "machines.pools.worker.host", "did you mean hosts, which is for machines.provider: existing?"),
    (target(), "volumes.nfs.size", "did you mean size_gib?"),
    (target(), "volumes.nfs.keep", "did you mean volumes.retain_on_destroy?"),
    (target(), "nfs.kind", "did you mean kind at the top?"),
    (target(), "engine.mirrors", "did you mean registry_mirrors?"),
    (target(), "acme", "did you mean traefik.acme?"),
    (target(), "prometheus", "did you mean monitoring.prometheus or volumes.prometheus or images.prometheus?"),
    (target(), "monitoring.email_to", "did you mean monitoring.alertmanager.email_to?"),
    (
        target(),
        "monitoring.smtp_password",
        "smtp_password is a secret: `pulumi config set --stack prod --secret nuvla-swarm:smtp_password`",
    ),
]


def test_an_unknown_key_gets_the_key_that_was_meant(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulumi, "get_stack", lambda: "prod")
    found = {path: refusals(changed(document, path, "x")) for document, path, _ in UNKNOWN}
    wrong = {
        path: found[path] for _, path, end in UNKNOWN if not any(line.endswith(f"; {end}") for line in found[path])
    }
    assert wrong == {}


def models(model: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield each section of the machines of a provider, with its path."""
    yield path, model
    for name, field in model.model_fields.items():
        for nested in models_in(field.annotation):
            step = {"pools": "pools.worker", "hosts": "hosts.1", "overrides": "overrides.worker-1"}.get(name, name)
            yield from models(nested, f"{path}.{step}".removeprefix("."))


@pytest.mark.parametrize("provider", MODELS)
def test_each_key_of_another_provider_is_told_with_its_provider(provider: str) -> None:
    document = {"local": target(), "exoscale": exoscale(), "existing": existing()}[provider]
    sections, wrong, seen = dict(models(MODELS[provider])), [], 0
    for other in MODELS:
        for path, model in models(MODELS[other]):
            for key in set(model.model_fields) - set(sections[path].model_fields) if path in sections else ():
                place, seen = f"machines.{path}.{key}".replace("..", "."), seen + 1
                lines = refusals(changed(document, place, "x"))
                if not any(
                    line.startswith(f"{place}: unknown key; ")
                    and f"; {key} is for " in line
                    and f"machines.provider: {other}" in line
                    for line in lines
                ):
                    wrong.append((place, lines))
    assert seen > 5
    assert wrong == []


@pytest.mark.parametrize("turned", ["a letter is missing", "a letter is doubled", "hyphens", "capitals", "camel case"])
def test_each_misspelt_key_gets_the_right_one(turned: str) -> None:
    wrong, seen = [], 0
    for row in ROWS:
        outer, _, key = concrete(row.path).rpartition(".")
        if len(key) < SHORTEST_KEY or not key.isascii() or "[" in key or f"<{key}>" in row.path or key not in SETTINGS:
            continue
        typed = {
            "a letter is missing": key[:2] + key[3:],
            "a letter is doubled": key[:2] + key[1:],
            "hyphens": key.replace("_", "-"),
            "capitals": key.upper(),
            "camel case": re.sub("_(.)", lambda found: found[1].upper(), key),
        }[turned]
        if typed == key:
            continue
        place, seen = f"{outer}.{typed}".removeprefix("."), seen + 1
        lines = [line for line in refusals(changed(row.values.document(), place, "x")) if line.startswith(f"{place}: ")]
        if not any(line.endswith(f"; did you mean {key}?") for line in lines):
            wrong.append((place, lines))
    assert seen > 30
    assert wrong == []


def test_each_wrong_name_gets_an_example_of_a_name() -> None:
    """The example of `hosts` was the name of a pool, as hosts are in a pool."""
    for document, path, example in (
        (target(), "machines.pools", "manager"),
        (existing(), "machines.pools.worker.hosts", '"1"'),
        (target(), "machines.pools.worker.labels", "example.org/disk"),
        (target(), "machines.overrides", "worker-1"),
    ):
        lines = refusals(changed(document, path, {"A name?": {}}))
        assert any(line.startswith(f"{path}.A name?: ") and f", such as {example}" in line for line in lines), lines
