"""Check: refuse inputs that the schema does not know, fill in its defaults and set its secret marks."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from standin.schema import ANY, BOOLEAN, INTEGER, NUMBER, STRING, Choice, ListOf, MapOf, Object, Property, Type
from standin.values import UNKNOWN, Secret, Value, Values, secret

_Items = list[tuple[int, Value]] | list[tuple[str, Value]]


@dataclass(frozen=True)
class Failure:
    """One input that is wrong."""

    path: str  # "connection.hostKey"
    reason: str


def failures(properties: Mapping[str, Property], values: Values, owner: str) -> list[Failure]:
    """What is wrong with the inputs, one entry per mistake; names with two underscores are the engine's own."""
    return [*_object(properties, values, "", owner)]


def complete(properties: Mapping[str, Property], values: Values) -> Values:
    """The inputs with defaults and secret marks, also inside objects."""
    filled = {name: p.default for name, p in properties.items() if p.default is not None} | values
    return {name: _complete(properties[name], item) if name in properties else item for name, item in filled.items()}


def _complete(p: Property, value: Value) -> Value:
    if isinstance(value, Secret):
        return secret(_complete(p, value.value))
    if isinstance(p.type, Object) and isinstance(value, dict):
        value = complete(p.type.fields, value)
    return secret(value) if p.secret else value


def _object(properties: Mapping[str, Property], values: Values, prefix: str, owner: str) -> Iterator[Failure]:
    for name in sorted(values.keys() - properties.keys()):
        if not name.startswith("__"):
            yield Failure(prefix + name, f"{owner} has no property {name!r}; it has {', '.join(sorted(properties))}")
    for name, p in properties.items():
        if name not in values:
            if p.required:
                yield Failure(prefix + name, f"{owner} needs the property {name!r}")
        elif p.refused:
            yield Failure(prefix + name, p.refused)
        else:
            yield from _value(p.type, p.minimum, values[name], prefix + name)


def _value(of: Type, minimum: int | None, value: Value, path: str) -> Iterator[Failure]:
    if isinstance(value, Secret):
        yield from _value(of, minimum, value.value, path)
    elif value is UNKNOWN:
        return
    elif isinstance(of, Object):
        if isinstance(value, dict):
            yield from _object(of.fields, value, f"{path}.", of.token)
        else:
            yield Failure(path, f"must be an object ({of.token})")  # without the value: it may hold a secret
    elif isinstance(of, ListOf):
        items = list(enumerate(value)) if isinstance(value, list) else None
        yield from _each(of.item, items, path, "must be a list")
    elif isinstance(of, MapOf):
        pairs = list(value.items()) if isinstance(value, dict) else None
        yield from _each(of.item, pairs, path, "must be a map of names to values")
    elif isinstance(of, Choice):
        if value not in of.values:
            yield Failure(path, f"must be one of {', '.join(of.values)}, not {value!r}")
    elif of != ANY and not _SCALARS[of.name](value):
        yield Failure(path, f"must be of type {of.name}, not {type(value).__name__}")
    elif minimum is not None and value < minimum:
        yield Failure(path, f"must be at least {minimum}, not {value}")


def _each(of: Type, items: _Items | None, path: str, otherwise: str) -> Iterator[Failure]:
    if items is None:
        yield Failure(path, otherwise)
    for key, item in items or ():
        yield from _value(of, None, item, f"{path}[{key}]" if isinstance(key, int) else f"{path}.{key}")


def _is_number(value: Value) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_SCALARS: Final[dict[str, Callable[[Value], bool]]] = {
    STRING.name: lambda value: isinstance(value, str),
    BOOLEAN.name: lambda value: isinstance(value, bool),
    INTEGER.name: lambda value: _is_number(value) and isinstance(value, int),
    NUMBER.name: _is_number,
}
