"""Rules, scrape jobs and dashboards of a stack's own: refused with file, place and reason before anything is made."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from components.monitoring import own_files
from tests.settings import mocked_preview
from tests.settings.loading import load, mistakes, refusals
from tests.support.configs import target
from tests.support.pulumi_run import run_program
from tests.support.rows import rows

Refused = Callable[[str, str], list[str]]
RULES = "groups:\n- name: own\n  rules:\n"
RULE = f"{RULES}  - "
JOB = "scrape_configs:\n- job_name: own\n  "
TARGETS = "static_configs: [{targets: [h:1]}]\n"
FROM_FILE = "/run/secrets/scrape-password"
A_SECRET = f"a secret in plain text is given; allowed: a file, such as password_file: {FROM_FILE}"
A_LOGIN = f"a login in a URL is given; allowed: basic_auth with password_file: {FROM_FILE}"


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with an empty folder `own`, which the program takes for its own."""
    read = own_files.read
    monkeypatch.setattr(own_files, "read", lambda folder: read(folder, tmp_path))
    for kind in own_files.SUFFIXES:
        (tmp_path / "own" / kind).mkdir(parents=True)
    return tmp_path / "own"


@pytest.fixture
def refused(checkout: Path) -> Refused:
    """The lines that refuse one file."""

    def lines(kind: str, text: str) -> list[str]:
        name = f"{kind}/a{own_files.SUFFIXES[kind][0]}"
        (checkout / name).write_text(text)
        found = refusals(target(monitoring={"files": "own"}))
        (checkout / name).unlink()
        prefix = f"monitoring.files: own/{name}: "
        assert all(line.startswith(prefix) for line in found), found
        return [line.removeprefix(prefix) for line in found]

    return lines


@rows(
    "kind, text",
    [
        ("rules", f"{RULE}alert: A\n    expr: up == 0\n    for: 1h30m\n    labels: {{severity: warning}}\n"),
        ("rules", f"{RULE}record: a:b\n    expr: 1\n"),
        (
            "rules",
            "groups:\n- name: own\n  interval: 1m\n  limit: 3\n  query_offset: 0\n  labels: {a: b}\n  rules: []\n",
        ),
        (
            "rules",
            f"{RULE}{{alert: A, expr: up, labels: &l {{a: b}}}}\n  - {{alert: B, expr: up, labels: {{<<: *l}}}}\n",
        ),
        ("scrape", JOB + TARGETS),
        ("scrape", f"{JOB}basic_auth: {{username: me, password_file: {FROM_FILE}}}\n  {TARGETS}"),
        ("scrape", f"{JOB}tls_config: {{insecure_skip_verify: true}}\n  {TARGETS}"),
        ("scrape", f"{JOB}params: {{target: ['https://b.example.org']}}\n  {TARGETS}"),
        ("dashboards", '{"uid": "own", "title": "Own", "id": null, "__inputs": [], "panels": []}'),
    ],
)
def test_files_as_prometheus_and_grafana_take_them_are_accepted(kind: str, text: str, refused: Refused) -> None:
    assert refused(kind, text) == []


@rows(
    "kind, text, lines",
    [
        ("rules", "", ["has no keys and values; allowed: groups"]),
        ("rules", "- a\n", ["has no keys and values; allowed: groups"]),
        ("rules", "groups: [\n", ["line 2: is no YAML: *"]),
        ("rules", "groups: []\ngroups: []\n", ["line 2: is no YAML: the key groups is given twice"]),
        ("rules", "groups: []\n---\ngroups: []\n", ["line 2: is no YAML: *"]),
        ("rules", "groups: !!python/name:os.system\n", ["line 1: is no YAML: could not determine a constructor *"]),
        ("rules", "a: \x07\n", ["is no YAML: *"]),
        ("rules", "[" * 5000, ["is no YAML: *"]),
        ("rules", "groups: []\n", ["groups: [] given; allowed: a list of at least 1, *"]),
        (
            "rules",
            "group: []\n",
            ["groups: not given; required: groups of rules, *", "group: unknown key; allowed in *"],
        ),
        ("rules", "groups: [{name: own}]\n", ["groups[0].rules: not given; required: rules of the group, *"]),
        (
            "rules",
            f"{RULE}alert: A\n",
            ["groups[0].rules[0].expr: not given; required: expression of PromQL, such as up == 0"],
        ),
        (
            "rules",
            f"{RULE}alert: A\n    expr: up\n    fro: 5m\n",
            ["groups[0].rules[0].fro: unknown key; allowed in *"],
        ),
        (
            "rules",
            f"{RULE}alert: A\n    expr: up\n    for: soon\n",
            ['groups[0].rules[0].for: "soon" given; allowed: *'],
        ),
        ("rules", f"{RULE}expr: up\n", ["groups[0].rules[0].alert: one of alert and record is required, and not both"]),
        (
            "rules",
            f"{RULE}alert: A\n    record: a\n    expr: up\n",
            ["groups[0].rules[0].alert: one of alert and record is required, and not both"],
        ),
        ("rules", f"{RULE}alert: A\n    expr: up\n    labels: {{a: 1}}\n", ["groups[0].rules[0].labels.a: 1 given; *"]),
        (
            "rules",
            f"{RULE}alert: MachineDown\n    expr: up\n",
            ["groups[0].rules[0].alert: MachineDown given; allowed: a name of your own, as the program has this alert"],
        ),
        (
            "rules",
            "groups: [{name: a, rules: []}, {name: a, rules: []}]\n",
            ["groups[1].name: a given twice; allowed: each name once in a file"],
        ),
        ("scrape", "global: {}\nscrape_configs: []\n", ["scrape_configs: [] given; *", "global: unknown key; *"]),
        (
            "scrape",
            "scrape_configs: [{}]\n",
            ["scrape_configs[0].job_name: not given; required: name of the job, such as own"],
        ),
        *(
            ("scrape", f"scrape_configs: [{{job_name: {name}}}]\n", [f"scrape_configs[0].job_name: {name} given; *"])
            for name in ("prometheus", "engine", "node-exporter", "s3", "elasticsearch")
        ),
        (
            "scrape",
            "scrape_configs: [{job_name: a}, {job_name: a}]\n",
            ["scrape_configs[1].job_name: a given; allowed: a name that no other job has"],
        ),
        ("scrape", f"{JOB}basic_auth: {{password: WORD}}\n", [f"scrape_configs[0].basic_auth.password: {A_SECRET}"]),
        ("scrape", f"{JOB}bearer_token: WORD\n", [f"scrape_configs[0].bearer_token: {A_SECRET}"]),
        (
            "scrape",
            f"{JOB}consul_sd_configs: [{{token: WORD}}]\n",
            [f"scrape_configs[0].consul_sd_configs[0].token: {A_SECRET}"],
        ),
        (
            "scrape",
            f"{JOB}http_sd_configs: [{{url: 'https://me:WORD@h/'}}]\n",
            [f"scrape_configs[0].http_sd_configs[0].url: {A_LOGIN}"],
        ),
        (
            "scrape",
            f"{JOB}basic_auth: {{password_file: /run/secrets/traefik-metrics-password}}\n",
            [
                "scrape_configs[0].basic_auth.password_file: /run/secrets/traefik-metrics-password given; "
                f"allowed: {FROM_FILE}, the secret scrape_password of the stack"
            ],
        ),
        ("dashboards", "", ["is no JSON: Expecting value: line 1 column 1 (char 0)"]),
        ("dashboards", "[]", ["has no keys and values; allowed: uid, title"]),
        ("dashboards", '{"uid": "a", "title": NaN}', ["is no JSON: NaN is no number of JSON"]),
        ("dashboards", '{"title": "A"}', ["uid: not given; required: part of the dashboard's address, such as own"]),
        ("dashboards", '{"uid": "a/b", "title": "A"}', ['uid: "a/b" given; allowed: *']),
        (
            "dashboards",
            '{"uid": "nuvla-swarm", "title": "A"}',
            ["uid: nuvla-swarm given; allowed: a uid of your own, without nuvla- at its start"],
        ),
        (
            "dashboards",
            '{"uid": "a", "title": "A", "__inputs": [{"name": "DS"}]}',
            ["__inputs: given; allowed: none, as only an import by hand fills them: export the dashboard without*"],
        ),
    ],
    ids=lambda case: f"{case[0]}: {case[1][:60]!r}",
)
def test_mistakes_in_files_are_refused_with_their_place(
    kind: str, text: str, lines: list[str], refused: Refused
) -> None:
    found = refused(kind, text)
    assert len(found) == len(lines), found
    for line, expected in zip(found, lines, strict=True):
        assert line == expected or (expected.endswith("*") and line.startswith(expected[:-1])), found
    assert "WORD" not in str(found)


def test_name_of_another_own_file_is_refused(checkout: Path) -> None:
    for name in ("a", "b"):
        (checkout / f"scrape/{name}.yml").write_text(JOB + TARGETS)
        (checkout / f"dashboards/{name}.json").write_text(json.dumps({"uid": "own", "title": "Own"}))
    assert refusals(target(monitoring={"files": "own"})) == [
        "monitoring.files: own/scrape/b.yml: scrape_configs[0].job_name: own given; allowed: a name that no other "
        "job has",
        "monitoring.files: own/dashboards/b.json: uid: own given; "
        "allowed: a uid of your own, without nuvla- at its start",
        "monitoring.files: own/dashboards/b.json: title: Own given; allowed: a title that no other file has",
    ]


def test_unusable_files_are_refused_before_anything_is_made(checkout: Path) -> None:
    (checkout / "rules/a.txt").touch()
    assert mistakes(target(monitoring={"files": "own"})) == [
        "monitoring.files: own/rules/a.txt: has another suffix; allowed: .yaml or .yml",
    ]


def test_folder_that_is_not_there_is_refused() -> None:
    assert mistakes(target(monitoring={"files": "monitoring/none"})) == [
        "monitoring.files: monitoring/none: is no folder of this checkout; "
        "allowed: one with rules, scrape or dashboards in it"
    ]


def test_password_of_scrape_jobs_requires_its_reader(checkout: Path) -> None:
    own: dict[str, Any] = target(monitoring={"files": "own"})
    (checkout / "scrape/a.yml").write_text(JOB + TARGETS)
    unread = f"scrape_password: given; allowed: only with a scrape job in monitoring.files that reads {FROM_FILE}"
    assert mistakes(own, {"scrape_password": "WORD"}) == [unread]
    (checkout / "scrape/a.yml").write_text(f"{JOB}basic_auth: {{password_file: {FROM_FILE}}}\n")
    assert mistakes(own) == [
        "scrape_password: not given; required: the password that the scrape job in a.yml reads",
    ]
    assert load(own, {"scrape_password": "WORD"})


def test_changed_file_touches_its_config_and_the_service_that_reads_it(checkout: Path) -> None:
    own = target(monitoring={"files": "own"})
    shown: dict[str, set[str]] = {}
    for kind, name, before, after in (
        ("rules", "a.yaml", f"{RULE}alert: A\n    expr: up\n", f"{RULE}alert: A\n    expr: up == 0\n"),
        ("dashboards", "a.json", '{"uid": "a", "title": "A"}', '{"uid": "a", "title": "B"}'),
    ):
        runs = []
        for text in (before, after):
            (checkout / kind / name).write_text(text)
            runs.append(run_program(own).engine)
        shown[kind] = set(mocked_preview.shown(*runs))
    assert shown == {
        "rules": {"prometheus-config-rules-own-a", "prometheus-service", "monitoring-converged"},
        "dashboards": {"grafana-config-dashboard-own-a", "grafana-service", "monitoring-converged"},
    }
