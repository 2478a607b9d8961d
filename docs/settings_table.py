"""Command that writes docs/settings.md and the sections of Pulumi.yaml: `python -m docs.settings_table`."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from components.machines.registry import FOLDERS
from docs import pulumi_sections
from docs.settings_rules import rules
from docs.settings_texts import DEFAULTS, INTRODUCTION, SECRETS_INTRODUCTION
from stacks.config.loader import SECRETS
from stacks.config.settings import Settings

PAGE = Path(__file__).parent / "settings.md"


@dataclass(frozen=True)
class Setting:
    """A key that a user can set."""

    path: str  # as `pulumi config set --path` takes it
    model: type[BaseModel]  # model with the field
    name: str  # of the field

    @property
    def field(self) -> FieldInfo:
        return self.model.model_fields[self.name]

    @property
    def schema(self) -> dict[str, Any]:
        """JSON Schema of the key."""
        if self.path == "machines.provider":
            return {"enum": list(FOLDERS)}
        schema: dict[str, Any] = self.model.model_json_schema()["properties"][self.name]
        return schema


def settings(model: type[BaseModel] = Settings, prefix: str = "") -> Iterator[Setting]:
    """Yield all keys below a model, sections included, in the order of the models."""
    for name, field in model.model_fields.items():
        path = prefix + name
        yield Setting(path, model, name)
        seen: set[str] = set()  # a field may accept several models, which have keys in common
        for nested, step in _models(field.annotation, _key(name, field)):
            for setting in settings(nested, f"{path}{step}."):
                if setting.path not in seen:
                    yield setting
                seen.add(setting.path)


def _key(name: str, field: FieldInfo) -> str:
    """Return what a key of an object stands for: `pool` in `pools`, unless the field says it."""
    extra = field.json_schema_extra
    return str(extra.get("key", _singular(name))) if isinstance(extra, dict) else _singular(name)


def _models(annotation: Any, key: str) -> Iterator[tuple[type[BaseModel], str]]:
    """Yield the models in a type, each with the step to it: none, `[0]` in a list, `.<key>` in an object."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation, ""
    steps: dict[Any, str] = {list: "[0]", dict: f".<{key}>"}
    step = steps.get(getattr(annotation, "__origin__", None), "")
    for argument in getattr(annotation, "__args__", ()):
        for model, further in _models(argument, key):
            yield model, step + further


def _singular(name: str) -> str:
    return f"{name.removesuffix('ies')}y" if name.endswith("ies") else name.removesuffix("s")


def is_section(setting: Setting) -> bool:
    """Return whether the key only holds other settings."""
    return any(_models(setting.field.annotation, ""))


def page() -> str:
    """Return the text of docs/settings.md."""
    sections: dict[str, list[Setting]] = {"": []}
    for setting in settings():
        key = _key(setting.name, setting.field)
        steps = list(dict.fromkeys(step for _, step in _models(setting.field.annotation, key)))
        sections |= {setting.path + step: [] for step in steps}
        if steps != [""]:  # a section has no row of its own; a list or an object of sections has bounds and a default
            sections[setting.path.rpartition(".")[0]].append(setting)
    listed_rules = "".join(f"- {rule}\n" for rule in rules(setting.model for setting in settings()))
    secrets = "".join(f"| `{key}` | {meaning} |\n" for key, meaning in SECRETS.items())
    tables = [_section(path, content) for path, content in sections.items() if content]
    return "\n".join([INTRODUCTION + listed_rules + DEFAULTS.rstrip() + "\n", *tables, SECRETS_INTRODUCTION + secrets])


def _section(path: str, content: list[Setting]) -> str:
    title = f"`{path}`" if path else "The stack"
    head = "| key | type | default | allowed | meaning |\n|---|---|---|---|---|\n"
    return f"## {title}\n\n{content[0].model.__doc__}\n\n{head}" + "".join(_row(setting) for setting in content)


def _row(setting: Setting) -> str:
    schema = setting.schema
    return _cells(f"`{setting.path}`", _type(schema), _default(setting), _bounds(schema), setting.field.description)


def _cells(*cells: str | None) -> str:
    return "| " + " | ".join((cell or "").replace("|", "\\|") for cell in cells) + " |\n"


def _default(setting: Setting) -> str:
    default = None if setting.field.is_required() else setting.schema["default"]
    return "required" if setting.field.is_required() else "unset" if default is None else _code(default)


def _type(schema: dict[str, Any]) -> str:
    if "anyOf" in schema:
        return " or ".join(_type(option) for option in schema["anyOf"] if option.get("type") != "null")
    if "const" in schema or "enum" in schema:
        return "choice"
    if "$ref" in schema:
        return "objects, see below"
    kind = schema.get("type", "any")
    if kind == "array":
        return f"list of {_type(schema['items'])}"
    if kind == "object":
        (content,) = schema.get("patternProperties", {"": schema.get("additionalProperties")}).values()
        return f"keys and {_type(content)}"
    names = {
        "integer": "whole number",
        "boolean": "true or false",
        "string": "text",
        "ipv4network": "IPv4 network",
        "ipv4": "IPv4 address",
        "any": "any value",
    }
    return names[schema.get("format", kind)]


def _bounds(schema: dict[str, Any]) -> str:
    own = {"examples": schema["examples"]} if "examples" in schema else {}  # in the place of those of the type
    bounds = [_bounds({**option, **own}) for option in schema.get("anyOf", []) if option.get("type") != "null"]
    if "const" in schema or "enum" in schema:
        bounds += [", ".join(_code(value) for value in schema.get("enum", [schema.get("const")]))]
    if "minimum" in schema:
        low, high = schema["minimum"], schema.get("maximum")
        bounds += [f"from {low}" if high is None else f"{low} to {high}"]
    if "minItems" in schema:
        bounds += [f"at least {schema['minItems']}"]
    if schema.get("examples") and not (schema.get("default") or "anyOf" in schema):
        bounds += [f"such as {_code(schema['examples'][0])}"]
    elif "items" in schema:
        bounds += [_bounds(schema["items"])]
    if "propertyNames" in schema and not schema.get("examples"):
        bounds += [f"keys: {_bounds(schema['propertyNames'])}".replace("keys: such as", "keys such as")]
        values = schema.get("additionalProperties")
        bounds += [_bounds(values)] if isinstance(values, dict) else []
    return "; ".join(bound for bound in bounds if bound)


def _code(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return "empty text" if not text else f"`{text.partition(chr(10))[0]}`"


if __name__ == "__main__":
    for path, text in ((PAGE, page()), (pulumi_sections.FILE, pulumi_sections.text())):
        path.write_text(text, encoding="utf-8")
