"""Inputs and outputs of resource types, and the schema document that describes them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from standin.values import Value


@dataclass(frozen=True)
class Scalar:
    """A type of one value."""

    name: str  # as JSON schema names it


STRING: Final = Scalar("string")
INTEGER: Final = Scalar("integer")
NUMBER: Final = Scalar("number")
BOOLEAN: Final = Scalar("boolean")
ANY: Final = Scalar("any")


@dataclass(frozen=True)
class Choice:
    """One of some strings; an enum of the schema when it has a token, else a string that Check looks at."""

    values: tuple[str, ...]
    token: str = ""


@dataclass(frozen=True)
class ListOf:
    """A list of one type."""

    item: "Type"


@dataclass(frozen=True)
class MapOf:
    """A string map of one type."""

    item: "Type"


@dataclass(frozen=True)
class Object:
    """A named object type."""

    token: str
    fields: Mapping[str, "Property"]


Type = Scalar | Choice | ListOf | MapOf | Object


@dataclass(frozen=True, kw_only=True)
class Property:
    """One input or output."""

    type: Type
    required: bool = False  # as an input
    always: bool = False  # as an output: there in every state; a required input always is
    secret: bool = False
    default: Value = None  # filled in by Check and part of the schema
    minimum: int | None = None
    replaces: bool = False  # a schema mark; what a change really does is the resource's diff
    refused: str = ""  # why the stand-in cannot honour it, though the released plugin does


@dataclass(frozen=True, kw_only=True)
class ResourceSchema:
    """One resource type."""

    token: str
    inputs: Mapping[str, Property]
    computed: Mapping[str, Property] = field(default_factory=dict)  # outputs that are no inputs

    @property
    def outputs(self) -> dict[str, Property]:
        """Every property of the state: each input comes back as an output of its name."""
        return {**self.inputs, **self.computed}


def document(
    name: str, version: str, resources: list[ResourceSchema], config: Mapping[str, Property]
) -> dict[str, Any]:
    """The schema as ``GetSchema`` gives it."""
    properties = [p for r in resources for p in r.outputs.values()] + list(config.values())
    found = {named.token: named for p in properties for named in _named(p.type)}
    return {
        "name": name,
        "version": version,
        "config": {"variables": _properties(config)},
        "provider": {"inputProperties": _properties(config)},
        "types": {token: _definition(named) for token, named in sorted(found.items())},
        "resources": {resource.token: _resource(resource) for resource in resources},
    }


def _resource(resource: ResourceSchema) -> dict[str, Any]:
    return {
        "properties": _properties(resource.outputs),
        "required": sorted(name for name, p in resource.outputs.items() if p.always or p.required),
        "inputProperties": _properties(resource.inputs),
        "requiredInputs": sorted(name for name, p in resource.inputs.items() if p.required),
    }


def _properties(properties: Mapping[str, Property]) -> dict[str, Any]:
    return {name: _property(p) for name, p in sorted(properties.items())}


def _property(p: Property) -> dict[str, Any]:
    marks: dict[str, Any] = {"secret": p.secret or None, "replaceOnChanges": p.replaces or None, "default": p.default}
    return _reference(p.type) | {name: mark for name, mark in marks.items() if mark is not None}


def _reference(of: Type) -> dict[str, Any]:
    match of:
        case Object(token) | Choice(_, token) if token:
            return {"$ref": f"#/types/{token}"}
        case ListOf(item):
            return {"type": "array", "items": _reference(item)}
        case MapOf(item):
            return {"type": "object", "additionalProperties": _reference(item)}
        case Scalar(name) if of != ANY:
            return {"type": name}
        case Choice():
            return {"type": "string"}
    return {"$ref": "pulumi.json#/Any"}


def _definition(of: Object | Choice) -> dict[str, Any]:
    if isinstance(of, Choice):
        return {"type": "string", "enum": [{"value": value} for value in of.values]}
    required = sorted(name for name, p in of.fields.items() if p.required)
    return {"type": "object", "properties": _properties(of.fields), "required": required}


def _named(of: Type) -> Iterator[Object | Choice]:
    if isinstance(of, ListOf | MapOf):
        yield from _named(of.item)
    elif isinstance(of, Object):
        yield of
        for p in of.fields.values():
            yield from _named(p.type)
    elif isinstance(of, Choice) and of.token:
        yield of
