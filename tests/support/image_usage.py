"""The contract of each image as the program uses it, which `tools/images_check/contracts.yaml` has to say."""

import json
import re
import shlex
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import Any

import yaml

from components import catalog
from tests.support.image_keys import names_in
from tools.images_check.program import Start, starts

IMAGE = "image"  # stands for the user of the image
SHELLS = ("/bin/sh", "sh")
BUILTINS = set(
    "[ : case cd echo esac exec exit export fi if done do else elif for in printf read set shift then true umask "
    "while".split()
)
GO_ON = {"if", "then", "else", "elif", "do", "exec", "!", "while", "until", "case", "{"}  # a command follows
SHARED_MEMORY = "/dev/shm"  # of any container
# The job of Prometheus that collects the metrics of an image -> the image's key.
JOBS = {
    r"prometheus_\w+": "prometheus",
    r"alertmanager_\w+": "alertmanager",
    r"node_\w+": "node_exporter",
    r"container_\w+": "cadvisor",
    r"(traefik|process)_\w+": "traefik",
    r"probe_\w+": "blackbox",
    r"s3_\w+": "openresty",
    r"elasticsearch_\w+": "elasticsearch_exporter",
}


def usage(key: str) -> dict[str, Any]:
    """Return what the program uses of an image, in the form of its contract, without metrics."""
    mine = [start for start in starts() if start.key == key]
    found: dict[str, Any] = {
        "users": sorted({start.user or IMAGE for start in mine}),
        "capabilities": sorted({one for start in mine for one in start.capabilities}),
        "commands": _commands(mine),
        "arguments": sorted({flag for start in mine if not start.command for flag in flags(start.arguments)}),
        "environment": sorted({name for start in mine for name in (*start.environment, *_exported(start))}),
        "reads": sorted(_reads(mine)),
        "writes": sorted({SHARED_MEMORY, *(folder for start in mine for folder in _writes(start))}),
        "ports": sorted({port for start in mine for port in _ports(start)}),
        "keys": sorted({name for start in mine for path, text in start.files.items() for name in names_in(path, text)}),
        "labels": sorted(set(_labels())) if key == "traefik" else [],
    }
    return found


def metrics(key: str) -> set[str]:
    """Return the names of the metrics of an image that rules and dashboards use."""
    patterns = [re.compile(pattern) for pattern, of in JOBS.items() if of == key]
    return {name for name in _metric_names() if any(pattern.fullmatch(name) for pattern in patterns)}


def flags(words: Sequence[str]) -> list[str]:
    """Return the flags of a command line without their values; of a negative number or a lone dash, none."""
    return [word.partition("=")[0] for word in words if re.match(r"--?[A-Za-z]", word)]


def calls(script: str) -> Iterator[tuple[str, list[str]]]:
    """Yield the commands that a script of a shell runs, each with its flags; not the shell's own commands."""
    functions = set(re.findall(r"^(\w+)\(\)", script, re.MULTILINE))
    for command, words in _command_lines(script):
        if command not in BUILTINS | functions and re.fullmatch(r"[\w./-]+", command):
            yield command, flags(words) if command != "timeout" else []
            if command == "timeout" and not words[1].startswith("$"):
                yield words[1], flags(words[2:])


def _command_lines(script: str) -> Iterator[tuple[str, list[str]]]:
    bare = re.sub(r"(^|\s)#.*$", "", script, flags=re.MULTILINE)
    lexer = shlex.shlex(re.sub(r"\\\n\s*", " ", bare), posix=True, punctuation_chars="();<>|&\n")
    lexer.whitespace = " \t"
    lexer.whitespace_split = True
    lexer.commenters = ""
    line: list[str] = []
    for token in [*lexer, ";"]:
        if not set(token) <= set("();|&\n"):
            line.append(token)
            continue
        while line and (line[0] in GO_ON or re.match(r"\w+=", line[0])):
            line.pop(0)
        if line:
            yield line[0], line[1:]
        line = []


def _commands(mine: Sequence[Start]) -> dict[str, list[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for start in mine:
        scripts = [start.health_script, *(text for path, text in start.files.items() if path.endswith(".sh"))]
        lines = [start.health, *([[*start.command, *start.arguments]] if start.command else [])]
        found["/bin/sh"].add("-c")
        for line in lines:
            if line[0] in SHELLS and line[1] == "-c":
                scripts.append(line[2])
            elif line[0] not in (*SHELLS, "true"):
                found[line[0]] |= set(flags(line[1:]))
        for script in scripts:
            for command, given in calls(script):
                found[command] |= set(given)
    return {command: sorted(given) for command, given in sorted(found.items())}


def _exported(start: Start) -> Iterator[str]:
    for path, text in start.files.items():
        if path.endswith(".sh"):
            for names in re.findall(r"^\s*export ([A-Z_ ]+)", text, re.MULTILINE):
                yield from names.split()


def _reads(mine: Sequence[Start]) -> Iterator[str]:
    paths = {PurePosixPath(path) for start in mine for path in (*start.files, *start.secrets)}
    alike = defaultdict(set)
    for path in paths:
        alike[path.parent, path.suffix].add(path)
    for (folder, suffix), members in alike.items():
        yield f"{folder}/*{suffix}" if len(members) > 1 else str(*members)


def _writes(start: Start) -> Iterator[str]:
    yield from start.temporary
    yield from (mount.target for mount in start.mounts if not mount.read_only)


def _ports(start: Start) -> Iterator[int]:
    yield from start.ports
    yield from (int(port) for port in re.findall(r"127\.0\.0\.1:(\d+)", " ".join(start.health)))


def _labels() -> Iterator[str]:
    for start in starts():
        for label in start.labels:
            if label.startswith("traefik."):
                yield re.sub(r"^(traefik\.(?:http|tcp)\.(?:routers|services))\.[^.]+", r"\1.*", label)


def _metric_names() -> set[str]:
    expressions = [
        target["expr"]
        for text in catalog.dashboard_texts().values()
        for panel in json.loads(text)["panels"]
        for target in panel.get("targets", [])
    ]
    for start in starts():
        for path, text in start.files.items():
            if "/rules/" in path:
                expressions += [rule["expr"] for group in yaml.safe_load(text)["groups"] for rule in group["rules"]]
    return {word for expression in expressions for word in re.findall(r"\b[a-z]\w*_\w+\b", _bare(expression))}


def _bare(expression: str) -> str:
    """Return an expression without its strings, selectors and lists of labels."""
    bare = re.sub(r'"[^"]*"', "", expression)
    return re.sub(r"\{[^}]*\}|\b(by|on|without) \([^)]*\)|\b\w+(?=\()", "", bare)
