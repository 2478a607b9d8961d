"""Error lines for the mistakes that pydantic finds in a configuration."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

ALLOWED = {
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "bool_type": "true or false",
    "string_type": "text",
    "list_type": "a list",
    "dict_type": "an object of keys and values",
    "model_type": "an object of keys and values",
    "model_attributes_type": "an object of keys and values",
    "literal_error": "{expected}",
    "union_tag_invalid": "{expected_tags}",
    "greater_than_equal": "at least {ge}",
    "less_than_equal": "at most {le}",
    "too_short": "at least {min_length} of them",
    "string_pattern_mismatch": "text that matches {pattern}",
}


def lines(error: ValidationError, model: type[BaseModel], secrets: Iterable[str]) -> list[str]:
    """Return a line for each mistake: path, value, allowed values; `secrets` are keys beside those of the model."""
    texts = [_line(mistake, model, list(secrets)) for mistake in error.errors(include_url=False)]
    return [line for text in texts for line in text.splitlines()]


def _line(mistake: ErrorDetails, model: type[BaseModel], secrets: list[str]) -> str:
    place = _resolved(mistake["loc"], model)
    path, kind, given = place.path, mistake["type"], mistake["input"]
    reason = mistake["msg"].removeprefix("Value error, ")
    context = mistake.get("ctx", {})
    if kind in ("union_tag_not_found", "union_tag_invalid"):  # the mistake is the key that chooses the model
        key = context["discriminator"].strip("'")
        path, kind = f"{path}.{key}", "missing" if kind == "union_tag_not_found" else kind
        place = _resolved((*mistake["loc"], place.tags[0], key), model)
        given = given[key] if isinstance(given, Mapping) and key in given else given
    if kind == "missing":
        return f"{path}: not given; required: {place.description}"
    if kind == "extra_forbidden":
        outer = _resolved(mistake["loc"][:-1], model)
        renamed = _renamed(str(mistake["loc"][-1]), outer.model)
        if renamed:
            return f"{path}: is called {path.rpartition('.')[0]}.{renamed} now; rename the key in the stack's file"
        keys = list(outer.model.model_fields) + (secrets if not outer.path else [])
        return f"{path}: unknown key; allowed in {outer.path or 'the configuration'}: {', '.join(keys)}"
    if kind == "value_error" and isinstance(given, Mapping | BaseModel):
        return f"{path}.{reason}" if path else reason
    allowed = ALLOWED.get(kind, reason).format(**context)
    if kind == "union_tag_invalid":
        allowed = " or ".join(allowed.rsplit(", ", 1))
    shown = json.dumps(given, default=str)
    if "PRIVATE KEY" in shown:
        shown = "a private key"
    return f"{path}: {shown} given; allowed: {allowed}"


@dataclass
class _Place:
    """The place of a mistake in the models."""

    path: str  # `machines.pools.manager.count`, as `pulumi config set --path` takes it
    model: type[BaseModel]  # model at the path, or the model that has the key
    description: str  # of the key
    tags: list[str]  # of the models that the place accepts, if there are several


def _resolved(location: tuple[int | str, ...], model: type[BaseModel]) -> _Place:
    """Return the place of pydantic's location, which also names the model that pydantic chose among several."""
    place = _Place("", model, "a value", [])
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
        models = _models_in(field.annotation)
        if isinstance(field.discriminator, str):
            choices = {_tag(nested, field.discriminator): nested for nested in models}
        if models:
            place.model = models[0]
    place.tags = list(choices)
    return place


def _tag(model: type[BaseModel], discriminator: str) -> str:
    tag: str = get_args(model.model_fields[discriminator].annotation)[0]
    return tag


def _renamed(key: str, model: type[BaseModel]) -> str | None:
    """Return the new name of a renamed setting, or None."""
    for name, field in model.model_fields.items():
        if isinstance(field.json_schema_extra, dict) and field.json_schema_extra.get("former") == key:
            return name
    return None


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for argument in get_args(annotation) for model in _models_in(argument)]
