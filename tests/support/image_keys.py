"""Names that configuration files use: keys of YAML, directives of nginx and HAProxy, functions of their Lua."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

import yaml

# Keys whose own keys are names that somebody chose.
FREE = set(
    "entryPoints certificatesResolvers routers services middlewares options stores external_labels params modules "
    "labels annotations".split()
)
NOT_FREE = {"providers.options"}  # of Grafana: its folder of dashboards
# Own names of the program follow ngx.ctx, ngx.shared and ngx.var, and end the name of what is asked for.
LUA = re.compile(r"\b(ngx\.(?:ctx|shared)|ngx\.var\.\w+|(?:core|applet|ngx)[.:]\w+(?:\.\w+)*)")
SECTIONS = ("global", "defaults", "frontend", "backend")
TWO_WORDS = ("http-request", "option", "timeout")


def names_in(path: str, text: str) -> set[str]:
    """Return the names that a file of this path uses; nothing of pages, certificates and scripts."""
    suffix = PurePosixPath(path).suffix
    if suffix in (".yml", ".yaml"):
        return set(_yaml_keys(yaml.safe_load(text), ""))
    if suffix == ".conf":
        return set(_nginx_directives(text))
    if suffix == ".cfg":
        return set(_haproxy_keywords(text))
    return set(LUA.findall(re.sub(r"--[^\n]*", "", text))) if suffix == ".lua" else set()


def _yaml_keys(value: Any, path: str) -> Iterator[str]:
    """Yield the paths of all keys without keys below them: "a.b", with "*" for names that somebody chose."""
    if isinstance(value, list) and any(isinstance(one, dict | list) for one in value):
        for one in value:
            yield from _yaml_keys(one, path)
    elif isinstance(value, dict) and value:
        parent = path.rpartition(".")[2]
        for key, below in value.items():
            free = parent in FREE and path not in NOT_FREE
            name = "*" if free else str(key)
            yield from _yaml_keys(below, f"{path}.{name}".lstrip("."))
    elif path:
        yield path


def _nginx_directives(text: str) -> Iterator[str]:
    bare = re.sub(r"#[^\n]*|'[^']*'|\"[^\"]*\"", "", text)
    lua = re.compile(r"(\w+_by_lua_block)\s*\{(?:[^{}]|\{[^{}]*\})*\}")
    yield from lua.findall(bare)
    bare = lua.sub("", bare)
    for statement in re.split(r"[;{}]", bare):
        words = statement.split()
        if words and re.fullmatch(r"[a-z_]+", words[0]) and words[0] != "default":
            yield words[0]
    yield from LUA.findall(re.sub(r"#[^\n]*", "", text))


def _haproxy_keywords(text: str) -> Iterator[str]:
    for line in re.sub(r"#[^\n]*", "", text).splitlines():
        words = line.split()
        if not words or words[0] in SECTIONS:
            continue
        yield " ".join(words[:2]) if words[0] in TWO_WORDS else words[0]
        if words[0] == "bind":
            yield from (f"bind {word}" for word in words[2:] if re.fullmatch(r"[a-z-]+", word) and word != "crt")
