"""What a preview says of the difference between two runs with the mocked engine, in the notation of preview.py."""

import json
from collections.abc import Iterator, Mapping
from difflib import unified_diff
from itertools import zip_longest
from typing import Any

import yaml
from pulumi.runtime import rpc

from tests.settings.preview import Shown
from tests.support.fake_pulumi import FakePulumi

ABSENT: Any = object()
OPTIONS = ("protect", "retainOnDelete", "importId", "replacement_trigger")  # that the engine compares with its state


def shown(before: FakePulumi, after: FakePulumi) -> dict[str, Shown]:
    """By the logical name of each resource that the second run creates, deletes, or gives other inputs or options."""
    found: dict[str, Shown] = {}
    for name in {**before.options, **after.options}:
        if name not in after.options:
            found[name] = Shown("delete")
        elif name not in before.options:
            found[name] = Shown("create")
        elif changes := [*lines("", before.given[name], after.given[name]), *_options(before, after, name)]:
            found[name] = Shown("update", changes)
    return found


def lines(path: str, old: Any, new: Any) -> Iterator[str]:
    """The differences between two values; null is no value, as for the engine."""
    old, new = (ABSENT if value is None else value for value in (old, new))
    if old == new:
        return
    given = [value for value in (_structured(old), _structured(new)) if value is not ABSENT]
    if any(map(rpc.is_rpc_secret, given)):
        yield _leaf(path, *("[secret]" if rpc.is_rpc_secret(value) else _text(value) for value in (old, new)))
    elif any(given) and all(isinstance(value, Mapping) for value in given):
        one, other = (value if value is not ABSENT else {} for value in (_structured(old), _structured(new)))
        for key in {**one, **other}:
            yield from lines(f"{path}.{key}".removeprefix("."), one.get(key, ABSENT), other.get(key, ABSENT))
    elif any(given) and all(isinstance(value, list) for value in given):
        one, other = (value if value is not ABSENT else [] for value in (_structured(old), _structured(new)))
        for index, pair in enumerate(zip_longest(one, other, fillvalue=ABSENT)):
            yield from lines(f"{path}[{index}]", *pair)
    elif len(given) == 2 and all(isinstance(value, str) and "\n" in value for value in given):
        for line in list(unified_diff(old.splitlines(), new.splitlines(), n=0))[2:]:
            if line[0] in "+-":
                yield f"{line[0]} {path}: {line[1:].strip()}"
    else:
        yield _leaf(path, _text(old), _text(new))


def _options(before: FakePulumi, after: FakePulumi, name: str) -> Iterator[str]:
    """The differences between options, each with the mark @."""
    for option in OPTIONS:
        old, new = (getattr(engine.options[name], option) for engine in (before, after))
        if not isinstance(old, bool):
            old, new = (str(value).strip() or ABSENT for value in (old, new))
        yield from lines(f"@{option}", old, new)


def _structured(value: Any) -> Any:
    """The content of a text in JSON or YAML, as the engine compares it; any other value as it is."""
    if not isinstance(value, str) or ("\n" not in value and not value.startswith("{")):
        return value
    try:
        content = yaml.load(value, yaml.CSafeLoader)
    except yaml.YAMLError:
        return value
    return content if isinstance(content, Mapping | list) else value


def _leaf(path: str, old: str, new: str) -> str:
    if not old:
        return f"+ {path}: {new}"
    return f"{path}: {old} => {new}" if new else f"- {path}: {old}"


def _text(value: Any) -> str:
    """A value as a preview writes it; nothing for what is absent."""
    if value is ABSENT:
        return ""
    return json.dumps(int(value) if isinstance(value, float) and value.is_integer() else value)
