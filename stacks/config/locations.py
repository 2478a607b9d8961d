"""The place of a mistake in the models of the settings: its path, its model, and the JSON Schema of its value."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, get_args

from pydantic import BaseModel

Location = tuple[int | str, ...]  # of pydantic: keys and indexes, and the model that pydantic chose among several


@dataclass
class Place:
    """The place of a mistake in the models."""

    path: str  # `machines.pools.manager.count`, as `pulumi config set --path` takes it
    model: type[BaseModel]  # model at the path, or the model that has the key
    description: str  # of the key
    tags: list[str]  # of the models that the place accepts, if there are several


def resolved(location: Location, model: type[BaseModel]) -> Place:
    """Return the place of pydantic's location."""
    place = Place("", model, "a value", [])
    choices: dict[str, type[BaseModel]] = {}
    for step in location:
        if step in choices:
            place.model, choices = choices[str(step)], {}
            continue
        if step != "[key]":
            place.path += f"[{step}]" if isinstance(step, int) else f".{step}" if place.path else str(step)
        field = place.model.model_fields.get(str(step))
        if field is None:
            continue
        place.description = field.description or "a value"
        models = models_in(field.annotation)
        if isinstance(field.discriminator, str):
            choices = {_tag(nested, field.discriminator): nested for nested in models}
        if models:
            place.model = models[0]
    place.tags = list(choices)
    return place


def siblings(location: Location, model: type[BaseModel]) -> Iterator[tuple[str, str, Location]]:
    """Yield the same location in the other models of each union on its way: discriminator, tag and location."""
    for index, step in enumerate(location):
        for tag in resolved(location[:index], model).tags:
            if step in resolved(location[:index], model).tags and tag != step:
                field = model.model_fields[str(location[index - 1])]
                yield (
                    f"{location[index - 1]}.{field.discriminator}",
                    tag,
                    (*location[:index], tag, *location[index + 1 :]),
                )


def homes(key: str, model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    """Yield the paths of the settings that have or had this name; `<pool>` stands for a name of the user's."""
    for name, field in model.model_fields.items():
        if name in (key, renamed_from(key, model)):
            yield f"{prefix}{name}"
        step = f".<{name.removesuffix('s')}>" if getattr(field.annotation, "__origin__", None) is dict else ""
        for nested in models_in(field.annotation):
            yield from homes(key, nested, f"{prefix}{name}{step}.")


def renamed_from(key: str, model: type[BaseModel]) -> str | None:
    """Return the present name of the setting of a model that had this name, or None."""
    for name, field in model.model_fields.items():
        if isinstance(field.json_schema_extra, dict) and field.json_schema_extra.get("former") == key:
            return name
    return None


def schema_at(location: Location, root: dict[str, Any]) -> dict[str, Any]:
    """Return the JSON Schema of the value at a location, or an empty one where the location leads nowhere."""
    schema: dict[str, Any] = root
    for index, step in enumerate(location):
        schema = plain(schema, root)
        if "oneOf" in schema:
            schema = {"$ref": schema["discriminator"]["mapping"].get(step, "")}
        elif step == "[key]":
            continue
        elif isinstance(step, int):
            schema = schema.get("items", {})
        elif step in schema.get("properties", {}):
            schema = schema["properties"][step]
        else:
            contents = [*schema.get("patternProperties", {}).values(), schema.get("additionalProperties")]
            keys = schema.get("propertyNames", {})
            schema = (
                keys if location[index + 1 :] == ("[key]",) else contents[0] if isinstance(contents[0], dict) else {}
            )
    return plain(schema, root)


def plain(schema: dict[str, Any], root: dict[str, Any]) -> dict[str, Any]:
    """Return a schema without reference, and without null beside another type; its other keys stay."""
    options = [option for option in schema.get("anyOf", []) if option.get("type") != "null"]
    if options:
        return {**plain(options[0], root), **{key: schema[key] for key in schema if key != "anyOf"}}
    if "$ref" in schema:
        named = root["$defs"].get(schema["$ref"].rpartition("/")[2], {})
        return {**named, **{key: schema[key] for key in schema if key != "$ref"}}
    return schema


def models_in(annotation: Any) -> list[type[BaseModel]]:
    """Return the models in a type."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for argument in get_args(annotation) for model in models_in(argument)]


def _tag(model: type[BaseModel], discriminator: str) -> str:
    tag: str = get_args(model.model_fields[discriminator].annotation)[0]
    return tag
