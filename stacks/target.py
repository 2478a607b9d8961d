"""A target: an infrastructure that Nuvla deploys users' applications onto."""

from typing import Any

from stacks import base
from stacks.configuration import Secrets
from stacks.settings import Settings


def build(settings: Settings, secrets: Secrets) -> dict[str, Any]:
    """The resources of a target; returns the stack's outputs."""
    return base.build(settings, secrets).outputs(settings)
