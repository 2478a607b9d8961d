"""Command that writes docs/settings.md and the sections of Pulumi.yaml: `python -m docs.settings_table`."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from components.errors import NAMESPACE
from components.machines.registry import FOLDERS
from docs import pulumi_sections
from docs.settings_rules import rules
from stacks.config.loader import SECRETS
from stacks.config.settings import Settings

PAGE = Path(__file__).parent / "settings.md"
INTRODUCTION = f"""# Settings

<!-- Made by `python -m docs.settings_table` from components/*/settings.py and stacks/config: change these. -->

A setting is a key of the stack's configuration, in `Pulumi.<stack>.yaml`. Set one, and look at what it would change:

```console
$ eval "$(make env)"
$ pulumi config set --stack dev --path {NAMESPACE}:machines.pools.worker.count 3
$ make preview
```

`make up` applies it.

- Quote a key with brackets: `pulumi config set --path '{NAMESPACE}:swarm.address_pools[0]' 10.210.0.0/16`; `[0]` is
  the first entry of a list. A part with dots in it is written `["example.org/disk"]`.
- Text that looks like a number or like `true` needs `--type string`.
- `pulumi config rm --path {NAMESPACE}:<key>` gives a setting its default back.
- `<pool>` stands for the name of a pool.

An unknown key or a value that is not allowed stops `preview` and `up` before they change anything, with a line for each
mistake. Settings also obey these rules together:

"""
SECRETS_INTRODUCTION = f"""## Secrets

Pulumi encrypts secrets in the configuration and in the state; the program refuses them in plain text. This sets one
from a file, here a new key:

```console
$ ssh-keygen -q -t ed25519 -N '' -f key
$ pulumi config set --stack dev --secret {NAMESPACE}:ssh_private_key <key
```

| key | meaning |
|---|---|
"""


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
        for nested, step in _models(field.annotation, name):
            for setting in settings(nested, f"{path}{step}."):
                if setting.path not in seen:
                    yield setting
                seen.add(setting.path)


def _models(annotation: Any, name: str) -> Iterator[tuple[type[BaseModel], str]]:
    """Yield the models in a type, each with the step to it: none, `[0]` in a list, `.<pool>` in an object `pools`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation, ""
    steps: dict[Any, str] = {list: "[0]", dict: f".<{name.removesuffix('s')}>"}
    step = steps.get(getattr(annotation, "__origin__", None), "")
    for argument in getattr(annotation, "__args__", ()):
        for model, further in _models(argument, name):
            yield model, step + further


def is_section(setting: Setting) -> bool:
    """Return whether the key only holds other settings."""
    return any(_models(setting.field.annotation, setting.name))


def page() -> str:
    """Return the text of docs/settings.md."""
    sections: dict[str, list[Setting]] = {"": []}
    for setting in settings():
        steps = list(dict.fromkeys(step for _, step in _models(setting.field.annotation, setting.name)))
        sections |= {setting.path + step: [] for step in steps}
        if steps != [""]:  # a section has no row of its own; a list or an object of sections has bounds and a default
            sections[setting.path.rpartition(".")[0]].append(setting)
    listed_rules = "".join(f"- {rule}\n" for rule in rules(setting.model for setting in settings()))
    secrets = "".join(f"| `{key}` | {meaning} |\n" for key, meaning in SECRETS.items())
    tables = [_section(path, content) for path, content in sections.items() if content]
    return "\n".join([INTRODUCTION + listed_rules, *tables, SECRETS_INTRODUCTION + secrets])


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
    if schema["type"] == "array":
        return f"list of {_type(schema['items'])}"
    if schema["type"] == "object":
        (content,) = schema["patternProperties"].values()
        return f"keys and {_type(content)}"
    names = {
        "integer": "whole number",
        "boolean": "true or false",
        "string": "text",
        "ipv4network": "IPv4 network",
        "ipv4": "IPv4 address",
    }
    return names[schema.get("format", schema["type"])]


def _bounds(schema: dict[str, Any]) -> str:
    bounds = [_bounds(option) for option in schema.get("anyOf", [])]
    if "const" in schema or "enum" in schema:
        bounds += [", ".join(_code(value) for value in schema.get("enum", [schema.get("const")]))]
    if "minimum" in schema:
        low, high = schema["minimum"], schema.get("maximum")
        bounds += [f"from {low}" if high is None else f"{low} to {high}"]
    if "minItems" in schema:
        bounds += [f"at least {schema['minItems']}"]
    if "pattern" in schema:
        bounds += [_code(schema["pattern"])]
    bounds += [_bounds(schema["items"])] if "items" in schema else []
    bounds += [f"keys: {_code(pattern)}" for pattern in schema.get("patternProperties", {})]
    return "; ".join(bound for bound in bounds if bound)


def _code(value: Any) -> str:
    return f"`{value if isinstance(value, str) else json.dumps(value)}`"


if __name__ == "__main__":
    for path, text in ((PAGE, page()), (pulumi_sections.FILE, pulumi_sections.text())):
        path.write_text(text, encoding="utf-8")
