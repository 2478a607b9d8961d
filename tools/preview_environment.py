"""Credentials for a preview, for want of real ones.

The plugin of a cloud wants credentials although a preview asks the cloud nothing. Each provider declares credentials of
the form that its plugin wants; a provider that the environment has any credential of is left alone.
"""

from collections.abc import Iterator, Mapping

from components.machines.registry import MODELS


def lent(environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the variables that the environment lacks, with their values."""
    for model in MODELS.values():
        if not any(environment.get(name) for name in model.preview_environment):
            yield from model.preview_environment.items()
