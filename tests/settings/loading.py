"""Reads a configuration as the program does: its settings, or the lines that refuse it."""

import re
from collections.abc import Mapping
from typing import Any

import pulumi
import pytest

from stacks.config import loader
from stacks.config.blame import is_given
from stacks.config.settings import Settings
from tests.support import pulumi_run
from tests.support.configs import NAMESPACE, texts

PREFIX = f"  {NAMESPACE}:"


def parse(document: Mapping[str, Any]) -> tuple[Settings | None, list[str]]:
    """The settings of a document, or the lines that refuse it; secrets are not looked at."""
    return loader.parse(_raw(document))


def _raw(document: Mapping[str, Any], plain: Mapping[str, str] | None = None) -> dict[str, str]:
    return {key.removeprefix(f"{NAMESPACE}:"): text for key, text in texts(document).items()} | dict(plain or {})


def refusals(document: Mapping[str, Any]) -> list[str]:
    """The lines that refuse a document; none for one that is taken."""
    lines = parse(document)[1]
    assert [line for line in lines if blames_a_default(line, document)] == []
    return lines


def blames_a_default(line: str, document: Mapping[str, Any]) -> bool:
    """Return whether a line says that a value is given at a path that the document does not have."""
    path, _, told = line.partition(": ")
    return bool(re.search(r"(?<!^not) given[,;]", told)) and not is_given(document, path)


def says(line: str, expected: str) -> bool:
    """Return whether a line is the expected one, perhaps with an example or advice at its end."""
    return line == expected or line.startswith((f"{expected}, such as ", f"{expected}; "))


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
    number = f"{len(lines)} mistake{'s' if len(lines) > 1 else ''}"
    hidden = {
        key: value
        for key, value in _raw(document, {**(plain or {}), **(secrets or {})}).items()
        if key not in loader.SECRETS
    }
    within = loader.within_sections(hidden)[0] is None
    more = " (there may be more after you correct these)" if within else ""
    assert head == f"the configuration of this stack has {number}{more}:"
    assert all(line.startswith(PREFIX) for line in lines), lines
    return [line.removeprefix(PREFIX) for line in lines]
