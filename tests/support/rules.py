"""All rules of changes, of all providers, and what they say of a change."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from components.machines.registry import FOLDERS
from components.rule import Rule
from stacks import prior_state
from stacks.transitions import RULES, refused, without_reinstalled
from tests.settings.loading import taken


def rules() -> list[Rule[Any]]:
    """Return the rules in the order in which lines of errors have them."""
    providers = [import_module(f"components.machines.{folder}.provider").PROVIDER for folder in FOLDERS]
    return [*RULES, *(rule for provider in providers for rule in provider.rules)]


def rules_against(document: Mapping[str, Any], state: Mapping[str, Any]) -> set[str]:
    """Return the ids of the rules that refuse settings in the place of those that the state is of."""
    settings = taken(document)
    return set(refused(settings, without_reinstalled(settings, prior_state.parse(state))))
