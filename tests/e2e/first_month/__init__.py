"""Settings of an operator's first month, a module for each area.

A module has `prepare(stack)`, which sets settings and secrets of the one stack that all areas share, and functions
`check_<what>(stack)`, which see the effect of the settings on the machines. test_first_month.py runs them.
"""

import importlib
import pkgutil
from collections.abc import Callable
from types import ModuleType

from tests.e2e.harness import Stack

PREFIX = "check_"


def areas() -> list[ModuleType]:
    """Return the modules of this folder."""
    return [importlib.import_module(f"{__name__}.{module.name}") for module in pkgutil.iter_modules(__path__)]


def checks() -> dict[str, Callable[[Stack], None]]:
    """Return the checks of all areas, by area and name."""
    return {
        f"{area.__name__.rpartition('.')[2]}-{name.removeprefix(PREFIX)}": function
        for area in areas()
        for name, function in vars(area).items()
        if name.startswith(PREFIX)
    }
