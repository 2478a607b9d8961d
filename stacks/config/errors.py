"""Error lines for the mistakes that pydantic finds in a configuration."""

import json
import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from functools import cache
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from components.errors import secret_command
from stacks.config import examples
from stacks.config.locations import Location, homes, renamed_from, resolved, schema_at, siblings

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
    "too_short": "a list of at least {min_length}",
    "string_too_short": "text that is not empty",
    "string_pattern_mismatch": "text of another form",  # a TextForm has words of its own
}
CHOICES = {"literal_error", "union_tag_invalid", "bool_type"}  # errors whose lines list all allowed values
LOGIN = re.compile(r"(://)[^\s/@\"]+@")  # in a URL; logs keep the line
MOST_PLACES = 3  # of settings of the same name that a line lists
START = "; to start from an example: `make stack NAME=<stack> FROM=exoscale-target`"


def lines(error: ValidationError, model: type[BaseModel], secrets: Iterable[str], start: str = START) -> list[str]:
    """Return a line for each mistake: path, value, allowed values; `secrets` are keys beside those of the model.

    `start` ends the line of a missing section.
    """
    texts = [_line(mistake, model, list(secrets), start) for mistake in error.errors(include_url=False)]
    return [line for text in texts for line in text.splitlines()]


def _line(mistake: ErrorDetails, model: type[BaseModel], secrets: list[str], start: str) -> str:
    location = mistake["loc"]
    place = resolved(location, model)
    path, kind, given = place.path, mistake["type"], mistake["input"]
    reason = mistake["msg"].removeprefix("Value error, ")
    context = mistake.get("ctx", {})
    if kind in ("union_tag_not_found", "union_tag_invalid"):  # the mistake is the key that chooses the model
        key = context["discriminator"].strip("'")
        path, kind = f"{path}.{key}", "missing" if kind == "union_tag_not_found" else kind
        location, tags = (*location, place.tags[0], key), place.tags
        place.description = resolved(location, model).description
        given = given[key] if isinstance(given, Mapping) and key in given else given
    if mistake["type"] == "union_tag_not_found":
        return f"{path}: not given; required: {place.description}; allowed: {_either(tags)}"
    if kind == "missing":
        return f"{path}: not given; required: {place.description}{_example(location, model, start)}"
    if kind == "extra_forbidden":
        return _unknown(location, model, secrets)
    if kind == "value_error" and isinstance(given, Mapping | BaseModel):
        return f"{path}.{reason}" if path else reason
    allowed = ALLOWED.get(kind, reason).format(**context)
    if kind == "union_tag_invalid":
        allowed = " or ".join(allowed.rsplit(", ", 1))
    shown = json.dumps(given, default=str)
    if "PRIVATE KEY" in shown:
        shown = "a private key"
    shown = LOGIN.sub(r"\1***@", shown)
    schema = {"enum": place.tags} if kind == "union_tag_invalid" else schema_at(location, _schema(model))
    if kind not in CHOICES and "such as" not in allowed:
        what, semicolon, advice = allowed.partition("; ")
        allowed = f"{what}, such as {examples.shown(examples.example(schema, _schema(model)))}{semicolon}{advice}"
    return f"{path}: {shown} given; allowed: {allowed}{_advice(given, schema)}"


def _advice(given: Any, schema: dict[str, Any]) -> str:
    """Return the end of a line: the value that the user may have meant, and the field's own hint."""
    meant = examples.meant(given, schema)
    parts = [f"; did you mean {meant}?" if meant else ""]
    if schema.get("hint") and isinstance(given, str) and not meant:
        parts.append(f"; {schema['hint'].format(given=given)}")
    return "".join(parts)


def _unknown(location: Location, model: type[BaseModel], secrets: list[str]) -> str:
    """Return the line of an unknown key: its new name, its provider, its place, or a key like it."""
    path, outer, key = resolved(location, model).path, resolved(location[:-1], model), str(location[-1])
    renamed = renamed_from(key, outer.model)
    if renamed:
        return f"{path}: now named {path.rpartition('.')[0]}.{renamed}; rename the key in the stack's file"
    keys = list(outer.model.model_fields) + (secrets if not outer.path else [])
    line = f"{path}: unknown key; allowed in {outer.path or 'the configuration'}: {', '.join(keys)}"
    others = [(f"{tag}: {one}", resolved(way[:-1], model).model) for tag, one, way in siblings(location, model)]
    same = [name for _, at in others if (name := key if key in at.model_fields else renamed_from(key, at))]
    if same:
        return f"{line}; {same[0]} is for {_having(same[0], others)}"
    if key in secrets:
        return f"{line}; {key} is a secret: `{secret_command(key)}`"
    close = _like(key, keys)
    if close:
        return f"{line}; did you mean {close}?"
    elsewhere = [name for _, at in others if (name := _like(key, list(at.model_fields)))]
    if elsewhere:
        return f"{line}; did you mean {elsewhere[0]}, which is for {_having(elsewhere[0], others)}?"
    near = [place for place in homes(key, model) if _is_near(place, path)]
    places = [place if "." in place else f"{place} at the top" for place in dict.fromkeys(near)]
    few = places if len(places) <= MOST_PLACES else []
    return f"{line}; did you mean {' or '.join(few)}?" if few else line


def _is_near(place: str, path: str) -> bool:
    """Return whether a setting is in the section of a path, or one of the two is in no section."""
    return "." not in place or "." not in path or place.partition(".")[0] == path.partition(".")[0]


def _having(name: str, others: list[tuple[str, type[BaseModel]]]) -> str:
    """Return the settings, such as `machines.provider: local`, whose models have a key."""
    return " or ".join(other for other, model in others if name in model.model_fields)


def _like(key: str, names: list[str]) -> str | None:
    """Return the name that a user may have meant by a key: one like it, or the only one with all its words."""
    text = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[\s-]", "_", key).lower()
    close = get_close_matches(text, names, n=1, cutoff=examples.LIKENESS)
    wider = [name for name in names if set(text.split("_")) <= set(name.split("_"))]
    return close[0] if close else wider[0] if len(wider) == 1 else None


def _either(choices: list[str]) -> str:
    """Return choices as pydantic lists them: in quotes, with `or` before the last one."""
    quoted = [f"'{choice}'" for choice in choices]
    return " or ".join([*([", ".join(quoted[:-1])] if quoted[1:] else []), quoted[-1]])


def _example(location: Location, model: type[BaseModel], start: str) -> str:
    """Return what to do about a missing section or value: an example stack, or an example value."""
    if len(location) == 1 and start:
        return start
    schema = schema_at(location, _schema(model))
    known = "such as" in resolved(location, model).description
    return "" if known or not schema else f", such as {examples.shown(examples.example(schema, _schema(model)))}"


@cache
def _schema(model: type[BaseModel]) -> dict[str, Any]:
    return model.model_json_schema()
