"""The stand-in for Grafana: what it refuses, and what it answers."""

from pathlib import Path
from typing import Any

import pytest

from components import assets
from components.monitoring.grafana import OWN_DASHBOARDS
from tests.offline.grafana import DASHBOARD, LOGIN, PANEL, SOURCE, Grafana
from tests.support.checkout import CHECKOUT
from tests.support.rows import new_folder, rows

pytestmark = pytest.mark.tools("go")  # builds the fake


@pytest.fixture
def grafana(tmp_path: Path) -> Grafana:
    return Grafana(tmp_path)


def test_fake_grafana_answers_under_its_sub_path_and_its_api_without(grafana: Grafana) -> None:
    with grafana.running():
        for path in ("/grafana/api/health", "/api/health"):
            assert grafana.get(path).json()["database"] == "ok"
        assert "grafana_stat_totals_dashboard 1" in grafana.get("/grafana/metrics").text
        moved = grafana.get("/metrics")
        assert (moved.status_code, moved.headers["Location"]) == (301, "https://example.org/grafana/metrics")
        assert "stand-in" in grafana.get("/grafana/login").text


def test_fake_grafana_answers_at_the_root_without_a_sub_path(grafana: Grafana) -> None:
    del grafana.env["GF_SERVER_SERVE_FROM_SUB_PATH"]
    with grafana.running():
        assert "grafana_build_info" in grafana.get("/metrics").text
        assert grafana.get("/grafana/api/health").text.startswith("<!doctype html>")


def test_fake_grafana_shows_provisioned_objects_after_login(grafana: Grafana) -> None:
    with grafana.running():
        for login in (None, ("operator", "admin"), ("admin", "word")):
            assert grafana.get("/grafana/api/search", login).status_code == 401
        assert [found["uid"] for found in grafana.get("/grafana/api/search", LOGIN).json()] == ["one"]
        assert grafana.get("/grafana/api/search?query=second", LOGIN).json() == []
        assert grafana.get("/grafana/api/dashboards/uid/one", LOGIN).json()["dashboard"] == DASHBOARD
        assert grafana.get("/grafana/api/dashboards/uid/two", LOGIN).status_code == 404
        assert [found["uid"] for found in grafana.get("/grafana/api/datasources", LOGIN).json()] == ["prometheus"]


def test_fake_grafana_accepts_the_example_of_an_own_dashboard(grafana: Grafana) -> None:
    """In a folder of its own, by a provider of its own: as monitoring provides it."""
    own = grafana.folder / "own"
    own.mkdir()
    (own / "backup.json").write_text((CHECKOUT / "examples/monitoring/dashboards/backup.json").read_text())
    provider = assets.read("monitoring/files/grafana/own_provider.yaml").replace(OWN_DASHBOARDS, str(own))
    grafana.write("provisioning/dashboards/own.yaml", provider)
    with grafana.running():
        assert {found["uid"] for found in grafana.get("/grafana/api/search", LOGIN).json()} == {"one", "backup"}


@rows(
    "file, content, reason",
    [
        ("provisioning/datasources/one.yaml", "apiVersion: [", "did not find expected"),
        ("provisioning/datasources/one.yaml", {"datasources": [SOURCE]}, "apiVersion is not 1"),
        (
            "provisioning/datasources/one.yaml",
            {"apiVersion": 1, "datasources": [{"name": "P"}]},
            "lacks type, uid, url",
        ),
        ("provisioning/datasources/two.yml", {"apiVersion": 1, "datasources": [SOURCE]}, "the uid prometheus"),
        (
            "provisioning/dashboards/one.yaml",
            {"apiVersion": 1, "providers": [{"name": "f"}]},
            "lacks options.path, type",
        ),
        ("dashboards/one.json", "{", "unexpected end of JSON"),
        ("dashboards/one.json", {"title": "First", "panels": [PANEL]}, "lacks uid"),
        ("dashboards/one.json", DASHBOARD | {"panels": []}, "has no panels"),
        ("dashboards/one.json", DASHBOARD | {"panels": [PANEL | {"targets": []}]}, 'panel "Up" has no targets'),
        ("dashboards/one.json", DASHBOARD | {"panels": [PANEL | {"datasource": None}]}, "names no datasource uid"),
        ("dashboards/one.json", DASHBOARD | {"panels": [PANEL | {"datasource": {"uid": "x"}}]}, 'has the uid "x"'),
        ("dashboards/two.json", DASHBOARD, 'have the same uid "one"'),
    ],
)
def test_fake_grafana_rejects_invalid_provisioning_files(tmp_path: Path, file: str, content: Any, reason: str) -> None:
    grafana = Grafana(new_folder(tmp_path))
    grafana.write(file, content)
    said = grafana.refusal()
    assert reason in said
    assert Path(file).name in said or "two datasources" in said


@rows(
    "variable, value, reason",
    [
        ("GF_SECURITY_ADMIN_PASSWORD", "$__file{/nowhere}", "no such file"),
        ("GF_SECURITY_ADMIN_PASSWORD", "", "GF_SECURITY_ADMIN_PASSWORD is empty"),
        ("GF_SERVER_ROOT_URL", "/grafana", "is no URL"),
        ("GF_SMTP_HOST", "mail.example.org", "is not <host>:<port>"),
        ("GF_SMTP_FROM_ADDRESS", "nobody", "is no address"),
        ("GF_SMTP_PASSWORD", "$__file{/nowhere}", "GF_SMTP_PASSWORD"),
    ],
)
def test_fake_grafana_rejects_invalid_variables(tmp_path: Path, variable: str, value: str, reason: str) -> None:
    grafana = Grafana(new_folder(tmp_path))
    grafana.env |= {"GF_SMTP_ENABLED": "true", variable: value}
    assert reason in grafana.refusal()
