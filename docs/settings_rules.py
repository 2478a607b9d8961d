"""Rules that settings obey together, as docs/settings.md lists them: the first sentences of the checks' docstrings."""

import inspect
import re
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from typing import Any

from pydantic import BaseModel

from components.machines.registry import FOLDERS
from stacks.config.cross_validation import CHECKS


def rules(models: Iterable[type[BaseModel]]) -> list[str]:
    """Return each rule once: those within a section, those between sections, those of each provider."""
    functions = (*_validators(models), *CHECKS, *_provider_checks())
    return list(dict.fromkeys(_first_sentence(function) for function in functions))


def _validators(models: Iterable[type[BaseModel]]) -> Iterator[Callable[..., Any]]:
    for model in models:
        for decorator in model.__pydantic_decorators__.model_validators.values():
            yield decorator.func


def _provider_checks() -> Iterator[Callable[..., Any]]:
    """Yield `conflicts` of each provider that has checks of its own."""
    for folder in FOLDERS:
        provider = type(import_module(f"components.machines.{folder}.provider").PROVIDER)
        if "conflicts" in vars(provider):
            yield provider.conflicts


def _first_sentence(function: Callable[..., Any]) -> str:
    text = function.__doc__
    if not text:
        raise ValueError(f"{function.__module__}.{function.__qualname__}: write its rule as the docstring, a sentence")
    return re.split(r"(?<=\.)\s", " ".join(inspect.cleandoc(text).split()), maxsplit=1)[0]
