"""Reads a configuration as the program does: its settings, or the lines that refuse it."""

from collections.abc import Mapping
from typing import Any

import pulumi
import pytest

from stacks.config import loader
from stacks.config.settings import Settings
from tests.support import pulumi_run
from tests.support.configs import NAMESPACE, texts

PREFIX = f"  {NAMESPACE}:"


def parse(document: Mapping[str, Any]) -> tuple[Settings | None, list[str]]:
    """The settings of a document, or the lines that refuse it; secrets are not looked at."""
    return loader.parse({key.removeprefix(f"{NAMESPACE}:"): text for key, text in texts(document).items()})


def refusals(document: Mapping[str, Any]) -> list[str]:
    """The lines that refuse a document; none for one that is taken."""
    return parse(document)[1]


def taken(document: Mapping[str, Any]) -> Settings:
    """The settings of a document that has no mistake."""
    settings, lines = parse(document)
    assert settings is not None, lines
    return settings


def load(
    document: Mapping[str, Any], secrets: Mapping[str, str] | None = None, plain: Mapping[str, str] | None = None
) -> Settings:
    """The settings of a document, of secrets, and of texts that are handed over as they are."""
    engine = pulumi_run.start()
    hidden = {f"{NAMESPACE}:{key}": text for key, text in (secrets or {}).items()}
    raw = {f"{NAMESPACE}:{key}": text for key, text in (plain or {}).items()}
    pulumi.runtime.set_all_config({**texts(document), **raw, **hidden}, list(hidden))
    try:
        settings, _ = pulumi_run.build(loader.load)
    finally:
        assert not engine.given, "a resource was registered"
    return settings


def mistakes(
    document: Mapping[str, Any], secrets: Mapping[str, str] | None = None, plain: Mapping[str, str] | None = None
) -> list[str]:
    """The lines of the error that stops the program, below their count."""
    with pytest.raises(pulumi.RunError) as refusal:
        load(document, secrets, plain)
    head, *lines = str(refusal.value).splitlines()
    assert head == f"the configuration of this stack has {len(lines)} mistake(s):"
    assert all(line.startswith(PREFIX) for line in lines), lines
    return [line.removeprefix(PREFIX) for line in lines]
