"""Examples of right values for messages and pages, from the JSON Schema of a setting."""

import json
import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

import yaml

from stacks.config.locations import plain

LIKENESS = 0.7  # of a choice or key that the user may have meant, from 0 to 1
BOOLEANS = {"yes": True, "on": True, "true": True, "1": True, "no": False, "off": False, "false": False, "0": False}


def example(schema: Mapping[str, Any], root: dict[str, Any]) -> Any:
    """Return a value that the schema accepts; `root` is the schema with all definitions."""
    schema = plain(dict(schema), root)
    if schema.get("examples"):
        return schema["examples"][0]
    if "const" in schema or "enum" in schema:
        return schema.get("const", schema.get("enum", [None])[0])
    if "oneOf" in schema:
        return example(schema["oneOf"][0], root)
    kind = schema.get("type")
    if kind == "array":
        return [example(schema.get("items", {}), root)]
    if kind == "object":
        return _object(schema, root)
    # Text without a form is the name of a machine.
    otherwise = {"boolean": True, "integer": schema.get("minimum", 1)}.get(str(kind), "manager-1")
    return schema.get("default") or otherwise


def _object(schema: Mapping[str, Any], root: dict[str, Any]) -> dict[str, Any]:
    """Return an object with the required keys, or with one that it may have."""
    properties: dict[str, Any] = schema.get("properties", {})
    keys = schema.get("required") or list(properties)[:1]
    if keys:
        return {key: example(properties[key], root) for key in keys}
    contents = [*schema.get("patternProperties", {}).values(), schema.get("additionalProperties")]
    content = contents[0] if isinstance(contents[0], dict) else {"type": "string", "default": "text"}
    return {example(schema.get("propertyNames", {}), root): example(content, root)}


def shown(value: Any) -> str:
    """Return a value as a stack's file takes it; text that YAML would read as something else is in quotes."""
    return value if isinstance(value, str) and _is_plain(value) else json.dumps(value)


def _is_plain(text: str) -> bool:
    try:
        return bool(yaml.safe_load(text) == text)
    except yaml.YAMLError:
        return False


def meant(given: Any, schema: Mapping[str, Any]) -> str | None:
    """Return the right value that the user may have meant by a wrong one; None if there is none."""
    switch = given if isinstance(given, bool) else BOOLEANS.get(str(given).strip().lower())
    if switch is not None and "enabled" in schema.get("properties", {}):
        return json.dumps({"enabled": switch})
    choices = [str(choice) for choice in schema.get("enum", [])]
    if isinstance(given, int | float):
        return _in_quotes(json.dumps(given), choices, schema)
    if not isinstance(given, str):
        return None
    return _choice(given, choices) if choices else _typed(given.strip(), schema, switch)


def _choice(text: str, choices: list[str]) -> str | None:
    """Return the choice like a text."""
    folded = {choice.lower(): choice for choice in choices}
    close = get_close_matches(text.strip().lower(), folded, n=1, cutoff=LIKENESS)
    return folded[close[0]] if close else None


def _in_quotes(text: str, choices: list[str], schema: Mapping[str, Any]) -> str | None:
    """Return a number, or true or false, as text in quotes, where the schema accepts that text."""
    accepts = schema.get("type") == "string" and re.fullmatch(schema.get("pattern", r"(?s).*"), text)
    return f"{json.dumps(text)}, in quotes" if text in choices or (accepts and not choices) else None


def _typed(text: str, schema: Mapping[str, Any], switch: bool | None) -> str | None:
    """Return a text as the number, the `switch`, or the object with one required key that it stands for."""
    if schema.get("type") == "integer" and text.isdecimal():
        return f"{int(text)}, without quotes"
    if schema.get("type") == "boolean" and switch is not None:
        return f"{json.dumps(switch)}, without quotes"
    properties, required = schema.get("properties", {}), schema.get("required", [])
    if len(required) == 1 and re.fullmatch(properties[required[0]].get("pattern", r"(?!)"), text):
        return json.dumps({required[0]: text})
    return None
