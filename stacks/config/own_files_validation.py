"""Checks of the files in `monitoring.files`; the first sentence of each is a rule of docs/settings.md."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from components import assets, catalog
from components.monitoring import own_files
from components.monitoring.own_models import DashboardFile, RuleFile, ScrapeFile
from stacks.config import errors
from stacks.config.settings import Settings

SETTING = "monitoring.files"
PASSWORD_FILE = "/run/secrets/scrape-password"  # noqa: S105 - a path
OF_PROGRAM = "nuvla-"  # how uids of the program's dashboards begin
SECRET_KEYS = {"password", "credentials", "bearer_token", "client_secret", "secret_key", "key", "token", "secrets"}
MODELS: Mapping[str, type[BaseModel]] = {"rules": RuleFile, "scrape": ScrapeFile, "dashboards": DashboardFile}
LOGIN_IN_URL = re.compile(r"://[^/\s@]+@")


class _StrictLoader(yaml.SafeLoader):
    """A loader that refuses duplicate keys, as Prometheus does."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                if key.value in seen:
                    reason = f"the key {key.value} is given twice"
                    raise yaml.constructor.ConstructorError(None, None, reason, key.start_mark)
                seen.add(key.value)
        return super().construct_mapping(node, deep)


def _own_files_are_valid(settings: Settings) -> Iterator[str]:
    """Files in `monitoring.files` have names, sizes and contents that Prometheus and Grafana accept.

    Expressions are not evaluated: `promtool check rules` does.
    """
    folder = settings.monitoring.files
    files, problems = own_files.read(folder)
    yield from (f"{SETTING}: {line}" for line in problems)
    checks: list[tuple[str, Mapping[str, str], Callable[[Mapping[str, Any]], Iterator[tuple[str, str]]]]] = [
        ("rules", files.rules, _rule_problems),
        ("scrape", files.scrape, _scrape_problems),
        ("dashboards", files.dashboards, _dashboard_problems),
    ]
    for kind, texts, check in checks:
        documents: dict[str, Any] = {}
        for name, text in texts.items():
            try:
                documents[name] = _parsed(kind, text)
            except ValueError as reason:
                yield from (f"{SETTING}: {folder}/{kind}/{name}: {line}" for line in str(reason).splitlines())
        yield from (f"{SETTING}: {folder}/{kind}/{name}: {reason}" for name, reason in check(documents))


def _parsed(kind: str, text: str) -> Any:
    """Return the model of a file, or raise ValueError with a line for each mistake."""
    model = MODELS[kind]
    try:
        document = json.loads(text, parse_constant=_refuse) if kind == "dashboards" else yaml.load(text, _StrictLoader)  # noqa: S506 - safe
    except yaml.MarkedYAMLError as error:
        line = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
        raise ValueError(f"{line}is no YAML: {error.problem}") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ValueError(f"is no {'JSON' if kind == 'dashboards' else 'YAML'}: {str(error).splitlines()[0]}") from None
    if not isinstance(document, dict):
        raise ValueError("has no keys and values; allowed: " + ", ".join(model.model_fields))
    try:
        return model.model_validate(document)
    except ValidationError as error:
        raise ValueError("\n".join(errors.lines(error, model, [], start=""))) from None


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is no number of JSON")


def _rule_problems(files: Mapping[str, RuleFile]) -> Iterator[tuple[str, str]]:
    """Yield file and reason for each alert that the program has, and each group that a file has twice."""
    taken = _declared(r"^ *- alert: (\S+)$", catalog.rules(catalog.FEATURES))
    for name, file in files.items():
        groups = [group.name for group in file.groups]
        yield from (
            (name, f"groups[{index}].name: {group} given twice; allowed: each name once in a file")
            for index, group in enumerate(groups)
            if group in groups[:index]
        )
        for at, group in enumerate(file.groups):
            yield from (
                (
                    name,
                    f"groups[{at}].rules[{index}].alert: {rule.alert} given; allowed: a name of your own, as the "
                    "program has this alert",
                )
                for index, rule in enumerate(group.rules)
                if rule.alert in taken
            )


def _scrape_problems(files: Mapping[str, ScrapeFile]) -> Iterator[tuple[str, str]]:
    """Yield file and reason for each job whose name is taken, and for each secret in plain text."""
    taken = _declared(
        r"^ *- job_name: (\S+)$", [("", "monitoring/files/prometheus.yml"), *catalog.scrapes(catalog.FEATURES)]
    )
    for name, file in files.items():
        for index, job in enumerate(file.scrape_configs):
            place = f"scrape_configs[{index}]"
            if job.job_name in taken:
                yield name, f"{place}.job_name: {job.job_name} given; allowed: a name that no other job has"
            taken.add(job.job_name)
            for path, reason in _secrets_in(place, job.model_extra or {}):
                yield name, f"{path}: {reason}"


def _secrets_in(path: str, value: Any) -> Iterator[tuple[str, str]]:
    """Yield path and reason for each secret in plain text in a job, without the secret.

    A secret in a config of the swarm is readable for everybody who may read configs.
    """
    if isinstance(value, str) and LOGIN_IN_URL.search(value):
        yield path, f"a login in a URL is given; allowed: basic_auth with password_file: {PASSWORD_FILE}"
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        at = f"{path}[{key}]" if isinstance(key, int) else f"{path}.{key}"
        if key in SECRET_KEYS and inner:
            yield at, f"a secret in plain text is given; allowed: a file, such as password_file: {PASSWORD_FILE}"
        elif isinstance(inner, str) and inner.startswith("/run/secrets/") and inner != PASSWORD_FILE:
            yield at, f"{inner} given; allowed: {PASSWORD_FILE}, the secret scrape_password of the stack"
        else:
            yield from _secrets_in(at, inner)


def _dashboard_problems(files: Mapping[str, DashboardFile]) -> Iterator[tuple[str, str]]:
    """Yield file and reason for each dashboard that has the uid or title of another one."""
    uids: set[str] = set()
    titles: set[str] = set()
    for name, file in files.items():
        if file.uid in uids or file.uid.startswith(OF_PROGRAM):
            yield name, f"uid: {file.uid} given; allowed: a uid of your own, without {OF_PROGRAM} at its start"
        if (file.model_extra or {}).get("__inputs"):
            yield (
                name,
                "__inputs: given; allowed: none, as only an import by hand fills them: export the dashboard without",
            )
        if file.title in titles:
            yield name, f"title: {file.title} given; allowed: a title that no other file has"
        uids.add(file.uid)
        titles.add(file.title)


def _declared(pattern: str, files: list[tuple[str, str]]) -> set[str]:
    """Return the names that a pattern finds in the program's own files."""
    texts = (assets.read(path) for _, path in files)
    return set(chain.from_iterable(re.findall(pattern, text, re.MULTILINE) for text in texts))


CHECKS = (_own_files_are_valid,)
