"""Check of dashboards against Grafana's own schema, as the types of its Foundation SDK have it."""

import json
import types
import typing
from collections.abc import Iterator
from enum import Enum
from typing import Any

from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.cog import runtime
from grafana_foundation_sdk.models import gauge, prometheus, stat, table, text, timeseries, units
from grafana_foundation_sdk.models.dashboard import Dashboard

MODELS = "grafana_foundation_sdk.models."
UNITS = {value for name, value in vars(units).items() if isinstance(value, str) and not name.startswith("_")}
CUSTOM_UNITS = ("suffix:", "prefix:", "time:", "si:", "count:", "currency:")


class Read(builders.Dashboard):
    """A dashboard that the types of the SDK make of a text."""

    def __init__(self, written: str) -> None:
        super().__init__("")
        for panel in (gauge, stat, table, text, timeseries):
            runtime.register_panelcfg_variant(panel.variant_config())
        runtime.register_dataquery_variant(prometheus.variant_config())
        self._internal = Dashboard.from_json(json.loads(written))


def faults(written: str) -> list[str]:
    """Return a line for each value of a dashboard whose type, or whose word, Grafana's schema does not have."""
    return list(_of_model(Read(written).build(), "dashboard"))


def is_unit(unit: str) -> bool:
    """Return whether Grafana has a unit, or takes it as a custom one."""
    return unit in UNITS or unit.startswith(CUSTOM_UNITS)


def _of_model(value: Any, path: str) -> Iterator[str]:
    for name, hint in typing.get_type_hints(type(value)).items():
        yield from _of(getattr(value, name, None), hint, f"{path}.{name}")


def _of(value: Any, hint: Any, path: str) -> Iterator[str]:
    origin, parts = typing.get_origin(hint), typing.get_args(hint)
    if isinstance(value, dict) and getattr(hint, "__module__", "").startswith(MODELS):  # which the SDK did not read
        model = hint.from_json(value)
        yield from (f"{path}: unknown key {key}" for key in value if key not in model.to_json())
        value = model
    if type(value).__module__.startswith(MODELS) and not isinstance(value, Enum):
        yield from _of_model(value, path)
    elif origin in (typing.Union, types.UnionType):
        found = [list(_of(value, part, path)) for part in parts]
        if all(found):
            yield found[0][0]
    elif origin is list and isinstance(value, list):
        for number, one in enumerate(value):
            yield from _of(one, parts[0], f"{path}[{number}]")
    elif origin is dict and isinstance(value, dict):
        for key, one in value.items():
            yield from _of(one, parts[1], f"{path}.{key}")
    elif not _fits(value, origin or hint, parts):
        yield f"{path}: {value!r} is no {getattr(hint, '__name__', hint)}"


def _fits(value: Any, kind: Any, parts: tuple[Any, ...]) -> bool:
    if kind in (Any, object):
        return True
    if kind is typing.Literal:
        return value in parts
    if isinstance(kind, type) and issubclass(kind, Enum):
        return value in [one.value for one in kind] or isinstance(value, kind)
    if kind is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if kind is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return not isinstance(kind, type) or isinstance(value, kind)
