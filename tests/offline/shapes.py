"""The shape of a resource type, from a plugin's schema and from the Python SDK, to compare one with the other.

An SDK is generated from the released plugin's schema, so it tells what that schema says.
"""

import ast
import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

Type = str | tuple[str, Any]  # "string", ("list", Type), ("map", Type), ("object", {name: Input}), ("enum", values)
SCALARS = {"str": "string", "int": "integer", "float": "number", "bool": "boolean", "Any": "any"}


@dataclass(frozen=True)
class Input:
    """One input, or one field of an object."""

    type: Type
    required: bool
    secret: bool = False


@dataclass(frozen=True)
class Output:
    """One output."""

    always: bool
    secret: bool


@dataclass(frozen=True)
class Shape:
    """What can be compared."""

    inputs: dict[str, Input]
    outputs: dict[str, Output]
    replaces: frozenset[str]  # by the SDK's option: for inputs that the schema marks


class Schema:
    """A plugin's schema."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document

    def shape(self, token: str) -> Shape:
        resource = self.document["resources"][token]
        required, outputs = resource.get("required", []), resource.get("properties", {})
        return Shape(
            self._inputs(resource.get("inputProperties", {}), resource.get("requiredInputs", []), secrets=True),
            {name: Output(name in required, bool(p.get("secret"))) for name, p in outputs.items()},
            frozenset(name for name, p in outputs.items() if p.get("replaceOnChanges")),
        )

    def _inputs(self, properties: dict[str, Any], required: list[str], *, secrets: bool) -> dict[str, Input]:
        return {
            name: Input(self._type(p), name in required, secrets and bool(p.get("secret")))
            for name, p in properties.items()
        }

    def _type(self, p: dict[str, Any]) -> Type:
        if p.get("$ref") == "pulumi.json#/Any":
            return "any"
        if "$ref" in p:
            found = self.document["types"][p["$ref"].removeprefix("#/types/")]
            if "enum" in found:
                return ("enum", tuple(sorted(value["value"] for value in found["enum"])))
            return ("object", self._inputs(found["properties"], found.get("required", []), secrets=False))
        if p["type"] == "array":
            return ("list", self._type(p["items"]))
        return ("map", self._type(p["additionalProperties"])) if p["type"] == "object" else str(p["type"])


class Sdk:
    """The source of a generated package: read, never imported."""

    def __init__(self, package: str) -> None:
        found = importlib.util.find_spec(package)
        assert found, f"{package} is not installed"
        assert found.origin
        self.folder = Path(found.origin).parent

    @cached_property
    def classes(self) -> dict[str, tuple[Path, ast.ClassDef]]:
        """Token -> its class."""
        folders = sorted({path.parent for path in self.folder.rglob("*.py")})
        found = ((folder, node) for folder in folders for node in _classes(folder).values())
        return {token: (folder, node) for folder, node in found if (token := _token(node))}

    def shape(self, token: str) -> Shape:
        assert token in self.classes, f"the SDK has no type {token}; it has {sorted(self.classes)}"
        folder, resource = self.classes[token]
        start = next(n for n in resource.body if isinstance(n, ast.FunctionDef) and n.name == "_internal_init")
        secret_inputs = {name for name, value in _assigned(start) if _calls(value, "secret")}
        secret_outputs, replaces = _option(start, "additional_secret_outputs"), _option(start, "replace_on_changes")
        args = self._class(folder, f"{resource.name}Args")
        return Shape(
            self._inputs(folder, args, secret_inputs),
            {name: Output(not _optional(kind), name in secret_outputs) for name, _, kind in _getters(resource)},
            frozenset(name.removesuffix("[*]") for name in replaces),
        )

    def _inputs(self, folder: Path, args: ast.ClassDef, secrets: set[str]) -> dict[str, Input]:
        start = next(n for n in args.body if isinstance(n, ast.FunctionDef) and n.name == "__init__")
        pairs = zip(start.args.kwonlyargs, start.args.kw_defaults, strict=True)
        required = {argument.arg for argument, default in pairs if default is None}
        return {
            name: Input(self._type(folder, kind), attribute in required, attribute in secrets)
            for name, attribute, kind in _getters(args)
        }

    def _type(self, folder: Path, node: ast.expr) -> Type:
        match node:
            case ast.Subscript(value=of, slice=inside):
                name = of.attr if isinstance(of, ast.Attribute) else of.id if isinstance(of, ast.Name) else ""
                inner = inside.elts if isinstance(inside, ast.Tuple) else [inside]
                if name == "Sequence":
                    return ("list", self._type(folder, inner[0]))
                if name == "Mapping":
                    return ("map", self._type(folder, inner[1]))
                return self._type(folder, inner[0])  # Input, Optional, Union
            case ast.Attribute(attr=name) | ast.Name(id=name):
                return SCALARS[name]
            case ast.Constant(value=str(name)):
                return self._named(folder, name)
        raise AssertionError(f"unknown annotation: {ast.unparse(node)}")

    def _named(self, folder: Path, name: str) -> Type:
        found = self._class(folder, name)
        if name.endswith("Args"):
            return ("object", self._inputs(folder, found, set()))
        values = [ast.literal_eval(n.value) for n in found.body if isinstance(n, ast.Assign)]
        return ("enum", tuple(sorted(values)))

    def _class(self, folder: Path, name: str) -> ast.ClassDef:
        found = _classes(folder)
        assert name in found, f"{folder} has no class {name}"
        return found[name]


@cache
def _classes(folder: Path) -> dict[str, ast.ClassDef]:
    trees = (ast.parse(path.read_text()) for path in sorted(folder.glob("*.py")))
    return {node.name: node for tree in trees for node in tree.body if isinstance(node, ast.ClassDef)}


def _token(node: ast.ClassDef) -> str:
    for decorator in node.decorator_list:
        if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "pulumi.type_token":
            return str(ast.literal_eval(decorator.args[0]))
    return ""


def _getters(node: ast.ClassDef) -> Iterator[tuple[str, str, ast.expr]]:
    """Each property: its name on the wire, its attribute, its annotation."""
    for function in node.body:
        if not isinstance(function, ast.FunctionDef) or not function.returns:
            continue
        for decorator in map(ast.unparse, function.decorator_list):
            if decorator.startswith("pulumi.getter"):
                yield decorator.partition("'")[2].partition("'")[0] or function.name, function.name, function.returns


def _assigned(function: ast.FunctionDef) -> Iterator[tuple[str, ast.expr]]:
    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and isinstance(target := node.targets[0], ast.Subscript):
            yield ast.literal_eval(target.slice), node.value


def _calls(node: ast.expr, name: str) -> bool:
    calls = (inner for inner in ast.walk(node) if isinstance(inner, ast.Call))
    return any(isinstance(call.func, ast.Attribute) and call.func.attr == name for call in calls)


def _option(function: ast.FunctionDef, name: str) -> set[str]:
    keywords = (node for node in ast.walk(function) if isinstance(node, ast.keyword) and node.arg == name)
    return {text for keyword in keywords for text in ast.literal_eval(keyword.value)}


def _optional(annotation: ast.expr) -> bool:
    return ast.unparse(annotation).startswith("pulumi.Output[Optional[")
