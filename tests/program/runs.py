"""Runs of the whole program, each made once: several tests look at the same."""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from tests.support.pulumi_run import Program, run_program


def run(
    document: Mapping[str, Any],
    *,
    preview: bool = False,
    secrets: Mapping[str, str] | None = None,
    state: Mapping[str, Any] | None = None,
) -> Program:
    """The program with a configuration; not to be changed by those who look at it."""
    return _run(json.dumps(document), json.dumps(dict(secrets or {})), json.dumps(state), preview)


@cache
def _run(document: str, secrets: str, state: str, preview: bool) -> Program:
    given = {"secrets": json.loads(secrets), "state": json.loads(state)}
    return run_program(json.loads(document), preview=preview, **given)
