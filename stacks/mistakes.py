"""What is wrong with a configuration, in one line per mistake."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

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
    "greater_than_equal": "at least {ge}",
    "less_than_equal": "at most {le}",
    "too_short": "at least {min_length} of them",
    "string_pattern_mismatch": "text that matches {pattern}",
}


def lines(error: ValidationError, model: type[BaseModel], secrets: Iterable[str]) -> list[str]:
    """One line per mistake: the key's path, what was given, what is allowed; `secrets` are keys beside the model's."""
    found = [_line(mistake, model, list(secrets)) for mistake in error.errors(include_url=False)]
    return [line for text in found for line in text.splitlines()]


def _line(mistake: ErrorDetails, model: type[BaseModel], secrets: list[str]) -> str:
    path = _path(mistake["loc"])
    kind, given = mistake["type"], mistake["input"]
    reason = mistake["msg"].removeprefix("Value error, ")
    if kind == "missing":
        return f"{path}: not given; required: {_description(mistake['loc'], model)}"
    if kind == "extra_forbidden":
        where = _path(mistake["loc"][:-1]) or "the configuration"
        keys = _keys(mistake["loc"][:-1], model) + (secrets if len(mistake["loc"]) == 1 else [])
        return f"{path}: unknown key; allowed in {where}: {', '.join(keys)}"
    if kind == "value_error" and isinstance(given, Mapping | BaseModel):
        return f"{path}.{reason}" if path else reason
    allowed = ALLOWED.get(kind, reason).format(**mistake.get("ctx", {}))
    shown = json.dumps(given, default=str)
    if "PRIVATE KEY" in shown:
        shown = "a private key"
    return f"{path}: {shown} given; allowed: {allowed}"


def _path(location: tuple[int | str, ...]) -> str:
    """`machines.pools.manager.count`, as `pulumi config set --path` takes it."""
    return "".join(
        f"[{step}]" if isinstance(step, int) else f".{step}" for step in location if step != "[key]"
    ).removeprefix(".")


def _model_at(location: tuple[int | str, ...], model: type[BaseModel]) -> type[BaseModel]:
    for step in location:
        field = model.model_fields.get(str(step))
        found = _models_in(field.annotation) if field else []
        model = found[0] if found else model
    return model


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for argument in getattr(annotation, "__args__", ()) for model in _models_in(argument)]


def _keys(location: tuple[int | str, ...], model: type[BaseModel]) -> list[str]:
    return list(_model_at(location, model).model_fields)


def _description(location: tuple[int | str, ...], model: type[BaseModel]) -> str:
    field = _model_at(location[:-1], model).model_fields[str(location[-1])]
    return field.description or "a value"
